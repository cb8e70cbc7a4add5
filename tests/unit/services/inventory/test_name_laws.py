"""Names do not change under the reader, whatever happens afterwards: pins, revisions, promotions, hand-made changes.

Hypothesis draws what happens in the world of `promotion_world`: everything real but images, targets and time. After
each event every image that was ever observed is named again: whatever had a name keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.topology import Place
from ldmrelease.registry.sample import put_sample_image
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.inventory.history import history
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observations import counted_observations
from ldmrelease.services.inventory.observe import observation_event, observe
from ldmrelease.services.promotions.commands import promote
from ldmrelease.services.releases.pin import Pinned, pin, stored_pin
from ldmrelease.services.releases.store import store_pin
from tests.examples import examples
from tests.unit.services.promotions.promotion_world import (
    AT_FIRST,
    BY_HAND,
    DEV,
    PLACES,
    PRODUCT,
    RELEASES,
    World,
    made,
    quiet,
    scripted,
)
from tests.unit.services.promotions.scripted_check import Script

TAGS = (AT_FIRST, BY_HAND, *RELEASES, "1.3.0")


class Pin(Struct, frozen=True):
    """Somebody pins a tag, which has the image of another tag, or a new one, since then."""

    tag: str
    image: str


class Bring(Struct, frozen=True):
    """Somebody promotes a release, or rolls back to it; its check may fail, so that it is taken back."""

    tag: str
    target: str
    intent: Intent
    passes: bool


class Edit(Struct, frozen=True):
    """Somebody edits a place by hand."""

    place: Place
    tag: str


class Look(Struct, frozen=True):
    """Every place is observed, later."""

    minutes: int


Act = Pin | Bring | Edit | Look
_TAGS = st.sampled_from(TAGS)
ACTS = st.one_of(
    st.builds(Pin, _TAGS, st.sampled_from([*TAGS, "new", "newer"])),
    st.builds(
        Bring,
        _TAGS,
        st.sampled_from(["dev/app", "development"]),
        st.sampled_from([Intent.PROMOTE, Intent.ROLLBACK]),
        st.sampled_from([True, True, False]),
    ),
    st.builds(Edit, st.sampled_from(PLACES), _TAGS),
    st.builds(Look, st.sampled_from([1, 61])),
    st.builds(Look, st.sampled_from([1, 61])),
)
Names = dict[tuple[int, str], str]


def names(context: Context) -> Names:
    """What has a name, by the event that saw it and its digest."""
    found: Names = {}
    known = ImageNames(context)
    for each in counted_observations(context):
        for image in each.observation.images:
            named = known.of_observed(each.observation.place, image, each.sequence)
            if named.pin is not None:
                found[each.sequence, image.digest] = named.pin.release
    return found


def perform(world: World, act: Act) -> None:
    match act:
        case Edit(place, tag):
            world.write_by_hand(place, tag)
        case Pin(tag, image):
            repository = world.registries.open(parse_reference("oci:images/server"))
            put_sample_image(repository, tag, seed=image, layers=(8,))
            with world.process("ann") as context:
                found = pin(context, PRODUCT, tag)
                assert isinstance(found, Pinned)
                store_pin(context, found, "again")
        case Look(minutes):
            world.pass_time(minutes)
            with world.process("ann") as context:
                for each in context.topology.applications:
                    context.append([observation_event(context, observe(context, each))])
        case Bring(tag, target, intent, passes):
            Script.passes = passes
            with world.process("ann") as context:
                pinned = stored_pin(context, PRODUCT, tag)
                if pinned is not None:
                    promote(context, PromotionSpec(pinned, target, intent), quiet)


@pytest.fixture(autouse=True)
def _scripted() -> Iterator[None]:
    with scripted():
        yield


@settings(
    max_examples=examples(40),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(ACTS, min_size=4, max_size=12))
def test_nothing_that_happens_later_changes_an_earlier_answer(acts: list[Act]) -> None:
    world = World(made(), lambda *_: None)
    before: Names = {}
    for act in acts:
        perform(world, act)
        with world.process("ann") as context:
            now = names(context)
        assert {key: now.get(key) for key in before} == before, act
        before = now


def test_a_rebuilt_tag_and_a_shared_image_rename_nothing_that_was_let_in() -> None:
    """What the law is about, played once by hand."""
    world = World(made(), lambda *_: None)
    perform(world, Bring("1.1.0", "dev/app", Intent.PROMOTE, True))
    perform(world, Pin("1.3.0", "1.1.0"))
    perform(world, Pin("1.1.0", "new"))
    perform(world, Look(61))
    with world.process("ann") as context:
        (row,) = [each for each in history(context, place=DEV) if each.ended is None]
    assert (row.release, row.named, row.observed) == ("app/1.1.0", "admitted", 61 * 60)
