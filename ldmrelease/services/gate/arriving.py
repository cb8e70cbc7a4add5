"""What a change brings in beside what runs: the releases before and after, place by place."""

from collections.abc import Iterable

from msgspec import Struct

from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.gate.merge import MergedImage
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.running_release import running_release
from ldmrelease.services.needs import ReleaseHistory
from ldmrelease.services.releases.compare import Comparison, compare
from ldmrelease.services.releases.pin import Pinned, stored_release


class ArrivingRelease(Struct, frozen=True):
    """A release that comes to places, compared with the one that runs there, or that was asked for before."""

    places: tuple[Place, ...]
    comparison: Comparison


def arriving(context: ReleaseHistory, images: Iterable[MergedImage]) -> tuple[ArrivingRelease, ...]:
    """What comes in with these images, each pair of releases once; where nobody knows what was there before, nothing
    is said."""
    names = ImageNames(context)
    found: dict[tuple[str, str], ArrivingRelease] = {}
    for each in images:
        pinned = each.judged.pinned
        application = each.application
        if pinned is None or application is None or each.after is None or each.after.alias is not None:
            continue
        before = _before(context, names, application, each)
        if before is None or before.digest == pinned.digest:
            continue
        key, place = (before.digest, pinned.digest), application.place
        known = found.get(key) or ArrivingRelease((), compare(before, pinned))
        if place not in known.places:
            found[key] = ArrivingRelease((*known.places, place), known.comparison)
    return tuple(found.values())


def _before(
    context: ReleaseHistory, names: ImageNames, application: Application, image: MergedImage
) -> Pinned | None:
    """What runs, by what was seen last; where nobody has looked, what was asked for."""
    name = running_release(context, names, application, image.component) or image.previous_release
    return stored_release(context, name) if name is not None else None
