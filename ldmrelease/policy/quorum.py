"""A quorum: as many persons as there are seats, each in one seat alone."""

from collections.abc import Iterable, Mapping

from msgspec import Struct


class Group(Struct, frozen=True):
    """`number` persons, each with one of the roles."""

    roles: tuple[str, ...]
    number: int


def lacking(groups: Iterable[Group], persons: Mapping[str, Iterable[str]]) -> tuple[Group, ...]:
    """What of the groups is left when the persons, each with roles, take as many seats as they can.

    A person takes one seat, whatever roles they have; who takes which is found so that most are taken, whatever the
    order of persons.
    """
    seats = [each.roles for each in groups for _ in range(each.number)]
    taken: dict[int, str] = {}
    for person in sorted(persons):
        _seat(person, seats, {name: set(roles) for name, roles in persons.items()}, taken, set())
    left: dict[tuple[str, ...], int] = {}
    for number, roles in enumerate(seats):
        if number not in taken:
            left[roles] = left.get(roles, 0) + 1
    return tuple(Group(roles, number) for roles, number in left.items())


def _seat(
    person: str,
    seats: list[tuple[str, ...]],
    held: Mapping[str, set[str]],
    taken: dict[int, str],
    tried: set[int],
) -> bool:
    """Whether the person gets a seat, others moving up where they can (an augmenting path)."""
    for number, roles in enumerate(seats):
        if number in tried or held[person].isdisjoint(roles):
            continue
        tried.add(number)
        if number not in taken or _seat(taken[number], seats, held, taken, tried):
            taken[number] = person
            return True
    return False
