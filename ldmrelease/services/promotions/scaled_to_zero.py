"""Places that a release was admitted to where nothing is to run: they have it, and nothing there passed anything."""

from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.topology import Application
from ldmrelease.services.inventory.observations import is_of
from ldmrelease.services.inventory.receipts import admissions
from ldmrelease.services.needs import PlaceObserving
from ldmrelease.services.releases.pin import Pinned

SCALED_TO_ZERO = "scaled-to-zero"
"""The state of a place, and of an image there, that no pod is to run."""


def is_scaled_to_zero(context: PlaceObserving, application: Application, pinned: Pinned) -> bool:
    """Whether a promotion admitted the release there, its workloads name it, and none has a pod to run it now.
    Asks the cluster."""
    if all(each.found or each.emergency for each in admissions(context, application.place, pinned.digest)):
        return False
    from ldmrelease.services.inventory.observe import observe  # noqa: PLC0415 - knows clusters

    seen = observe(context, application)
    if not isinstance(seen, Observation):
        return False
    images = [each for each in seen.images if each.product == pinned.release.product]
    return bool(images) and all(
        each.state == SCALED_TO_ZERO and is_of(each, pinned.release) for each in images
    )
