"""What became of a promotion, folded from its events."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events.promotion import (
    DecisionMade,
    DecisionStage,
    PromotionEnded,
    PromotionHalting,
    PromotionPlanned,
    PromotionResumed,
    PromotionState,
    PromotionWaiting,
    Request,
    StepCompleted,
    StepIntended,
)
from ldmrelease.domain.facts import Intent
from ldmrelease.services.reports.promotion_records import PromotionRecord, promotion_record

from .recorded import SUMMIT, at

REQUEST = Request(
    "P-1", Intent.PROMOTE, "stack", "w.2023.16", "sha256:1", "summit", (SUMMIT,), at(0), "the weekly"
)


def told(body: Any, hours: float) -> Any:
    event = SimpleNamespace(time=at(hours), sequence=int(hours * 10) + 1, kind="")
    return SimpleNamespace(event=event, body=body, person="Ada")


def fold(*bodies: tuple[Any, float]) -> PromotionRecord:
    found = promotion_record("P-1", [told(REQUEST, 0), *(told(*each) for each in bodies)])
    assert found is not None
    return found


def waiting(until: datetime | None = None) -> PromotionWaiting:
    return PromotionWaiting(SUMMIT, until, ("ccb",))


def done(step: str, **result: Any) -> StepCompleted:
    return StepCompleted(f"summit/ocps/{step}", result)


def test_it_says_who_asked_for_what_and_why():
    found = fold()
    assert (found.name, found.by, found.reason, found.requested) == (
        "stack/w.2023.16",
        "Ada",
        "the weekly",
        at(0),
    )
    assert found.state is PromotionState.REQUESTED


def test_each_wait_ends_when_it_goes_on_or_waits_anew_or_ends():
    found = fold(
        (waiting(at(9)), 1),
        (PromotionResumed(SUMMIT), 2),
        (waiting(), 3),
        (waiting(), 4),
        (PromotionEnded(PromotionState.ABORTED, "aborted"), 5),
    )
    assert [(each.begin, each.end) for each in found.waits] == [
        (at(1), at(2)),
        (at(3), at(4)),
        (at(4), at(5)),
    ]
    assert (found.waits[0].until, found.waits[0].who) == (at(9), ("ccb",))
    assert (found.ended, found.state, found.cause) == (at(5), PromotionState.ABORTED, "aborted")


def test_a_wait_that_lasts_has_no_end():
    assert fold((waiting(), 1)).waits[0].end is None


def test_steps_say_when_a_release_was_written_seen_and_put_back():
    found = fold(
        (PromotionPlanned("sha256:2"), 0),
        (done("apply"), 1),
        (done("settle", availability={"tagged": "2023-04-20T10:00:00Z"}), 2),
        (done("settle"), 3),
        (PromotionHalting(SUMMIT, "check-failed"), 4),
        (StepIntended("summit/ocps/restore"), 5),
        (done("restore"), 6),
    )
    assert (found.applied, found.settled, found.restored) == (
        {SUMMIT: at(1)},
        {SUMMIT: at(3)},
        {SUMMIT: at(6)},
    )
    assert found.tagged == at(-2), "a step that did not measure forgets nothing"
    assert (found.noticed, found.cause) == (at(4), "check-failed")


def test_decisions_stand_in_the_order_in_which_they_were_made():
    def decided(verdict: Verdict, digest: str) -> DecisionMade:
        return DecisionMade(SUMMIT, DecisionStage.ASK, verdict, digest, "sha256:f")

    found = fold((decided(Verdict.WAITING, "sha256:a"), 1), (decided(Verdict.ALLOWED, "sha256:b"), 2))
    told = [(each.verdict, each.decision, each.time) for each in found.decisions]
    assert told == [(Verdict.WAITING, "sha256:a", at(1)), (Verdict.ALLOWED, "sha256:b", at(2))]


def test_what_does_not_begin_with_a_request_or_goes_on_behind_its_end_is_none():
    assert promotion_record("P-1", [told(waiting(), 0)]) is None
    ended = PromotionEnded(PromotionState.SUCCEEDED, "done")
    assert promotion_record("P-1", [told(REQUEST, 0), told(ended, 1), told(waiting(), 2)]) is None
