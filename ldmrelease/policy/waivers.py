"""Waivers: which unmet requirement somebody may let pass, for what of it, and for how long (trust.md section 2).

A waiver is bound to one definition and to what stood in the way: the same id with another definition, and a new
failure, are not covered. What is waived stays unmet: it is told with who waived it, and is no passing check.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import Facts, WaiverFact
from ldmrelease.domain.level import Requirement, WaiverLimits

UNMET = frozenset({Outcome.FAILED, Outcome.MISSING})
"""What may be waived. What waits is waited for, and what nobody could tell is found out."""

_NEVER = frozenset({"images", "approval"})
_PROVENANCE = frozenset({"provenance", "https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2"})


class WaiverInUse(Struct, frozen=True):
    """A waiver on which a finding rests."""

    waiver: str
    person: str
    reason: str
    until: str


def never_waived(requirement: Requirement) -> bool:
    """Whether nobody may waive it, whatever its `waivable-by` says: images, provenance, approval."""
    provenance = requirement.parameters.get("type") in _PROVENANCE
    return requirement.rule in _NEVER or (requirement.rule == "attested" and provenance)


def failing(finding: Finding) -> tuple[str, ...]:
    """What stands in the way of a requirement: its outcome, and by name its failing tests, components, applications.
    What failed and names none of them is told by its code; what is missing may be so for another reason later.
    """
    named = {f"{kind}:{name}" for kind, key in _NAMED for name in _names(finding.values.get(key))}
    if not named and finding.outcome is Outcome.FAILED:
        named = {f"code:{finding.code}"}
    return (str(finding.outcome), *sorted(named))


_NAMED = (
    ("test", "failed_tests"),
    ("part", "lacking"),
    ("component", "components"),
    ("application", "applications"),
    ("finding", "vulnerabilities"),
    ("document", "documents"),
    ("metric", "metrics"),
    ("interface", "interfaces"),
    ("feature", "features"),
)


def _names(value: Any) -> Iterable[str]:
    if not isinstance(value, list | tuple):
        return
    for each in value:
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            yield "/".join(str(each[key]) for key in sorted(each) if key != "code" and each[key] is not None)


def waived(
    requirement: Requirement, finding: Finding, facts: Facts, limits: WaiverLimits, now: datetime
) -> Finding:
    """The finding; `waived` where waivers that count cover all that stands in its way."""
    if finding.outcome not in UNMET or not requirement.waivable_by or never_waived(requirement):
        return finding
    covering = _covering(requirement, failing(finding), standing(facts, limits, now))
    if not covering:
        return finding
    until = min(expiry(each, limits) for each in covering)
    told = [_told(each, limits) for each in covering]
    return replace(
        finding,
        outcome=Outcome.WAIVED,
        unmet=finding.outcome,
        values={**finding.values, "waivers": told},
        until=until if finding.until is None else min(until, finding.until),
        next=(),
    )


def waivers_in_use(findings: Iterable[Finding]) -> tuple[WaiverInUse, ...]:
    """The waivers on which findings rest, each once."""
    found = {
        each["waiver"]: WaiverInUse(**each)
        for finding in findings
        if finding.outcome is Outcome.WAIVED
        for each in finding.values.get("waivers", ())
    }
    return tuple(found[each] for each in sorted(found))


def standing(facts: Facts, limits: WaiverLimits, now: datetime) -> tuple[WaiverFact, ...]:
    """The waivers that count now, the first ones first: no more of them than a place may have."""
    found = [each for each in facts.waivers if each.counted and now < expiry(each, limits)]
    return tuple(sorted(found, key=_intake)[: limits.number])


def expiry(waiver: WaiverFact, limits: WaiverLimits) -> datetime:
    """When a waiver ends: as it says, or as early as the level wants."""
    return min(waiver.expires, waiver.received + timedelta(seconds=limits.life))


def _covering(
    requirement: Requirement, wanted: Iterable[str], waivers: Iterable[WaiverFact]
) -> tuple[WaiverFact, ...]:
    """Those that cover all of it together, the first ones first; none where something is left."""
    left, used = set(wanted), []
    for each in waivers:
        if (each.requirement, each.definition) != (requirement.id, requirement.definition):
            continue
        if left.isdisjoint(each.failing) or set(requirement.waivable_by).isdisjoint(each.roles):
            continue
        left -= set(each.failing)
        used.append(each)
    return () if left else tuple(used)


def _told(waiver: WaiverFact, limits: WaiverLimits) -> dict[str, str]:
    return {
        "waiver": waiver.waiver,
        "person": waiver.person,
        "reason": waiver.reason,
        "until": times.spell(expiry(waiver, limits)),
    }


def _intake(waiver: WaiverFact) -> tuple[Any, ...]:
    return waiver.received, waiver.waiver, waiver.person
