"""Which statements of a type count for a requirement about a subject, in the order of their intake."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Outcome
from ldmrelease.domain.facts import StatementFact
from ldmrelease.policy.rule_context import RuleContext
from ldmrelease.policy.runs import not_counted
from ldmrelease.policy.subjects import PolicySubject

_WORST_FIRST = (Outcome.FAILED, Outcome.MISSING, Outcome.ERRORED, Outcome.SATISFIED)


class CountedStatements(Struct, frozen=True):
    """Those that count, oldest first, each payload once; and the codes for which others do not."""

    found: tuple[StatementFact, ...]
    rejected: tuple[str, ...]

    def latest(self) -> tuple[StatementFact, ...]:
        """The newest; all of those that were taken in in its second."""
        return tuple(each for each in self.found if each.received == self.found[-1].received)

    def absent(self, *telling: str) -> tuple[Outcome, str]:
        """What it comes to that none counts: the first of the telling codes that one was rejected for, if any was."""
        if "future" in self.rejected:
            return Outcome.ERRORED, "future"
        code = next((each for each in telling if each in self.rejected), None)
        return Outcome.MISSING, code or ("not-counted" if self.rejected else "no-evidence")

    @property
    def seen(self) -> dict[str, int]:
        """How many do not count, by code: for the values of a finding."""
        return dict(sorted(Counter(self.rejected).items()))


class JudgedPart(Struct, frozen=True):
    """What was found about one of several subjects."""

    outcome: Outcome
    code: str
    values: dict[str, Any] = {}
    evidence: tuple[str, ...] = ()
    until: datetime | None = None


def counted_statements(
    type: str, subjects: Iterable[PolicySubject], by: tuple[str, ...], context: RuleContext
) -> CountedStatements:
    """The statements of a type about any of the subjects, by signers with one of the roles (none: with any)."""
    groups, roles = context.index.statements.get(type, {}), frozenset(by)
    found: dict[str, StatementFact] = {}
    rejected: dict[str, str] = {}
    about = {each.blob: each for one in subjects for each in one.found_in(groups)}
    for statement in sorted(about.values(), key=_intake):
        code = not_counted(statement, roles)
        if code is None:
            # Who signs an old payload again makes it no newer.
            found.setdefault(statement.evidence, statement)
        else:
            rejected[statement.blob] = code
    return CountedStatements(tuple(found.values()), tuple(rejected.values()))


def made(statement: StatementFact) -> datetime:
    """When it was made: its intake, or what it claims where that is earlier. A claim makes nothing younger."""
    return min(statement.received, statement.claimed or statement.received)


def worst(parts: Iterable[JudgedPart]) -> JudgedPart:
    """The part that speaks for all."""
    return min(parts, key=lambda each: _WORST_FIRST.index(each.outcome))


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """The first of the moments that there are."""
    return min((each for each in moments if each is not None), default=None)


def _intake(statement: StatementFact) -> tuple[datetime, str, str]:
    return statement.received, statement.evidence, statement.blob
