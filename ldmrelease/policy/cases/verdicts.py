"""Whether a policy decides a case as it has to: the one engine decides, and what differs is told."""

from msgspec import Struct, field

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision, Finding, Outcome, Verdict
from ldmrelease.domain.level import Ask, Level, Recalled, Unmanaged
from ldmrelease.domain.times import spell, spell_seconds
from ldmrelease.policy.cases.facts import NO_WINDOWS, Windows, facts_of
from ldmrelease.policy.cases.scenario import Scenario
from ldmrelease.policy.engine import evaluate


class ExpectedFinding(Struct, frozen=True):
    """What has to become of a requirement; what is None is not looked at."""

    outcome: Outcome
    code: str | None = None
    when: str | None = None
    who: tuple[str, ...] | None = None


class ExpectedDecision(Struct, frozen=True):
    """What a policy has to decide. Whatever is not among the `findings` has to be satisfied; of what the level says
    beside its requirements (`waivable_by` by requirement, `ask`, `unmanaged`, `recalled`, `availability` in seconds),
    what is None is not looked at.
    """

    verdict: Verdict
    findings: dict[str, ExpectedFinding] = field(default_factory=dict)
    waivable_by: dict[str, tuple[str, ...]] | None = None
    ask: Ask | None = None
    availability: int | None = None
    unmanaged: Unmanaged | None = None
    recalled: Recalled | None = None


class PolicyCase(Struct, frozen=True):
    """What is given, and what has to be decided."""

    name: str
    scenario: Scenario
    expected: ExpectedDecision


class Difference(Struct, frozen=True):
    """What a case expects of something (`verdict`, a requirement's id, `ask` ...), and what was found."""

    about: str
    expected: str
    found: str


class CaseResult(Struct, frozen=True):
    """The decision of a case, and where it is not the expected one."""

    case: PolicyCase
    decision: Decision
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether the policy decides as it has to."""
        return not self.differences


NOTHING = "nothing"


def run_case(case: PolicyCase, level: Level, windows: Windows = NO_WINDOWS) -> CaseResult:
    """The case decided by a level; `windows` as in `facts_of`."""
    scenario = case.scenario
    facts = facts_of(scenario, level, windows)
    decision = evaluate(
        level, facts, scenario.at, facts_digest=canonical.digest_of(facts), phase=scenario.phase
    )
    found = (
        *_verdict(case.expected, decision),
        *_findings(case.expected, decision),
        *_stated(case.expected, level, scenario),
    )
    return CaseResult(case, decision, found)


def _verdict(expected: ExpectedDecision, decision: Decision) -> tuple[Difference, ...]:
    if expected.verdict == decision.verdict:
        return ()
    return (Difference("verdict", str(expected.verdict), str(decision.verdict)),)


def _findings(expected: ExpectedDecision, decision: Decision) -> tuple[Difference, ...]:
    found = {each.requirement: each for each in decision.findings}
    differences = []
    for name in dict.fromkeys((*found, *expected.findings)):
        wanted = expected.findings.get(name, ExpectedFinding(Outcome.SATISFIED))
        said = _said(found.get(name), wanted)
        if said != (spelled := _wanted(wanted)):
            differences.append(Difference(name, spelled, said))
    return tuple(differences)


def _wanted(wanted: ExpectedFinding) -> str:
    parts = [str(wanted.outcome) + (f"/{wanted.code}" if wanted.code is not None else "")]
    parts += [f"when {wanted.when}"] if wanted.when is not None else []
    parts += [f"who {', '.join(wanted.who)}"] if wanted.who is not None else []
    return ", ".join(parts)


def _said(found: Finding | None, wanted: ExpectedFinding) -> str:
    """The finding in the words of what is wanted; with its code where the outcome alone is wrong."""
    if found is None:
        return NOTHING
    coded = wanted.code is not None or found.outcome is not wanted.outcome
    parts = [str(found.outcome) + (f"/{found.code}" if coded else "")]
    if wanted.when is not None:
        parts.append(f"when {spell(found.when) if found.when is not None else NOTHING}")
    if wanted.who is not None:
        parts.append(f"who {', '.join(found.who)}")
    return ", ".join(parts)


def _stated(expected: ExpectedDecision, level: Level, scenario: Scenario) -> tuple[Difference, ...]:
    pairs: list[tuple[str, str, str]] = []
    if expected.waivable_by is not None:
        here = level.at(scenario.place.environment)
        has = {each.id: each.waivable_by for each in (*here.enter, *here.confirm)}
        for name in dict.fromkeys((*has, *expected.waivable_by)):
            roles, said = expected.waivable_by.get(name, ()), has.get(name, ())
            pairs.append((f"waivable-by of {name}", _roles(roles), _roles(said)))
    if expected.ask is not None:
        pairs.append(("ask", str(expected.ask), str(level.ask)))
    if expected.unmanaged is not None:
        pairs.append(("unmanaged", str(expected.unmanaged), str(level.unmanaged)))
    if expected.recalled is not None:
        pairs.append(("recalled", str(expected.recalled), str(level.recalled)))
    if expected.availability is not None:
        pairs.append(("availability", spell_seconds(expected.availability), _duration(level.availability)))
    return tuple(Difference(*each) for each in pairs if each[1] != each[2])


def _roles(names: tuple[str, ...]) -> str:
    return ", ".join(sorted(names)) or NOTHING


def _duration(seconds: int | None) -> str:
    return NOTHING if seconds is None else spell_seconds(seconds)
