"""Menus of notebook images in the values of a chart: those of Nublado's controller (nublado.lsst.io, "Configure the
available lab images")."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.trees.values import KeyPath, YamlMapping, child, mapping_at, text_at

_COUNTS = ("numReleases", "numWeeklies", "numDailies")
_ALIAS = "recommendedTag"
_DROPDOWN = "dropdownMenu"


class MenuInValues(Struct, frozen=True):
    """A menu: the repository of its images, the tag that is recommended, and the key that says so, None for neither.
    dropdown: whether what may be started is said apart, so that its own keys say what is pulled in advance."""

    repository: str
    recommended: str | None
    dropdown: bool


def menu_paths(values: YamlMapping, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Where a chart's own values have a menu: what counts releases, weeklies and dailies of a source."""
    if isinstance(child(values, "source"), YamlMapping) and all(each in values.entries for each in _COUNTS):
        yield path
    for key, each in values.entries.items():
        if isinstance(each, YamlMapping):
            yield from menu_paths(each, (*path, key))


def menu_at(values: YamlMapping, path: KeyPath) -> MenuInValues | None:
    """The menu there, in the values that are in force; None where it has no images."""
    names = [str(each) for each in path]
    source = mapping_at(values, *names, "source")
    repository = _repository(source)
    if repository is None:
        return None
    dropdown = child(values, *names[:-1], _DROPDOWN)
    return MenuInValues(
        repository,
        text_at(values, *names, _ALIAS) or None,
        isinstance(dropdown, YamlMapping) and bool(dropdown.entries),
    )


def _repository(source: YamlMapping) -> str | None:
    """The repository of a source: a registry's, or one of Google's Artifact Registry."""
    registry, repository = text_at(source, "registry"), text_at(source, "repository")
    location, project, image = (text_at(source, each) for each in ("location", "projectId", "image"))
    if text_at(source, "type") == "google":
        parts = (f"{location}-docker.pkg.dev", project, repository, image)
        return "/".join(map(str, parts)) if all((location, project, repository, image)) else None
    return f"{registry}/{repository}" if registry and repository else None
