"""Apply: make the target hold what is wanted, by compare-and-swap under the fence."""

from typing import Any

from ldmrelease.domain.errors import Unavailable
from ldmrelease.services.deployments.desired import holds, said_images
from ldmrelease.services.promotions import writes
from ldmrelease.services.promotions.work import StepDone, StepFailed, StepResult, Work, step_failure
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal


def act(work: Work) -> StepResult:
    """Write; finding it written already is done too, finding a third value is a refusal that names who."""
    planned = writes.planned_edits(work)
    if not isinstance(planned, writes.PlannedEdits):
        return step_failure(planned)
    if work.here.withdrawal() is not None and not holds(planned.wanted, planned.there):
        # Others have merged it: what somebody has changed since is not written past them.
        return StepFailed("changed-since-merge", {"file": registry.where(work.application.target)})
    answer = writes.write(work, planned)
    if isinstance(answer, Refusal | Unavailable):
        return step_failure(answer)
    result: dict[str, Any] = {"revision": answer.revision, "lines": answer.lines, "found": answer.found}
    images = said_images(work.application.target, planned.then)
    result |= {"images": images} if images else {}
    result |= {"fields": list(answer.fields)} if answer.fields else {}
    return StepDone(result if answer.unsynced is None else {**result, "unsynced": answer.unsynced})
