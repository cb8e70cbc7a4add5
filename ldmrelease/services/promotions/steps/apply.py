"""Apply: make the target hold what is wanted, by compare-and-swap under the fence."""

from typing import Any

from ldmrelease.domain.errors import Unavailable
from ldmrelease.services.deployments.desired import said_images
from ldmrelease.services.promotions import writes
from ldmrelease.services.promotions.work import StepDone, StepResult, Work, step_failure
from ldmrelease.targets.results import Refusal


def act(work: Work) -> StepResult:
    """Write; finding it written already is done too, finding a third value is a refusal that names who."""
    planned = writes.planned_edits(work)
    if not isinstance(planned, writes.PlannedEdits):
        return step_failure(planned)
    answer = writes.write(work, planned)
    if isinstance(answer, Refusal | Unavailable):
        return step_failure(answer)
    result: dict[str, Any] = {"revision": answer.revision, "lines": answer.lines, "found": answer.found}
    images = said_images(work.application.target, planned.then)
    result |= {"images": images} if images else {}
    result |= {"fields": list(answer.fields)} if answer.fields else {}
    return StepDone(result if answer.unsynced is None else {**result, "unsynced": answer.unsynced})
