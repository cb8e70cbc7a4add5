"""Which requirements of a policy the tags of a history can answer, and which nobody asks then."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.decision import Finding, Outcome, Phase, Verdict
from ldmrelease.domain.level import Level, Requirement

AFTER = "after"
_FED = frozenset({"not-returned", "not-stale", "same-cycle"})
_IN_THE_WAY = frozenset({Outcome.FAILED, Outcome.MISSING, Outcome.PENDING, Outcome.ERRORED})
_UNFED = frozenset({"complete", "held", "empty"})
"""Findings that every decision has, and of which a history says nothing."""


class NotAsked(Struct, frozen=True, order=True):
    """A requirement that no history of tags can answer. `environment` is None for what a level asks anywhere."""

    level: str
    requirement: str
    rule: str
    environment: str | None = None


class AskedLevels:
    """Levels with what a history can answer, as they hold in each environment."""

    def __init__(self, levels: Mapping[str, Level], *, assume_ran: bool) -> None:
        self._levels = levels
        self._rules = _FED | ({AFTER} if assume_ran else set())
        self._found: dict[tuple[str, str], Level] = {}

    @property
    def names(self) -> Mapping[str, Level]:
        """The levels as they are written."""
        return self._levels

    def at(self, name: str, environment: str) -> Level | None:
        """A level in an environment; None where policies have none of that name."""
        level = self._levels.get(name)
        if level is None:
            return None
        if (name, environment) not in self._found:
            own = level.at(environment)
            enter = tuple(each for each in own.enter if each.rule in self._rules)
            self._found[name, environment] = replace(own, enter=enter, confirm=(), environments={})
        return self._found[name, environment]

    def not_asked(self) -> tuple[NotAsked, ...]:
        """The requirements that are left out, each once."""
        return tuple(sorted(dict.fromkeys(self._left_out()), key=_order))

    def _left_out(self) -> Iterator[NotAsked]:
        for level in self._levels.values():
            for phase in Phase:
                yield from self._of(level.name, None, getattr(level, phase, ()), phase)
                for environment, own in level.environments.items():
                    yield from self._of(level.name, environment, getattr(own, phase, ()), phase)

    def _of(
        self, level: str, environment: str | None, requirements: Iterable[Requirement], phase: Phase
    ) -> Iterator[NotAsked]:
        for each in requirements:
            if phase is Phase.CONFIRM or each.rule not in self._rules:
                yield NotAsked(level, each.id, each.rule, environment)


def _order(each: NotAsked) -> tuple[str, str, str]:
    return each.level, each.environment or "", each.requirement


def answered(findings: Iterable[Finding], *, judged: bool) -> tuple[Finding, ...]:
    """The findings that stand in the way and that a history can answer; of kinds of tags only where one was `judged`.

    That an environment or an application is not known to `after` is no finding: the history may not have it yet.
    """
    return tuple(
        each
        for each in findings
        if each.outcome in _IN_THE_WAY
        and each.requirement not in _UNFED
        and (judged or each.requirement != "accepts")
        and not (each.rule == AFTER and each.outcome is Outcome.ERRORED)
    )


def verdict_on(findings: Iterable[Finding]) -> Verdict:
    """What findings come to: what has not run elsewhere for long enough is waited for, as time cures it."""
    outcomes = {
        Outcome.PENDING if each.rule == AFTER and each.outcome is Outcome.MISSING else each.outcome
        for each in findings
    }
    if outcomes & {Outcome.FAILED, Outcome.MISSING}:
        return Verdict.REFUSED
    if Outcome.ERRORED in outcomes:
        return Verdict.UNDECIDED
    return Verdict.WAITING if Outcome.PENDING in outcomes else Verdict.ALLOWED
