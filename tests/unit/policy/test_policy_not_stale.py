"""`not-stale`: what a merge of an old branch takes back at several applications is refused, and nothing else."""

import pytest

from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.domain.decision import Finding, Outcome, Verdict
from ldmrelease.domain.facts import ChangeFact, Intent
from tests.unit.policy.policy_facts import decide, facts, judge, level, requirement

STALE = ChangeFact(True, ("nublado", "batch"), 129)


def found(change: ChangeFact | None) -> Finding:
    return judge("not-stale", facts(change=change))


def test_what_several_applications_get_back_at_once_is_refused() -> None:
    finding = found(STALE)
    assert (finding.outcome, finding.code) == (Outcome.FAILED, "stale")
    assert finding.values == {"applications": ["batch", "nublado"], "settings": 129}
    assert "129 settings of batch and nublado at once" in sentence(finding)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (None, "goes-on"),
        (ChangeFact(False, ("nublado", "batch"), 129), "goes-on"),
        (ChangeFact(True, ("batch",), 129), "one-application"),
        (ChangeFact(True, ("batch", "batch"), 2), "one-application"),
        (ChangeFact(True, (), 0), "one-application"),
    ],
    ids=["asked for by itself", "moved forward", "one application", "one application twice", "none"],
)
def test_nothing_else_is(change: ChangeFact | None, code: str) -> None:
    finding = found(change)
    assert (finding.outcome, finding.code) == (Outcome.SATISFIED, code)
    assert sentence(finding)


def test_a_rollback_is_not_asked() -> None:
    """Whoever rolls back says so."""
    asked = level(requirement("not-stale"))
    assert decide(asked, facts(change=STALE)).verdict is Verdict.REFUSED
    back = decide(asked, facts(change=STALE, intent=Intent.ROLLBACK))
    assert "not-stale" not in {each.rule for each in back.findings}
