"""Laws of the folds, for any history of observations."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ldmrelease.domain.events import Event
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.site_registry import ForeignImage
from ldmrelease.domain.topology import Place
from ldmrelease.projections import observed
from ldmrelease.projections.observed import Span
from ldmrelease.projections.residences import replayed
from tests.examples import examples

from .observations import SUMMIT, W15, W16, W17, event, fold, image, observation, reader, told

RELEASES = (W15, W16, W17)
ELSEWHERE = tuple(ForeignImage("values.yaml", 3, "image", f"{each}.example/lab", ()) for each in ("a", "b"))
UNKNOWN = tuple(
    ObservedImage("stack", "lab", "", spelling, False, foreign=foreign)
    for spelling in ("1.9.6", "1.9.7")
    for foreign in (None, *ELSEWHERE)
)
"""Images that no digest is known of: tags that name nothing, and such in other repositories."""


@st.composite
def observations(draw: st.DrawFn, unknown: tuple[ObservedImage, ...]) -> Observation:
    running = draw(st.sets(st.sampled_from(RELEASES)))
    partly = draw(st.sets(st.sampled_from(RELEASES))) - running
    images = [image(each) for each in sorted(running)]
    images += [image(each, ready=draw(st.booleans())) for each in sorted(partly)]
    images += draw(st.lists(st.sampled_from(unknown), max_size=1)) if unknown else []
    return observation(
        draw(st.integers(0, 60)),
        images=tuple(images),
        every=draw(st.sampled_from([3600, 43200])),
        cause=draw(st.sampled_from([None, "apply", "restore", "retire"])),
        place=draw(st.sampled_from([SUMMIT, Place("base", "nublado")])),
    )


@st.composite
def histories(draw: st.DrawFn, unknown: tuple[ObservedImage, ...] = ()) -> list[Event]:
    """Observations, mostly in the order of their times."""
    made = draw(st.lists(observations(unknown), max_size=25))
    if draw(st.booleans()):
        made.sort(key=lambda each: each.time)
    return [event(number, each) for number, each in enumerate(made, 1)]


def spans(states: dict[str, object]) -> list[Span]:
    read = reader(states)
    return [each.span for release in RELEASES for each in observed.residences_of(read, release)]


def stood(history: list[Event]) -> set[tuple[object, ...]]:
    """What stood where without a digest, and since which event."""
    found = observed.residences_of(reader(replayed(told(history))), "")
    return {(each.place, each.spelling, each.foreign, each.span.first, each.span.begun) for each in found}


@given(histories(UNKNOWN), st.data())
def test_no_later_event_changes_what_stood_without_a_digest(
    history: list[Event], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(history)))
    assert stood(history[:cut]) <= stood(history)
    assert stood(history) == {
        (each.place, each.spelling, each.foreign, each.span.first, each.span.begun)
        for each in observed.residences_of(reader(fold({}, *history)), "")
    }


@given(histories(), st.data())
def test_folding_in_pieces_gives_the_same(history: list[Event], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(history)))
    assert fold(fold({}, *history[:cut]), *history[cut:]) == replayed(told(history))


@given(histories())
def test_observed_time_is_never_more_than_there_was(history: list[Event]) -> None:
    for span in spans(replayed(told(history))):
        assert 0 <= span.observed <= (span.last - span.first).total_seconds()
        kept = sum((each.end - each.start for each in span.intervals), timedelta())
        assert kept.total_seconds() == span.observed
        assert all(a.end <= b.start for a, b in pairwise(span.intervals))
        assert span.gone is None or span.gone >= span.last
        assert len(span.intervals) == span.pieces


@given(histories())
def test_seeing_the_same_again_at_the_same_time_adds_nothing(history: list[Event]) -> None:
    again = [each for one in history for each in (one, one)]
    assert replayed(told(again)) == replayed(told(history))


@given(histories())
def test_an_observation_less_at_the_beginning_never_lengthens_a_soak(history: list[Event]) -> None:
    whole, without = replayed(told(history)), replayed(told(history[1:]))
    for release in RELEASES:
        longest = [
            sum(each.span.observed for each in observed.residences_of(reader(states), release))
            for states in (without, whole)
        ]
        if history == sorted(history, key=lambda each: each.time):
            assert longest[0] <= longest[1]


@given(histories())
def test_what_is_now_is_what_the_latest_observation_saw(history: list[Event]) -> None:
    history.sort(key=lambda each: each.time)
    states = replayed(told(history))
    read = reader(states)
    now = {
        (each.place, release)
        for release in RELEASES
        for each in observed.residences_of(read, release)
        if each.span.current
    }
    last = {each.place: each for _, each in told(history)}
    assert now == {(place, each.digest) for place, found in last.items() for each in found.images}
    assert now == {(each.place, each.digest) for each in observed.residences_now(read)}


@settings(max_examples=examples(30))
@given(histories())
def test_every_residence_has_one_end_or_is_there_now(history: list[Event]) -> None:
    read = reader(replayed(told(history)))
    for release in RELEASES:
        found = observed.residences_of(read, release)
        for place in {each.place for each in found}:
            here = [each for each in found if each.place == place]
            assert sum(each.span.current for each in here) <= 1
            assert all(each.span.ended in (None, "replaced", "restored", "retired") for each in here)
