"""Places of a proposal that differ by their names alone, so that one pattern stands for them all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.services.adoption.model import (
    FoundPart,
    ProposedApplication,
    ProposedEnvironment,
    ProposedSetting,
    ScalarAddress,
)

_ENVIRONMENT, _APPLICATION = "{environment}", "{application}"


class CommonPlaces(Struct, frozen=True):
    """What is written alike in each of these applications of each of these environments."""

    applications: tuple[str, ...]
    environments: tuple[str, ...]
    application: ProposedApplication


def common_places(
    environments: Iterable[ProposedEnvironment], *, singly: bool = False
) -> tuple[list[CommonPlaces], tuple[ProposedEnvironment, ...]]:
    """The places that are alike in several, and the environments with those that are left. singly: single places, too,
    which are shorter as patterns where there are patterns anyway."""
    listed = list(environments)
    alike: dict[ProposedApplication, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for site in listed:
        for each in site.applications:
            alike[_pattern(site.name, each)][each.name].append(site.name)
    found: list[CommonPlaces] = []
    for pattern, places in alike.items():
        by_environments: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for name, own in places.items():
            by_environments[tuple(own)].append(name)
        found += [
            CommonPlaces(tuple(names), own, pattern)
            for own, names in by_environments.items()
            if singly or len(names) * len(own) > 1
        ]
    taken = {(site, name) for each in found for site in each.environments for name in each.applications}
    used = {site for site, _ in taken}
    rest = tuple(
        replace(
            site,
            applications=tuple(each for each in site.applications if (site.name, each.name) not in taken),
            is_used=site.is_used or site.name in used,
        )
        for site in listed
    )
    return sorted(found, key=lambda each: each.applications), rest


def _pattern(environment: str, application: ProposedApplication) -> ProposedApplication:
    """An application with its own name and its environment's left open."""
    files = {environment: _ENVIRONMENT, application.name: _APPLICATION}
    if application.menu is not None:
        return replace(application, name=_APPLICATION, file=_open_file(application.file, files))
    return replace(
        application,
        name=_APPLICATION,
        file=_open_file(application.file, files),
        settings=tuple(_open_setting(each, files, application.name) for each in application.settings),
    )


def _open_setting(setting: ProposedSetting, files: Mapping[str, str], application: str) -> ProposedSetting:
    selector = setting.selector
    parts = tuple(
        FoundPart(each.name, tuple(_open_address(one, files) for one in each.addresses))
        for each in selector.parts
    )
    component = "/".join(
        _APPLICATION if each == application else each for each in setting.component.split("/")
    )
    return ProposedSetting(
        component,
        replace(
            selector, environment="", application="", repository="", tag="", parts=parts, repository_at=None
        ),
    )


def _open_address(address: ScalarAddress, files: Mapping[str, str]) -> ScalarAddress:
    return replace(address, file=_open_file(address.file, files))


def _open_file(file: str, files: Mapping[str, str]) -> str:
    """A file with names left open: as one of its folders, or as what follows `values-`."""
    return "/".join(_open_name(each, files) for each in file.split("/"))


def _open_name(name: str, files: Mapping[str, str]) -> str:
    if name in files:
        return files[name]
    stem, dot, ending = name.rpartition(".")
    head, dash, rest = stem.partition("-")
    if dot and dash and rest in files and files[rest] == _ENVIRONMENT:
        return f"{head}-{_ENVIRONMENT}.{ending}"
    return name
