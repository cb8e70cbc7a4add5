"""The places of a tree in Phalanx's shape as a few patterns: what is on is asked of the tree, and so are the images of
each application. Places that these patterns would not make exactly are left as they are."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.workspace.tree_questions import Files, TreeQuestion, question
from ldmrelease.services.adoption.families import SettingFamily, TreeStep, exceptions
from ldmrelease.services.adoption.family_choice import SWITCHES, FamilyChoice
from ldmrelease.services.adoption.model import ProposedApplication, ProposedEnvironment
from ldmrelease.services.adoption.placed_settings import PlacedSetting, placed
from ldmrelease.services.adoption.products import CYCLE_PRODUCT
from ldmrelease.services.adoption.proposal import SHARED

_CYCLE_FILE = "environments/values-{environment}.yaml"
_FILE = "applications/{application}/values-{environment}.yaml"
_MOST_EXCEPTIONS = 8

Place = tuple[str, str]


class PlacesPattern(Struct, frozen=True):
    """Applications in environments that are written alike. where: what says whether one is on."""

    applications: tuple[str, ...]
    environments: tuple[str, ...]
    level: str | None
    file: str
    families: tuple[SettingFamily, ...]
    where: tuple[str, ...] = ()
    exceptions: tuple[tuple[tuple[str, str], ...], ...] = ()


class TreePatterns(Struct, frozen=True):
    """Patterns, and the environments with the places that none of them makes."""

    patterns: tuple[PlacesPattern, ...]
    rest: tuple[ProposedEnvironment, ...]


def tree_patterns(environments: Sequence[ProposedEnvironment], files: Files) -> TreePatterns:
    """Patterns for a tree in Phalanx's shape. files: its scalars."""
    places = {(site.name, each.name): each for site in environments for each in site.applications}
    levels = {site.name: site.level for site in environments if site.name != SHARED}
    cycle = {place: each for place, each in places.items() if each.name == CYCLE_PRODUCT}
    patterns = [*_of_cycles(cycle, files)]
    switches = _Switches(files)
    own = {
        place: each
        for place, each in places.items()
        if place[0] in levels and place not in cycle and each.menu is None and switches.is_on(place)
    }
    every = [site.name for site in environments]
    patterns += _of_applications(own, levels, every, files, switches)
    made = {
        place
        for each in patterns
        for place in places
        if place[1] in each.applications and (place[0] in each.environments or not each.environments)
        if (each.level, each.file.startswith("environments/")) == (places[place].level, place in cycle)
        if not _is_left_out(each, place) and (place in own or place in cycle)
    }
    rest = tuple(
        replace(
            site,
            applications=tuple(each for each in site.applications if (site.name, each.name) not in made),
            is_used=any(place[0] == site.name for place in made),
        )
        for site in environments
    )
    return TreePatterns(tuple(patterns), rest)


def _is_left_out(pattern: PlacesPattern, place: Place) -> bool:
    names = {"environment": place[0], "application": place[1]}
    return any(all(names[key] == value for key, value in each) for each in pattern.exceptions)


