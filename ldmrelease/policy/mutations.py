"""Policies with one clause removed or loosened: the cases of a policy have to notice each of them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.level import Additions, Ask, Level, Recalled, Requirement, Unmanaged
from ldmrelease.domain.tags import RELEASE_KINDS
from ldmrelease.policy.waivers import never_waived

Path = tuple[str | int, ...]

DROPPED, LEFT_OUT, SHORTER, LONGER, REMOVED = "dropped", "left-out", "shorter", "longer", "removed"
ANYTHING, OTHERWISE, FEWER, MORE = "anything", "otherwise", "fewer", "more"
KIND_ADDED, KIND_ALLOWED, ROLE_ADDED = "kind-added", "kind-allowed", "role-added"
NOT_ENFORCED, ENFORCED_LATER, ASKED_LESS = "not-enforced", "enforced-later", "asked-less"

ANYBODY = "anybody"
"""A role that nothing else names."""
_NEVER = datetime(2999, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_LEFT_OUT = object()


class PolicyMutant(Struct, frozen=True):
    """A level with one change that asks less. `path` is where the document says what was changed, `code` what became
    of it, `requirement` whose it is (None: the level's own), `word` the kind, role or value that it is about.
    """

    level: Level
    path: Path
    code: str
    requirement: str | None = None
    word: str = ""


def mutants(level: Level) -> Iterator[PolicyMutant]:
    """Every clause removed, and each that can be loosened loosened, one at a time."""
    yield from _of_kinds(level)
    yield from _of_level(level)
    for phase in ("enter", "confirm"):
        yield from _of_phase(level, phase)
    for name, added in level.environments.items():
        yield from _of_environment(level, name, added)


def _of_kinds(level: Level) -> Iterator[PolicyMutant]:
    for kind in map(str, RELEASE_KINDS):
        if kind in level.excludes:
            looser = replace(level, excludes=_without(level.excludes, kind), accepts=(*level.accepts, kind))
            yield PolicyMutant(looser, ("spec", "excludes"), KIND_ALLOWED, None, kind)
        elif kind not in level.accepts:
            looser = replace(level, accepts=(*level.accepts, kind))
            yield PolicyMutant(looser, ("spec", "accepts"), KIND_ADDED, None, kind)


def _of_level(level: Level) -> Iterator[PolicyMutant]:
    order = list(Ask)
    for less in order[order.index(level.ask) + 1 :]:
        yield PolicyMutant(replace(level, ask=less), ("spec", "ask"), ASKED_LESS, None, str(less))
    if level.unmanaged is not Unmanaged.LISTED:
        listed = replace(level, unmanaged=Unmanaged.LISTED)
        yield PolicyMutant(listed, ("spec", "unmanaged"), OTHERWISE, None, "unmanaged")
    if level.recalled is not Recalled.STAYS:
        stays = replace(level, recalled=Recalled.STAYS)
        yield PolicyMutant(stays, ("spec", "recalled"), OTHERWISE, None, "recalled")
    if level.availability is not None:
        path = ("spec", "availability")
        yield PolicyMutant(replace(level, availability=None), path, REMOVED, None, "availability")
        later = replace(level, availability=level.availability + 1)
        yield PolicyMutant(later, path, LONGER, None, "availability")


def _of_phase(level: Level, phase: str) -> Iterator[PolicyMutant]:
    held: tuple[Requirement, ...] = getattr(level, phase)
    for index, changed in _changed(held):
        for requirements, path, code, word in changed:
            yield PolicyMutant(
                replace(level, **{phase: requirements}),
                ("spec", phase, index, *path),
                code,
                held[index].id,
                word,
            )


def _of_environment(level: Level, name: str, added: Additions) -> Iterator[PolicyMutant]:
    def with_(own: Additions) -> Level:
        return replace(level, environments={**level.environments, name: own})

    base: Path = ("spec", "environments", name)
    for kind in added.excludes:
        own = replace(added, excludes=_without(added.excludes, kind))
        yield PolicyMutant(with_(own), (*base, "excludes"), KIND_ALLOWED, None, kind)
    for phase in ("enter", "confirm"):
        held: tuple[Requirement, ...] = getattr(added, phase)
        for index, changed in _changed(held):
            for requirements, path, code, word in changed:
                looser = with_(replace(added, **{phase: requirements}))
                yield PolicyMutant(looser, (*base, phase, index, *path), code, held[index].id, word)


_Changed = tuple[tuple[Requirement, ...], Path, str, str]


def _changed(held: tuple[Requirement, ...]) -> Iterator[tuple[int, Iterator[_Changed]]]:
    for index in range(len(held)):
        yield index, _of_requirement(held, index)


def _of_requirement(held: tuple[Requirement, ...], index: int) -> Iterator[_Changed]:
    before, after = held[:index], held[index + 1 :]
    yield (*before, *after), (), DROPPED, ""
    for looser, key, code, word in _loosened(held[index]):
        yield (*before, looser, *after), (key,), code, word


def _loosened(requirement: Requirement) -> Iterator[tuple[Requirement, str, str, str]]:
    since = requirement.enforce_from
    if since is None:
        yield replace(requirement, enforce_from=_NEVER), "enforce-from", NOT_ENFORCED, ""
    else:
        yield replace(requirement, enforce_from=since + _SECOND), "enforce-from", ENFORCED_LATER, ""
    if not never_waived(requirement):
        roles = (*requirement.waivable_by, ANYBODY)
        yield replace(requirement, waivable_by=roles), "waivable-by", ROLE_ADDED, ANYBODY
    for name, value in requirement.parameters.items():
        looser_of = _LOOSER_OF.get((requirement.rule, name)) or _LOOSER.get(name, _nothing)
        for looser, code in looser_of(value):
            parameters = {**requirement.parameters, name: looser}
            if looser is _LEFT_OUT:
                del parameters[name]
            key = _KEYS.get(name, name.replace("_", "-"))
            yield replace(requirement, parameters=parameters), key, code, key


def _without(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(each for each in values if each != value)


_Looser = Iterator[tuple[Any, str]]


def _nothing(_value: Any) -> _Looser:
    return iter(())


def _left_out(_value: Any) -> _Looser:
    yield _LEFT_OUT, LEFT_OUT


def _shorter(seconds: int) -> _Looser:
    yield 0, LEFT_OUT
    yield seconds - 1, SHORTER


def _older(seconds: int) -> _Looser:
    yield _LEFT_OUT, LEFT_OUT
    yield seconds + 1, LONGER


def _patterns(patterns: list[str]) -> _Looser:
    yield _LEFT_OUT, LEFT_OUT
    if "*" not in patterns:
        yield [*patterns, "*"], ANYTHING


def _platforms(platforms: list[str]) -> _Looser:
    yield _LEFT_OUT, LEFT_OUT
    yield from _each_dropped(platforms)


def _each_dropped(names: list[str]) -> _Looser:
    if len(names) > 1:
        for name in names:
            yield [each for each in names if each != name], FEWER


def _lower(number: int) -> _Looser:
    if number > 1:
        yield number - 1, FEWER


def _more_allowed(limits: dict[str, int]) -> _Looser:
    """Of each severity one more; a limit alone cannot be left out."""
    for severity, limit in limits.items():
        yield {**limits, severity: limit + 1}, MORE
        others = {name: each for name, each in limits.items() if name != severity}
        if others.keys() - {"unknown"}:
            yield others, FEWER


def _one_more(roles: list[str]) -> _Looser:
    yield [*roles, ANYBODY], ROLE_ADDED


def _longer(seconds: int) -> _Looser:
    yield seconds + 1, LONGER


def _role_more(roles: list[str]) -> _Looser:
    yield [*roles, ANYBODY], MORE


def _last_digit(step: int) -> Callable[[Any], _Looser]:
    def looser(number: str) -> _Looser:
        found = Decimal(number.removesuffix("%"))
        exponent = found.as_tuple().exponent
        moved = found + step * Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
        yield f"{moved}{'%' if number.endswith('%') else ''}", LONGER

    return looser


def _fewer_of_each(numbers: dict[str, int]) -> _Looser:
    for role, number in numbers.items():
        less = {**numbers, role: number - 1}
        left = {name: each for name, each in less.items() if each}
        if left:
            yield left, FEWER


def _to(other: Any) -> Callable[[Any], _Looser]:
    def looser(value: Any) -> _Looser:
        if value != other:
            yield other, OTHERWISE

    return looser


def _reported(value: str) -> _Looser:
    if value == "refuse":
        yield "report", OTHERWISE


def _minutes(step: int) -> Callable[[Any], _Looser]:
    def looser(clock: str) -> _Looser:
        hours, _, minutes = clock.partition(":")
        moved = (int(hours) * 60 + int(minutes) + step) % 1440
        yield f"{moved // 60:02}:{moved % 60:02}", LONGER

    return looser


_LOOSER: dict[str, Callable[[Any], _Looser]] = {
    "platforms": _platforms,
    "by": _left_out,
    "max_age": _older,
    "minimum": _lower,
    "builder": _patterns,
    "build_type": _patterns,
    "repository": _patterns,
    "commit": _left_out,
    "where": _left_out,
    "accept_warned": _to(True),
    "unregistered": _to(True),
    "application": _left_out,
    "for_": _shorter,
    "components": _to("any"),
    "admitted": _to(False),
    "applications": _each_dropped,
    "weekday": _left_out,
    "limits": _more_allowed,
    "database_max_age": _older,
    "sbom": _left_out,
    "grace": _longer,
    "ignore_unfixed": _to(True),
    "vex_by": _role_more,
    "at_most": _last_digit(1),
    "at_least": _last_digit(-1),
    "tolerance": _last_digit(1),
    "no_worse_than": _left_out,
    "unit": _left_out,
    "quorum": _lower,
    "owners": _to(False),
    "kinds": _each_dropped,
    "interfaces": _each_dropped,
    "milestone_complete": _reported,
    "week_of_month": _left_out,
    "start": _minutes(-1),
    "end": _minutes(1),
    "notice": _shorter,
}
"""What asks less than a parameter, by its name; what is not here says what is asked, and not how much of it."""
_LOOSER_OF: dict[tuple[str, str], Callable[[Any], _Looser]] = {
    ("approval", "by"): _one_more,
    ("approval", "max_age"): _longer,
    ("approval", "each"): _fewer_of_each,
    ("approval", "quorum"): _lower,
    ("approval", "kinds"): _each_dropped,
    ("approval", "intents"): _each_dropped,
    ("approval", "aliases"): _each_dropped,
}
"""The same for parameters of one rule, where leaving one out does not ask less."""
_KEYS = {"for_": "for", "start": "from", "end": "until"}
