"""What of an inventory is recalled: for each image at a place the recalls that it falls under."""

from collections.abc import Sequence
from datetime import datetime

from ldmrelease.domain.streams import HOLDS
from ldmrelease.services.acts.held_images import HeldImage, HeldImages
from ldmrelease.services.acts.holds import known_holds
from ldmrelease.services.inventory.where import PlaceComponent, PlaceRow
from ldmrelease.services.needs import ConditionSources


def recalled_rows(
    context: ConditionSources, rows: Sequence[PlaceRow], at: datetime
) -> list[tuple[HeldImage, ...]]:
    """The recalls that stood at a time, for each row in their order; none for a place that nobody has observed."""
    if not context.ledger.version(HOLDS):
        return [()] * len(rows)
    images = HeldImages(context, (each for each in known_holds(context) if each.stands(at)))
    seen = [each for each in rows if isinstance(each, PlaceComponent)]
    held = iter(images.of_rows(context, seen))
    return [next(held) if isinstance(each, PlaceComponent) else () for each in rows]
