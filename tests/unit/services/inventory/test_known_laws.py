"""What ran at a time, by what was known at another: the ledger as it was answers as it did, whatever came later.

The acts and the world are those of `test_name_laws`: pins, promotions, rollbacks, hand-made changes, observations.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.times import spell
from ldmrelease.services.context import ReadContext
from ldmrelease.services.inventory.dayobs_stretches import RanFor, stretches
from ldmrelease.services.inventory.known_at import as_known, last_known
from ldmrelease.services.inventory.where import PlaceComponent, PlaceRow, where
from ldmrelease.services.inventory.where_at import where_at
from tests.examples import examples
from tests.unit.services.inventory.test_name_laws import ACTS, Act, Bring, Edit, Look, Pin, perform
from tests.unit.services.promotions.promotion_world import BEGIN, DEV, World, made, scripted

MOMENTS = st.integers(-90, 60 * 24).map(lambda minutes: BEGIN + timedelta(minutes=minutes))


@pytest.fixture(autouse=True)
def _scripted() -> Iterator[None]:
    with scripted():
        yield


def rows_at(context: ReadContext, moment: datetime) -> list[PlaceRow]:
    return list(where_at(context, moment, context.topology.applications))


def component(context: ReadContext, moment: datetime) -> PlaceComponent:
    found = rows_at(context, moment)[0]
    assert isinstance(found, PlaceComponent)
    return found


def known_size(world: World, moment: datetime) -> int:
    return sum(each.time <= moment for each in world.ledger.events())


@settings(
    max_examples=examples(40),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(ACTS, min_size=4, max_size=12), st.lists(st.tuples(MOMENTS, MOMENTS), min_size=1, max_size=4))
def test_what_was_known_at_a_time_is_what_a_ledger_cut_then_knows(
    acts: list[Act], questions: list[tuple[datetime, datetime]]
) -> None:
    world = World(made(), lambda *_: None)
    answered = {}
    for act in acts:
        perform(world, act)
        with world.process("ann") as context:
            # What was asked in the same second may have been answered before the last that it knew.
            answered[world.now] = list(where(context, now=world.now))
    moments = [*questions, *((each, each) for each in answered)]
    with world.process("ann") as context:
        told = [rows_at(as_known(context, known), at) for at, known in moments]
    for (at, known), rows in zip(moments, told, strict=True):
        if size := known_size(world, known):
            with world.cut_to(size), world.process("ann") as context:
                assert rows == rows_at(context, at)
    with world.process("ann") as context:
        assert {each: rows_at(as_known(context, each), each) for each in answered} == answered


def test_a_receipt_a_pin_and_an_observation_that_came_later_are_not_known() -> None:
    """What the law is about, played once by hand."""
    world = World(made(), lambda *_: None)
    perform(world, Edit(DEV, "0.9.1"))
    perform(world, Look(61))
    seen = world.now
    world.pass_time(1)
    perform(world, Pin("1.3.0", "0.9.1"))
    perform(world, Bring("1.1.0", "dev/app", Intent.PROMOTE, True))
    with world.process("ann") as context:
        then, now = component(as_known(context, seen), seen), component(context, seen)
        after = component(context, world.now)
    assert (then.release, then.next, then.gone) == (None, None, False)
    # A later pin names what had no name; the next observation saw another image.
    assert (now.release, now.next, now.gone) == ("app/1.3.0", spell(world.now), True)
    assert (after.release, after.gone, after.promotion) == ("app/1.1.0", False, world.promotions()[0])


def test_rows_that_nobody_signed_do_not_say_what_was_known() -> None:
    """Their times are anybody's: here one is far ahead of those behind it, and one long before."""
    world = World(made(), lambda *_: None)
    perform(world, Look(1))
    before = world.ledger.head().size
    for at in (world.now + timedelta(days=36500), BEGIN):
        row = NewEvent("junk", "junk", {})
        world.ledger.append([row], at=at, actor="eve", bounds=lambda each: each.kind == "ledger.created")
    perform(world, Look(1))
    with world.process("ann") as context:
        whole = world.ledger.head().size
        assert last_known(context.ledger, context.records, world.now) == whole
        assert (
            before
            <= last_known(context.ledger, context.records, world.now - timedelta(seconds=1))
            <= before + 2
        )
        assert last_known(context.ledger, context.records, BEGIN - timedelta(seconds=1)) == 0


@settings(
    max_examples=examples(40),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(ACTS, min_size=4, max_size=12), st.tuples(MOMENTS, MOMENTS), st.lists(MOMENTS, max_size=6))
def test_a_stretch_of_time_tells_for_every_moment_what_was_there_then(
    acts: list[Act], limits: tuple[datetime, datetime], moments: list[datetime]
) -> None:
    world = World(made(), lambda *_: None)
    seen = []
    for act in acts:
        perform(world, act)
        seen += [world.now, world.now - timedelta(seconds=1)]
    begin, end = min(limits), max(limits) + timedelta(seconds=1)
    with world.process("ann") as context:
        found = list(stretches(context, context.topology.applications, begin, end))
        for each in found:
            assert begin <= each.start <= each.end <= end
        for moment in {*moments, *seen}:
            if begin <= moment < end:
                told = {_plain(each) for each in rows_at(context, moment) if not _is_unobserved(each)}
                assert {
                    _plain(each.image) for each in found if isinstance(each, RanFor) and _ran(each, moment)
                } == told
                gaps = [
                    each for each in found if not isinstance(each, RanFor) and each.start <= moment < each.end
                ]
                assert told.isdisjoint((str(each.place),) for each in gaps)
                unseen = {each.place for each in rows_at(context, moment) if _is_unobserved(each)}
                assert unseen == {each.place for each in gaps if moment != each.last}


def _is_unobserved(row: PlaceRow) -> bool:
    return not isinstance(row, PlaceComponent) or row.state == "unobserved"


def _plain(row: PlaceRow) -> tuple[object, ...]:
    assert isinstance(row, PlaceComponent)
    return row.place, row.component, row.digest or row.spelling, row.release, row.revision


def _ran(row: RanFor, moment: datetime) -> bool:
    # Of observations of one second the newest tells what was there then.
    seen_last = not row.gone and spell(moment) == row.image.last
    return row.start <= moment < row.end or (seen_last and moment == row.end)
