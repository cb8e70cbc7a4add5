"""The basis of an approval: the requirements as they stood when somebody approved (trust.md section 2).

It has nothing that moves by itself: no other approval, no window, no soak. So it does not depend on which evidence
there was, and more of it voids nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ldmrelease.domain.decision import Finding, Outcome, Phase
from ldmrelease.domain.facts import ApprovalFact
from ldmrelease.policy.waivers import waivers_in_use

MOVING = frozenset({"approval", "window", "after"})
"""Rules whose findings change without anybody's doing, or by the approval itself."""

BasisOf = Mapping[str, tuple[str, str]]
"""By requirement: the digest of its definition, and its outcome."""

_WORSE = (
    Outcome.SATISFIED,
    Outcome.REPORTED,
    Outcome.WAIVED,
    Outcome.PENDING,
    Outcome.MISSING,
    Outcome.ERRORED,
    Outcome.FAILED,
)
"""Each worse than those before it."""


def basis_of(findings: Iterable[Finding]) -> dict[str, tuple[str, str]]:
    """What an approval that is given on these findings rests on."""
    return {
        each.requirement: (each.definition or "", str(each.outcome))
        for each in findings
        if each.phase is not Phase.BUILT_IN and each.rule not in MOVING
    }


def void(approval: ApprovalFact, findings: tuple[Finding, ...]) -> dict[str, Any] | None:
    """Why an approval does not hold for these findings any more, with what it is about; None where it holds.

    One that was given in another system has no basis, and ends by its time alone.
    """
    if approval.source is not None:
        return None
    now = basis_of(findings)
    for name in sorted(now.keys() | approval.basis.keys()):
        then = approval.basis.get(name)
        if then is None or name not in now or then[0] != now[name][0]:
            return {"code": "other-definition", "requirement": name}
        if _worse(now[name][1]) > _worse(then[1]):
            return {"code": "worsened", "requirement": name, "was": then[1], "outcome": now[name][1]}
    for each in waivers_in_use(findings):
        if each.waiver not in approval.waivers:
            return {"code": "new-waiver", "waiver": each.waiver}
    return None


def _worse(outcome: str) -> int:
    known = [str(each) for each in _WORSE]
    return known.index(outcome) if outcome in known else 0
