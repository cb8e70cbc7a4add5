"""Pull: the nodes of the site fetch the images before anything is switched.

It saves time and is not needed for correctness: where it may not be done, that is said and the promotion goes on.
An image that a node cannot fetch is another matter: its pods would not start either.
"""

from collections.abc import Iterator
from typing import Any

from ldmrelease.cluster.client.errors import BadAccess, ClusterError
from ldmrelease.cluster.objects.workloads import Workload, find, pod_spec
from ldmrelease.cluster.prepull import NotPulled, PrepullRequest, prepull
from ldmrelease.domain.site_registry import site_repository
from ldmrelease.domain.workload_selection import WorkloadKind, Workloads
from ldmrelease.services.promotions.work import StepDone, StepFailed, StepResult, Work


def act(work: Work) -> StepResult:
    """Wait until every node that may run them has the images, or say why that was not done."""
    workloads = work.application.workloads
    if workloads is None:
        return StepDone({"skipped": "no-workloads"})
    try:
        return _pull(work, workloads)
    except (BadAccess, ClusterError) as error:
        return error.unavailable


def _pull(work: Work, workloads: Workloads) -> StepResult:
    """Raises `BadAccess` and `ClusterError`."""
    api = work.context.clusters.open(workloads.cluster)
    images = _images(work)
    # What is wrong with the selections is found when planning, and again by the target.
    wanted = [_wanted(each, images) for each in find(api, workloads).workloads]
    answer = prepull(
        api,
        workloads.namespace,
        wanted,
        work.owner,
        deadline=workloads.deadline,
        progress=lambda done, of: work.progress(
            "pulling", {"place": str(work.step.place), "done": done, "of": of}
        ),
    )
    if isinstance(answer, NotPulled):
        return _not_pulled(answer)
    left: dict[str, Any] = {"left": dict(answer.left)} if answer.left else {}
    return StepDone({"nodes": list(answer.nodes), "seconds": answer.seconds, **left})


def _not_pulled(answer: NotPulled) -> StepResult:
    if answer.code == "pull-failed":
        return StepFailed("pull-failed", answer.values)
    return StepDone({"skipped": answer.code, **answer.values})


def _images(work: Work) -> dict[str, str]:
    """By component: the image as the site's nodes pull it."""
    registry, release = work.step.parameters["registry"], work.pinned.release
    named = work.step.parameters["components"]
    return {
        each.name: f"{site_repository(each.source, registry)}@{each.digest}"
        for each in release.images
        if each.name in named
    }


def _wanted(workload: Workload, images: dict[str, str]) -> PrepullRequest:
    found = sorted(set(_images_of(workload, images)))
    is_daemon = workload.kind is WorkloadKind.DAEMON_SET
    return PrepullRequest(tuple(found), pod_spec(workload.kind, workload.manifest), is_daemon)


def _images_of(workload: Workload, images: dict[str, str]) -> Iterator[str]:
    for component in workload.components.values():
        if component in images:
            yield images[component]
