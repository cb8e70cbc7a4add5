"""Residences of images, from observations."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.facts import Interval
from ldmrelease.domain.topology import Place
from ldmrelease.projections import observed
from ldmrelease.projections.intervals import KEPT
from ldmrelease.projections.observed import ResidenceState
from ldmrelease.projections.residences import Reading, image_residence_keys, replayed

from .observations import NOON, SUMMIT, W15, W16, W17, event, fold, folded, image, observation, reader, told

HOUR = 3600
BASE = Place("base", "nublado")


def residences(*observations: Observation, release: str = W16) -> tuple[ResidenceState, ...]:
    return observed.residences_of(reader(folded(*observations)), release)


def now_at(states: dict[str, Any]) -> list[ResidenceState]:
    found = [each for release in (W15, W16, W17) for each in observed.residences_of(reader(states), release)]
    return [each for each in found if each.span.current]


def latest_at(states: dict[str, Any], place: Place) -> observed.Latest | None:
    return next((each for each in observed.places_seen(reader(states)) if each.place == place), None)


def residence(*observations: Observation, release: str = W16) -> ResidenceState:
    (found,) = residences(*observations, release=release)
    return found


def at(hours: float) -> object:
    return NOON + timedelta(hours=hours)


def test_a_release_seen_once_is_there_and_not_yet_observed_to_run() -> None:
    found = residence(observation(0, W16))
    assert (found.place, found.digest) == (SUMMIT, W16)
    assert (found.span.first, found.span.last, found.span.observed) == (NOON, NOON, 0)
    assert found.span.current
    assert found.span.sequence == 1


def test_time_counts_between_observations_close_enough_together() -> None:
    found = residence(observation(0, W16), observation(4, W16), observation(16, W16))
    assert (found.span.first, found.span.last, found.span.observed) == (NOON, at(16), 16 * HOUR)
    assert found.span.intervals == (Interval(NOON, at(16)),)
    assert found.span.sequence == 3


def test_a_gap_is_recorded_and_does_not_count() -> None:
    found = residence(observation(0, W16), observation(2, W16), observation(14.5, W16), observation(15, W16))
    assert found.span.observed == 2.5 * HOUR
    assert found.span.intervals == (Interval(NOON, at(2)), Interval(at(14.5), at(15)))
    assert found.span.current


def test_the_observation_says_what_is_close_enough() -> None:
    assert residence(observation(0, W16), observation(1, W16, every=HOUR)).span.observed == HOUR
    assert residence(observation(0, W16), observation(1, W16, every=HOUR - 1)).span.observed == 0


def test_the_clock_stands_still_while_a_release_is_not_ready() -> None:
    down = observation(4, images=(image(W16, ready=False),))
    found = residence(
        observation(0, W16), observation(2, W16), down, observation(6, W16), observation(7, W16)
    )
    assert found.span.observed == 3 * HOUR
    assert found.span.current
    assert found.span.intervals == (Interval(NOON, at(2)), Interval(at(6), at(7)))


def test_one_component_that_goes_leaves_the_others_there() -> None:
    rollout = observation(1, images=(image(W16), image(W17, component="hub")))
    assert residence(observation(0, W16), rollout).span.observed == HOUR
    assert residence(observation(0, W16), rollout, release=W17).component == "hub"


@pytest.mark.parametrize(
    ("cause", "ended"),
    [(None, "replaced"), ("apply", "replaced"), ("restore", "restored"), ("retire", "retired")],
)
def test_what_is_no_longer_seen_has_ended_for_a_reason(cause: str | None, ended: str) -> None:
    observations = observation(0, W16), observation(1, W16), observation(3, W15, cause=cause)
    span = residence(*observations).span
    assert not span.current
    assert span.ended == ended
    assert (span.last, span.gone, span.observed) == (at(1), at(3), HOUR)


def test_what_comes_back_later_is_another_stay_and_the_earlier_one_is_kept() -> None:
    first, second = residences(
        observation(0, W16), observation(1, W15), observation(2, W16), observation(3, W16)
    )
    assert (first.span.ended, first.span.first) == ("replaced", NOON)
    assert (second.span.ended, second.span.first, second.span.observed) == (None, at(2), HOUR)


def test_many_releases_run_at_one_place_at_once() -> None:
    states = folded(observation(0, W15, W16), observation(1, W15, W16, W17), observation(2, W16, W17))
    now = now_at(states)
    assert [(each.digest, each.span.observed) for each in now] == [(W16, 2 * HOUR), (W17, HOUR)]
    assert [each.digest[-1] for each in observed.residences_now(reader(states))] == ["6", "7"]


def test_places_do_not_mix() -> None:
    states = folded(
        observation(0, W16),
        observation(0, W15, place=BASE),
        observation(1, W16),
        observation(1, W16, place=BASE),
    )
    found = observed.residences_of(reader(states), W16)
    assert [(each.place, each.span.observed) for each in found] == [(BASE, 0), (SUMMIT, HOUR)]
    assert [each.place for each in observed.places_seen(reader(states))] == [BASE, SUMMIT]


def test_an_image_keeps_its_spelling_and_readiness_as_last_seen() -> None:
    before = residence(observation(0, W16))
    assert (before.product, before.component, before.digest, before.ready) == ("stack", "lab", W16, True)
    later = replace(image(W16, ready=False), spelling="lab:w_2023_16")
    after = residence(observation(0, W16), observation(1, images=(later,)))
    assert (after.spelling, after.ready) == ("lab:w_2023_16", False)
    assert (after.span.last, after.span.observed) == (at(1), 0)
    assert after.span.current


def test_an_image_that_is_not_ready_at_first_counts_from_when_it_is() -> None:
    starting = observation(0, images=(image(W16, ready=False),))
    found = residence(starting, observation(1, W16), observation(2, W16))
    assert (found.span.first, found.span.observed, found.span.pieces) == (NOON, HOUR, 1)


def test_an_image_in_two_containers_is_ready_when_both_are() -> None:
    both = (image(W16), image(W16, ready=False))
    found = residence(observation(0, W16), observation(1, W16, images=both))
    assert not found.ready
    assert found.span.observed == 0


def test_intervals_are_bounded_and_observed_is_not() -> None:
    days = [observation(24 * day + hour, W16) for day in range(KEPT + 5) for hour in (0, 1)]
    found = residence(*days).span
    assert (len(found.intervals), found.pieces) == (KEPT, KEPT + 5)
    assert found.observed == (KEPT + 5) * HOUR
    assert found.intervals[-1].end == found.last


def test_the_latest_observation_of_a_place() -> None:
    states = folded(observation(0, W15), observation(1, W16, aliases={"recommended": W16}, every=HOUR))
    latest = latest_at(states, SUMMIT)
    assert latest is not None
    assert (latest.sequence, latest.time) == (2, at(1))
    assert (latest.basis, latest.revision, latest.aliases) == ("committed", "abc", {"recommended": W16})
    assert latest.speaks_for(NOON + timedelta(hours=2))
    assert not latest.speaks_for(NOON + timedelta(hours=2, seconds=1))
    assert latest_at(states, BASE) is None


def test_a_place_whose_name_begins_like_another_is_not_it() -> None:
    states = folded(observation(0, W16, place=Place("summit", "nublado2")))
    assert latest_at(states, SUMMIT) is None
    assert image_residence_keys(SUMMIT, "stack", "lab", W16)[0] not in states


def test_an_older_observation_changes_nothing() -> None:
    states = folded(observation(0, W16), observation(2, W16))
    late = observation(1, W15)
    assert fold(states, event(9, late, time=late.time)) == states


def test_an_observation_dated_far_from_its_intake_has_no_effect() -> None:
    states = folded(observation(0, W16))
    made = observation(8, W16)
    for away in (timedelta(minutes=11), -timedelta(minutes=11)):
        assert fold(states, event(2, made, time=made.time + away)) == states
    assert fold(states, event(2, made, time=made.time + timedelta(minutes=10))) != states


def test_events_that_are_no_observation_change_nothing() -> None:
    good = observation(0, W16)
    naive = canonical.encode(good).replace(b"12:00:00Z", b"12:00:00")
    payloads = [b"[]", b"{}", naive, b"\xff"]
    bodies = [{"envelope": {"payload": base64.b64encode(each).decode()}} for each in payloads]
    for body in [{}, {"envelope": None}, {"envelope": {"payload": "="}}, *bodies]:
        assert fold({}, event(1, good, body=body)) == {}
    assert fold({}, event(1, good, kind="receipt.signed")) == {}


def test_names_with_slashes_do_not_spell_other_keys() -> None:
    odd = Place("summit/nublado", "x")
    states = folded(observation(0, W16, place=odd))
    assert latest_at(states, Place("summit", "nublado/x")) is None
    assert latest_at(states, odd) is not None


def test_replaying_verified_events_alone_leaves_the_others_out() -> None:
    events = [event(number, observation(number, W16)) for number in range(1, 5)]
    states = replayed(told(each for each in events if each.sequence in (1, 4)))
    (found,) = observed.residences_of(reader(states), W16)
    assert found.span.observed == 3 * HOUR
    ends = [event(5, observation(5, W15))]
    assert now_at(replayed(told(events + ends)))[0].digest == W15


def test_what_was_called_otherwise_is_another_residence() -> None:
    events = [event(number, observation(number, W16)) for number in range(1, 5)]
    reading = Reading(label=lambda _place, _image, at: "stack/w.2023.15" if at < 3 else "stack/w.2023.16")
    first, second = observed.residences_of(reader(replayed(told(events), reading)), W16)
    assert (first.span.begun, first.span.seen, first.span.ended) == (1, 2, "replaced")
    assert (second.span.begun, second.span.current, second.span.observed) == (3, True, HOUR)


def test_only_the_time_that_counts_is_observed() -> None:
    events = [event(number, observation(number, W16)) for number in range(1, 6)]
    reading = Reading(counts=lambda _place, _image, at: at >= 3)
    (found,) = observed.residences_of(reader(replayed(told(events), reading)), W16)
    assert (found.span.begun, found.span.observed, found.span.pieces) == (1, 2 * HOUR, 1)
    nothing = Reading(counts=lambda _place, _image, _at: False)
    (found,) = observed.residences_of(reader(replayed(told(events), nothing)), W16)
    assert (found.span.begun, found.span.observed, found.span.pieces) == (1, 0, 0)