class _Switches:
    """What a tree says of whether an application is on."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._asked: list[TreeQuestion] = [question(each % "application") for each in SWITCHES]

    def is_on(self, place: Place) -> bool:
        """Whether it is."""
        names = {"environment": place[0], "application": place[1]}
        values = (value for each in self._asked for value in each.values(self._files, names))
        return next(values, None) == "true"


def _of_cycles(places: Mapping[Place, ProposedApplication], files: Files) -> Iterator[PlacesPattern]:
    switch = TreeStep((SWITCHES[0] % "part",), "true")
    choice = FamilyChoice(files, "part", (switch,))
    filed = {place: _CYCLE_FILE.replace("{environment}", place[0]) for place in places}
    families, fine = _families(choice, places, filed)
    by_level: dict[str | None, list[str]] = defaultdict(list)
    for place in fine:
        by_level[places[place].level].append(place[0])
    for level, own in by_level.items():
        yield PlacesPattern((CYCLE_PRODUCT,), tuple(own), level, _CYCLE_FILE, tuple(families))


def _of_applications(
    places: Mapping[Place, ProposedApplication],
    levels: Mapping[str, str],
    every: Sequence[str],
    files: Files,
    switches: _Switches,
) -> Iterator[PlacesPattern]:
    filed = {place: _FILE.format(application=place[1], environment=place[0]) for place in places}
    families, fine = _families(FamilyChoice(files, "application", ()), places, filed)
    where = tuple(each % "application" for each in SWITCHES)
    kept = {place: places[place].level for place in fine}
    for names, environments, level in _by_level(kept, levels):
        meant = [place for place, own in kept.items() if place[1] in names and own == level]
        meant = [place for place in meant if place[0] in environments or not environments]
        is_meant = frozenset(meant)
        others = [
            (environment, name)
            for environment in environments or every
            for name in names
            if (environment, name) not in is_meant and switches.is_on((environment, name))
        ]
        for own in _apart(names, meant, others):
            left_out = exceptions(
                [_names(each) for each in meant if each[1] in own],
                [_names(each) for each in others if each[1] in own],
            )
            if left_out is not None and len(left_out) <= _most_exceptions(meant):
                yield PlacesPattern(own, environments, level, _FILE, tuple(families), where, left_out)


def _apart(
    names: tuple[str, ...], meant: Sequence[Place], others: Sequence[Place]
) -> Iterator[tuple[str, ...]]:
    """Applications that are one pattern: where there would be many exceptions, each that has some is by itself."""
    left_out = exceptions([_names(each) for each in meant], [_names(each) for each in others])
    if left_out is not None and len(left_out) <= _most_exceptions(meant):
        yield names
        return
    apart = sorted({name for _, name in others})
    plain = tuple(each for each in names if each not in apart)
    yield from [plain] if plain else []
    yield from ((each,) for each in apart)


def _most_exceptions(meant: Sequence[Place]) -> int:
    return max(_MOST_EXCEPTIONS, len(meant) // 4)


def _families(
    choice: FamilyChoice, places: Mapping[Place, ProposedApplication], filed: Mapping[Place, str]
) -> tuple[list[SettingFamily], list[Place]]:
    """The families of all settings of these places, and the places all of whose settings are of one."""
    fine = dict(filed)
    while True:
        settings: list[PlacedSetting] = []
        lost: set[Place] = set()
        for place, file in fine.items():
            own = [placed(place[0], place[1], file, each) for each in places[place].settings]
            if any(each is None for each in own):
                lost.add(place)
            settings += [each for each in own if each is not None]
        if not lost:
            families, lost = choice.families(settings, fine)
        if not lost:
            return families, list(fine)
        fine = {place: file for place, file in fine.items() if place not in lost}


def _by_level(
    places: Mapping[Place, str | None], levels: Mapping[str, str]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str | None]]:
    """Applications and environments that may be one pattern, with the level of their own: none for all environments."""
    own = {name for (_, name), level in places.items() if level is not None}
    plainly = {name for _, name in places} - own
    if plainly:
        yield tuple(sorted(plainly)), (), None
    groups: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    plain: set[str] = set()
    special = {levels[environment] for (environment, _), level in places.items() if level is not None}
    for (environment, name), level in places.items():
        if name in own and (level is not None or levels[environment] in special):
            groups[levels[environment], level].add(name)
        elif name in own:
            plain.add(name)
    if plain:
        yield tuple(sorted(plain)), tuple(each for each in levels if levels[each] not in special), None
    for (of, level), names in groups.items():
        yield tuple(sorted(names)), tuple(each for each in levels if levels[each] == of), level


def _names(place: Place) -> dict[str, str]:
    return {"environment": place[0], "application": place[1]}
