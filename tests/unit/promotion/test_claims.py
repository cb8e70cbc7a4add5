"""Who claims a place."""

from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from ldmrelease.domain.events import Event
from ldmrelease.domain.events.place import PlaceClaimed, PlaceReleased
from ldmrelease.domain.events.promotion import PromotionEnded, PromotionState, StepIntended
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.promotion.claims import Claim, claim_of
from tests.unit.projections.observations import NOON, SUMMIT, observation


class Told(NamedTuple):
    event: Event
    body: Any


def told(sequence: int, body: Any, stream: str | None = None) -> Told:
    new, at = new_event(body, stream), NOON + timedelta(minutes=sequence)
    return Told(Event("u", sequence, at, "bob", new.kind, new.stream, sequence, {}, "", ""), body)


def claimed(sequence: int, promotion: str, *, takeover: bool = False) -> Told:
    return told(sequence, PlaceClaimed(SUMMIT, promotion, f"host-{promotion}", takeover))


def released(sequence: int, promotion: str, epoch: int) -> Told:
    return told(sequence, PlaceReleased(SUMMIT, promotion, epoch))


def intended(sequence: int, promotion: str) -> Told:
    return told(sequence, StepIntended("summit/nublado/apply"), promotion_stream(promotion))


def minute(number: int) -> object:
    return NOON + timedelta(minutes=number)


def test_a_place_without_events_is_free() -> None:
    assert claim_of([]) is None
    assert claim_of([told(1, observation(0))]) is None


def test_a_claim_has_the_number_of_its_event_as_epoch() -> None:
    claim = claim_of([claimed(7, "p1")])
    assert claim == Claim("p1", "host-p1", 7, NOON + timedelta(minutes=7), NOON + timedelta(minutes=7))


def test_a_released_place_is_free_and_can_be_claimed_again() -> None:
    assert claim_of([claimed(1, "p1"), released(2, "p1", 1)]) is None
    claim = claim_of([claimed(1, "p1"), released(2, "p1", 1), claimed(3, "p2")])
    assert claim is not None
    assert (claim.promotion, claim.epoch) == ("p2", 3)


@pytest.mark.parametrize("late", [released(3, "p1", 1), released(3, "p2", 1), released(3, "p3", 2)])
def test_a_release_of_another_epoch_or_promotion_frees_nothing(late: Told) -> None:
    claim = claim_of([claimed(1, "p1"), claimed(2, "p2", takeover=True), late])
    assert claim is not None
    assert (claim.promotion, claim.epoch) == ("p2", 2)


def test_another_promotion_claims_only_by_taking_over() -> None:
    refused = claim_of([claimed(1, "p1"), claimed(2, "p2")])
    assert refused is not None
    assert (refused.promotion, refused.epoch, refused.last_append) == ("p1", 1, minute(1))
    taken = claim_of([claimed(1, "p1"), claimed(2, "p2", takeover=True)])
    assert taken is not None
    assert (taken.promotion, taken.epoch) == ("p2", 2)


def test_the_same_promotion_claiming_again_fences_its_earlier_self() -> None:
    events = [claimed(1, "p1"), claimed(5, "p1")]
    claim = claim_of(events)
    assert claim is not None
    assert claim.epoch == 5
    assert claim_of([*events, released(6, "p1", 1)]) is not None
    assert claim_of([*events, released(6, "p1", 5)]) is None


def test_what_the_holder_appends_shows_that_it_works() -> None:
    events = [
        claimed(1, "p1"),
        intended(2, "p1"),
        told(3, observation(0)),
        intended(4, "p2"),
    ]
    claim = claim_of(events)
    assert claim is not None
    assert (claim.since, claim.last_append) == (minute(1), minute(2))


def test_a_claim_outlives_its_promotion_and_says_so() -> None:
    end = told(2, PromotionEnded(PromotionState.STUCK, "restore-failed"), promotion_stream("p1"))
    claim = claim_of([claimed(1, "p1"), end])
    assert claim is not None
    assert claim.ended
    again = claim_of([claimed(1, "p1"), end, claimed(3, "p2", takeover=True)])
    assert again is not None
    assert not again.ended
