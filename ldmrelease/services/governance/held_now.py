"""What trees ask for and clusters run now that is recalled there."""

from collections.abc import Sequence

from msgspec import Struct

from ldmrelease.domain.streams import HOLDS
from ldmrelease.domain.topology import Place
from ldmrelease.services.acts.held_images import HeldImage, HeldImages
from ldmrelease.services.acts.holds import known_holds
from ldmrelease.services.governance.affected import said_now
from ldmrelease.services.inventory.comparison import LiveComponent
from ldmrelease.services.needs import HoldEffects


class HeldNow(Struct, frozen=True):
    """A component at a place with a recall that it falls under. `desired`: what is committed there names it; else a
    cluster runs it.
    """

    place: Place
    product: str
    component: str
    desired: bool
    held: HeldImage


def held_now(context: HoldEffects, heard: Sequence[LiveComponent]) -> tuple[HeldNow, ...]:
    """Each recall that stands for what was heard of places, once for each component, and for tree and cluster."""
    if not context.ledger.version(HOLDS):
        return ()
    now = context.now()
    images = HeldImages(context, (each for each in known_holds(context) if each.stands(now)))
    said = list(said_now(context, heard))
    held = images.of_rows(context, [each.row for each in said])
    found = {
        HeldNow(each.row.place, each.row.product, each.row.component, each.desired, one): None
        for each, some in zip(said, held, strict=True)
        for one in some
    }
    return tuple(found)
