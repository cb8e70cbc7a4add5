"""A place's history from the ends of unbroken rows is the same, to the byte, as from all of its observations."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event, EventKind, NewEvent
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.streams import observation_stream
from ldmrelease.domain.topology import Place
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.projections.residences import Reading, Seen, replayed
from ldmrelease.services.context import Context
from ldmrelease.services.inventory.observations import counted_observations
from ldmrelease.services.inventory.observed_rows import observed_rows
from ldmrelease.services.inventory.sightings import Sightings

NOON = datetime(2023, 4, 20, 12, tzinfo=UTC)
EVERY = 3600
PLACE = Place("summit", "ocps")
W15, W16 = "sha256:" + "5" * 64, "sha256:" + "6" * 64


def image(digest: str, spelling: str = "w", ready: bool = True) -> ObservedImage:
    return ObservedImage("stack", "scipipe", digest, spelling, ready)


SEEN = (
    (image(W15),),
    (image(W16),),
    (image(W15), image(W16)),
    (image(W15, "other"),),
    (image(W15, ready=False),),
    (),
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = init_workspace(tmp_path_factory.mktemp("rows"), "rubin", NOON - timedelta(days=1))
    return load_workspace(made.file)


class Watch:
    """Looks at a place again and again, and knows what time it is."""

    def __init__(self, workspace: Workspace) -> None:
        self.now = NOON
        ledger = MemoryLedger.created(at=NOON, actor="alice", projectors=PROJECTORS)
        self.context = Context(workspace, ledger, workspace.keyring, workspace.levels, lambda: self.now)
        application = workspace.topology.application(PLACE)
        assert application is not None
        self.application = application

    def look(self, images: tuple[ObservedImage, ...], cause: str | None = None) -> Observation:
        sightings = Sightings(self.context, self.application)
        seen = Observation(
            PLACE, self.now, "pods", "r", sightings.since(images, self.now), every=EVERY, cause=cause
        )
        return replace(seen, row=sightings.row(seen))

    def tell(self, seen: Observation) -> None:
        self.context.append([new_event(seen)])

    def junk(self) -> None:
        stream = observation_stream(PLACE)
        self.context.ledger.append([NewEvent(EventKind.OBSERVED, stream, {"x": 1})], at=self.now, actor="x")

    def other_events(self) -> None:
        self.context.ledger.append([NewEvent("test", "elsewhere")], at=self.now, actor="x")

    def all(self) -> list[Seen]:
        return [Seen(each.sequence, each.observation) for each in counted_observations(self.context, PLACE)]

    def rows(self, turns: tuple[int, ...] = ()) -> list[Seen]:
        return observed_rows(self.context, PLACE, turns)


def told(seen: list[Seen], turns: tuple[int, ...] = ()) -> bytes:
    def label(_place: Place, _image: ObservedImage, at: int) -> str:
        return str(sum(turn <= at for turn in turns))

    def counts(_place: Place, _image: ObservedImage, at: int) -> bool:
        return sum(turn <= at for turn in turns) % 2 == 0

    found = [replayed(seen), replayed(seen, Reading(label=label)), replayed(seen, Reading(counts=counts))]
    return canonical.encode([sorted(map(list, each.items())) for each in found])


STEP = st.one_of(
    st.tuples(
        st.just("look"),
        st.sampled_from((0, 1, 600, EVERY - 1, EVERY, EVERY + 1, 3 * EVERY)),
        st.sampled_from(SEEN),
        st.sampled_from((None, None, "apply", "restore", "retire")),
    ),
    # The same again, which rows are made of.
    st.tuples(st.just("again"), st.integers(min_value=2, max_value=9), st.sampled_from(SEEN), st.just(None)),
    st.tuples(
        st.sampled_from(("junk", "other", "two at once", "late")),
        st.just(0),
        st.sampled_from(SEEN),
        st.none(),
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=14), turns=st.lists(st.integers(min_value=1, max_value=60), max_size=4))
def test_rows_tell_what_all_observations_tell(
    workspace: Workspace, steps: list[Any], turns: list[int]
) -> None:
    watch = Watch(workspace)
    for what, number, images, cause in steps:
        if what == "look":
            watch.now += timedelta(seconds=number)
            watch.tell(watch.look(images, cause))
        elif what == "again":
            for _ in range(number):
                watch.now += timedelta(seconds=EVERY // 2)
                watch.tell(watch.look(images))
        elif what == "junk":
            watch.junk()
        elif what == "other":
            watch.other_events()
        elif what == "two at once":
            first, second = watch.look(images), watch.look(SEEN[0])
            watch.tell(first)
            watch.tell(second)
        else:
            # Somebody was slow: what was seen a while ago is told now.
            seen = watch.look(images)
            watch.now += timedelta(seconds=300)
            watch.tell(watch.look(SEEN[1]))
            watch.tell(seen)
    everything, marks = watch.all(), tuple(turns)
    rows = watch.rows(marks)
    assert told(rows, marks) == told(everything, marks)
    assert {each.sequence for each in rows} <= {each.sequence for each in everything}


@contextmanager
def reads_counted(watch: Watch) -> Iterator[list[int]]:
    """The numbers of the events that are verified meanwhile."""
    read: list[int] = []
    records = watch.context.records
    verify = records.verify

    def noting(event: Event) -> Any:
        read.append(event.sequence)
        return verify(event)

    records.verify = noting  # type: ignore[method-assign]
    yield read
    del records.verify  # type: ignore[method-assign]


def test_a_long_row_is_read_at_its_ends(workspace: Workspace) -> None:
    watch = Watch(workspace)
    for images in (SEEN[0], SEEN[1]):
        for _ in range(60):
            watch.now += timedelta(seconds=EVERY)
            watch.tell(watch.look(images))
    with reads_counted(watch) as read:
        rows = watch.rows((90,))
    assert len(rows) == 6
    assert len(set(read)) == 6
    assert told(rows, (90,)) == told(watch.all(), (90,))


@pytest.mark.parametrize("other", [SEEN[1], SEEN[3], SEEN[4]])
def test_a_row_that_an_observer_made_up_is_not_believed(
    workspace: Workspace, other: tuple[ObservedImage, ...]
) -> None:
    watch = Watch(workspace)
    watch.tell(watch.look(SEEN[0]))
    watch.now += timedelta(seconds=EVERY)
    seen = watch.look(SEEN[0])
    assert seen.row is not None
    watch.tell(replace(seen, images=other))
    assert watch.rows() == watch.all()
    assert all(not each.unbroken for each in watch.rows())


def test_a_row_ends_where_another_observation_came_in_between(workspace: Workspace) -> None:
    watch = Watch(workspace)
    watch.tell(watch.look(SEEN[0]))
    late = watch.look(SEEN[0])
    assert late.row is not None
    watch.tell(watch.look(SEEN[1]))
    watch.tell(late)
    assert [each.observation.row for each in watch.all()] == [None, None, None]
