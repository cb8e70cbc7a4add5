"""Places where a release is written and nothing is to run: they have it, and nothing there passed anything."""

from ldmrelease.domain.acts import Observation
from ldmrelease.domain.places import Application
from ldmrelease.services.observe import observe
from ldmrelease.services.pin import Pinned
from ldmrelease.services.workbench import Workbench

IDLE = "idle"
"""The state of a place, and of an image there, that no pod is to run."""


def is_idle(bench: Workbench, application: Application, pinned: Pinned) -> bool:
    """Whether its workloads name the release now, and none has a pod to run it. Asks the cluster."""
    if application.workloads is None or application.observe != "pods":
        return False
    seen = observe(bench, application)
    if not isinstance(seen, Observation):
        return False
    images = [each for each in seen.images if each.product == pinned.release.product]
    return bool(images) and all(each.state == IDLE and each.release == pinned.digest for each in images)
