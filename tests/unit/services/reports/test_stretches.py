"""What ran at a place over time: sums add up, and a gap is never time in which something ran."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ldmrelease.services.reports.stretches import (
    Coverage,
    Period,
    PlaceRecord,
    PlaceSighting,
    coverage,
    place_record,
    running_at,
    unobserved,
)
from tests.examples import examples

from .recorded import NOON, SUMMIT, W15, W16, at, image, place, seen

DAY = Period(at(0), at(24))


def spans(record: PlaceRecord) -> list[tuple[str | None, float, float]]:
    return [
        (each.image.release, (each.begin - NOON) / timedelta(hours=1), (each.end - NOON) / timedelta(hours=1))
        for each in record.stretches
    ]


def gaps(record: PlaceRecord, period: Period = DAY, now: float = 24) -> list[tuple[float, float]]:
    return [
        ((each.begin - NOON) / timedelta(hours=1), (each.end - NOON) / timedelta(hours=1))
        for each in unobserved(record, period, at(now))
    ]


def test_what_is_seen_twice_close_together_ran_in_between():
    record = place([seen(0, image()), seen(6, image()), seen(12, image())])
    assert spans(record) == [(W15, 0, 12)]
    assert record.changes[0].last is None
    assert len(record.changes) == 1


def test_what_lies_between_two_sightings_too_far_apart_is_unobserved():
    record = place([seen(0, image()), seen(6, image()), seen(20, image())])
    assert spans(record) == [(W15, 0, 6), (W15, 20, 20)]
    assert gaps(record) == [(6, 20)]
    assert running_at(record, at(5)) == (image(),)
    assert running_at(record, at(10)) is None


def test_what_was_replaced_was_there_until_that_was_seen():
    record = place([seen(0, image()), seen(6, image(W16, "P-1"), cause="apply")])
    assert spans(record) == [(W15, 0, 6), (W16, 6, 6)]
    assert running_at(record, at(6)) == (image(W16, "P-1"),)
    assert gaps(record, Period(at(0), at(6))) == []
    change = record.changes[-1]
    assert (change.gone, change.come) == ((image(),), (image(W16, "P-1"),))
    assert (change.last, change.time, change.joined, change.cause) == (at(0), at(6), True, "apply")


def test_a_change_that_nobody_saw_says_so():
    record = place([seen(0, image()), seen(30, image(W16))])
    assert not record.changes[-1].joined


def test_what_an_unbroken_row_leaves_out_leaves_no_gap():
    record = place([seen(0, image()), seen(90, image(), unbroken=True), seen(200, image())])
    assert spans(record) == [(W15, 0, 90), (W15, 200, 200)]
    assert gaps(record, Period(at(0), at(200)), now=200) == [(90, 200)]


def test_another_state_of_one_image_is_no_change():
    record = place([seen(0, image(state="progressing")), seen(1, image())])
    assert len(record.changes) == 1
    assert spans(record) == [(W15, 0, 1), (W15, 1, 1)]


def test_what_comes_after_the_newest_sighting_is_pending_while_the_next_one_is_not_due():
    record = place([seen(0, image()), seen(6, image())])
    assert gaps(record, now=18) == []
    assert coverage(record, DAY, at(18)) == Coverage(6 * 3600, 0, 18 * 3600)
    assert gaps(record, now=19) == [(6, 24)]


def test_a_place_that_nobody_has_looked_at_is_unobserved():
    assert gaps(place([])) == [(0, 24)]
    assert running_at(place([]), at(1)) is None


def test_before_the_first_sighting_nothing_is_known():
    assert gaps(place([seen(10, image())]), Period(at(0), at(20)), now=20) == [(0, 10)]


def test_a_sighting_that_is_older_than_the_one_before_it_has_no_effect():
    record = place([seen(6, image()), seen(3, image(W16)), seen(7, image())])
    assert spans(record) == [(W15, 6, 7)]


IMAGES = st.lists(st.sampled_from([image(), image(W16), image(None)]), max_size=2, unique=True).map(tuple)


@st.composite
def sightings(draw: st.DrawFn) -> list[PlaceSighting]:
    times = sorted(draw(st.lists(st.integers(-100, 200), max_size=12, unique=True)))
    return [seen(each, *draw(IMAGES), every=draw(st.integers(1, 30)) * 3600) for each in times]


PERIODS = st.tuples(st.integers(-120, 220), st.integers(1, 200)).map(
    lambda each: Period(at(each[0]), at(each[0] + each[1]))
)


@settings(max_examples=examples(300), deadline=None)
@given(sightings(), PERIODS, st.integers(-50, 300))
def test_seen_unobserved_and_pending_are_the_whole_period(
    told: list[PlaceSighting], period: Period, now: int
):
    found = coverage(place_record(SUMMIT, told), period, at(now))
    assert found.seen + found.unobserved + found.pending == period.seconds
    assert min(found.seen, found.unobserved, found.pending) >= 0


@settings(max_examples=examples(300), deadline=None)
@given(sightings(), PERIODS)
def test_nothing_is_said_to_run_in_a_gap(told: list[PlaceSighting], period: Period):
    record = place_record(SUMMIT, told)
    for gap in unobserved(record, period, at(400)):
        middle = gap.begin + (gap.end - gap.begin) / 2
        assert running_at(record, middle) is None
        assert not any(each.begin < gap.end and each.end > gap.begin for each in record.stretches)


@settings(max_examples=examples(300), deadline=None)
@given(sightings(), st.integers(0, 11))
def test_later_sightings_change_nothing_before_the_one_that_they_follow(told: list[PlaceSighting], kept: int):
    """What was known up to a sighting stays known: a period that ends there tells the same ever after."""
    early = told[: kept + 1]
    if not early:
        return
    period = Period(at(-120), early[-1].time)
    if period.seconds <= 0:
        return
    then, later = place_record(SUMMIT, early), place_record(SUMMIT, told)
    now = at(400)
    assert unobserved(then, period, early[-1].time) == unobserved(later, period, now)
    cut = [(each.image, each.begin, min(each.end, period.end)) for each in later.stretches]
    known = {(each.image, each.begin, each.end) for each in then.stretches if each.begin < period.end}
    assert known == {each for each in cut if each[1] < period.end}
    assert [each for each in later.changes if each.time <= period.end] == list(then.changes)


@settings(max_examples=examples(200), deadline=None)
@given(sightings())
def test_every_change_leads_from_what_was_there_to_what_came(told: list[PlaceSighting]):
    there: set[tuple[str, str, str, str]] = set()
    for change in place_record(SUMMIT, told).changes:
        gone, come = ({each.identity for each in side} for side in (change.gone, change.come))
        assert gone <= there
        assert not come & there
        assert gone or come
        there = (there - gone) | come
    if told:
        assert there == {each.identity for each in told[-1].images}
