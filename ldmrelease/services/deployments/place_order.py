"""The order of a walk: the places of a target by what their policies want to run after (design section 4)."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from ldmrelease.domain.errors import InputError
from ldmrelease.domain.level import Level
from ldmrelease.domain.topology import Application


class CircularOrder(InputError):
    """Two environments each want to come after the other."""


def ordered_places(
    applications: Sequence[Application], levels: Mapping[str, Level]
) -> tuple[Application, ...]:
    """Test systems first: each application after those that its `after` requirements name, else as given.

    Raises `CircularOrder`.
    """
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for index, application in enumerate(applications):
        earlier = [
            number for number, other in enumerate(applications) if _wants_after(application, other, levels)
        ]
        sorter.add(index, *earlier)
    try:
        sorter.prepare()
    except CycleError as error:
        names = " -> ".join(str(applications[index].place) for index in error.args[1])
        raise CircularOrder(f"circular `after`: {names}") from error
    return tuple(applications[index] for index in _steady(sorter))


def _steady(sorter: "TopologicalSorter[int]") -> list[int]:
    """The order in which what is ready goes as it was given: the same every time."""
    walk: list[int] = []
    ready = sorted(sorter.get_ready())
    while ready:
        index = ready.pop(0)
        walk.append(index)
        sorter.done(index)
        ready = sorted([*ready, *sorter.get_ready()])
    return walk


def _wants_after(application: Application, other: Application, levels: Mapping[str, Level]) -> bool:
    level = levels.get(application.level)
    if level is None or other.place == application.place:
        return False
    for requirement in level.at(application.place.environment).enter:
        if requirement.rule != "after":
            continue
        asked = requirement.parameters
        if other.place.environment == application.place.environment:
            continue
        if asked.get("environment") == other.place.environment or asked.get("level") == other.level:
            return True
    return False
