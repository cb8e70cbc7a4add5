"""Whose images are that a tree asks for: the component of a place in its environment, by their repository."""

from msgspec import Struct

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.level import Unmanaged
from ldmrelease.domain.site_registry import repository_name
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Application, ComponentKind, Topology
from ldmrelease.services.gate.changed_settings import ScalarAt
from ldmrelease.services.needs import PolicyLookup
from ldmrelease.services.releases.components import components_of, own_repositories
from ldmrelease.targets.image_setting import ImageSetting, NamedRepository, repository_in
from ldmrelease.trees.interface import TreeImage
from ldmrelease.trees.scalar_addresses import path_text


class OwnedImage(Struct, frozen=True):
    """An image of a tree as a setting of the component at the place that it is of."""

    application: Application
    setting: ImageSetting


class TreeOwners:
    """Says of which place images are; places are looked through once for each environment."""

    def __init__(self, context: PolicyLookup) -> None:
        self._context = context
        self._known: dict[str, dict[str, list[tuple[Application, str]]]] = {}

    def of(self, image: TreeImage) -> OwnedImage | None:
        """The place and the component; None for an image that no product declares there. Where several places of an
        environment have it, it is of the one that is called as the tree's application."""
        try:
            reference = parse_reference(image.image or "")
        except ValueError:
            return None
        name = repository_name(reference.name)
        found = self._of(image.environment).get(name or "", [])
        if not found:
            return None
        application, component = min(found, key=lambda each: each[0].place.application != image.application)
        part = scalars_of(image)[-1] if image.parts else ScalarAt("", 0, "")
        text = repository_in(image.image or "", reference.tag)
        invalid = None if reference.target is not None else (image.image or "")
        setting = ImageSetting(
            component,
            part.path,
            part.line,
            reference.tag,
            reference.digest,
            invalid=invalid,
            repository=NamedRepository(text, part.file, part.path, part.line),
        )
        return OwnedImage(application, setting)

    def refusing(self, environment: str) -> str | None:
        """The level of an environment that refuses what no product declares; None where it is let be."""
        levels = {each.level for each in self._context.topology.applications if is_in(each, environment)}
        found = (self._context.levels.get(each) for each in sorted(levels))
        return next(
            (each.name for each in found if each is not None and each.unmanaged is Unmanaged.REFUSED), None
        )

    def _of(self, environment: str) -> dict[str, list[tuple[Application, str]]]:
        if environment not in self._known:
            self._known[environment] = _by_repository(self._context.topology, environment)
        return self._known[environment]


def is_in(application: Application, environment: str) -> bool:
    """Whether a place is in an environment of a tree: by its own name, or by the name of its file."""
    if application.place.environment == environment:
        return True
    where = application.target.location
    parts = where.file.split("/") if isinstance(where, GitFile) else []
    return any(each in (environment, f"values-{environment}.yaml") for each in parts)


def scalars_of(image: TreeImage) -> tuple[ScalarAt, ...]:
    """The scalars that an image is made of."""
    return tuple(ScalarAt(each.file, each.line, path_text(each.path)) for each in image.parts)


def _by_repository(topology: Topology, environment: str) -> dict[str, list[tuple[Application, str]]]:
    found: dict[str, list[tuple[Application, str]]] = {}
    for application in topology.applications:
        if not is_in(application, environment):
            continue
        for name, component in components_of(topology, application).items():
            if component.source.kind is not ComponentKind.IMAGE:
                continue
            for spelling in own_repositories(component.source.source, application).spellings():
                found.setdefault(spelling, []).append((application, name))
    return found
