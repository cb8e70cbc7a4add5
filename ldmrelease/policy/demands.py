"""Which requirements ask for a statement, and whether it counts for them: one statement, without a decision."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.facts import BuildSource, StatementFact
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.policy.rules import attested, check, vulnerabilities
from ldmrelease.policy.rules.registry import RULES
from ldmrelease.policy.runs import not_counted


class Demand(Struct, frozen=True):
    """A requirement of a level that asks for such statements by one of the roles `by` (empty: by any); `code` says why
    this one does not count for it.
    """

    level: str
    requirement: str
    by: tuple[str, ...]
    code: str | None


def demands(
    statement: StatementFact,
    about: Collection[str],
    levels: Iterable[Level],
    configurations: tuple[BuildSource, ...],
) -> tuple[Demand, ...]:
    """What becomes of a statement at each requirement that asks for its type, or for its check.

    `about` is what it is about: `image`, `release`, `content`; `configurations` are the commits that its release has
    pinned. That there is enough evidence, and young enough, is for a decision to say.
    """
    return tuple(
        found
        for level in levels
        for each in _requirements(level)
        if (found := _demand(statement, about, level, each, configurations)) is not None
    )


def _requirements(level: Level) -> Iterator[Requirement]:
    yield from (*level.enter, *level.confirm)
    for own in level.environments.values():
        yield from (*own.enter, *own.confirm)


def _demand(
    statement: StatementFact,
    about: Collection[str],
    level: Level,
    requirement: Requirement,
    configurations: tuple[BuildSource, ...],
) -> Demand | None:
    try:
        if requirement.rule == "attested":
            wanted = requirement.read(attested.Parameters)
            asked, code = (
                wanted.type == statement.type,
                attested.not_counted_for(statement, wanted, configurations),
            )
            return _told(level, requirement, wanted, code) if asked and wanted.about in about else None
        if requirement.rule == "check":
            run = requirement.read(check.Parameters)
            asked, code = run.check == statement.check, not_counted(statement, frozenset(run.by))
            return _told(level, requirement, run, code) if asked and run.about in about else None
        return _of_contents(statement, about, level, requirement)
    except canonical.NotCanonical:
        # A decision says so, whatever the statement is.
        return None


def _of_contents(
    statement: StatementFact, about: Collection[str], level: Level, requirement: Requirement
) -> Demand | None:
    """Of the rules about what statements say: by whom they want it; `vulnerabilities` wants several types."""
    rule, by = RULES.get(requirement.rule), None
    if requirement.rule == "vulnerabilities" and "image" in about:
        scans = requirement.read(vulnerabilities.Parameters)
        by = {"vulnerabilities": scans.by}
        by |= {"sbom": scans.by} if scans.sbom is not None else {}
        by |= {"vex": scans.vex_by} if scans.vex_by else {}
    elif requirement.rule in _TYPES and rule is not None:
        parameters: Any = requirement.read(rule.parameters)
        if getattr(parameters, "about", None) in (None, *about):
            by = {_TYPES[requirement.rule]: parameters.by}
    if by is None or statement.type not in by:
        return None
    roles = by[statement.type]
    return Demand(level.name, requirement.id, roles, not_counted(statement, frozenset(roles)))


_TYPES = {
    "metric": "metric",
    "reviewed": "code-review",
    "documents": "document",
    "compatible": "compatibility",
    "verified": "verification",
}
"""The type of statement that each of these rules asks for."""


def _told(
    level: Level, requirement: Requirement, wanted: attested.Parameters | check.Parameters, code: str | None
) -> Demand:
    return Demand(level.name, requirement.id, wanted.by, code)
