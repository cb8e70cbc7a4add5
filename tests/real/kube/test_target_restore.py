"""A restore brings back what ran, also where a pod of the failed release is in the way."""

from pathlib import Path

import pytest

from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.targets import registry
from ldmrelease.targets.results import Written
from tests.real.gitops.site import Promoter
from tests.real.kube import objects
from tests.real.kube.api import Kube, Object
from tests.real.kube.given import Cluster
from tests.real.kube.images import push_image
from tests.real.kube.target_site import create, selection, site

pytestmark = pytest.mark.real


def has_no_image(pod: Object) -> bool:
    said = pod.get("status", {}).get("containerStatuses", ())
    reasons = {each.get("state", {}).get("waiting", {}).get("reason") for each in said}
    return bool(reasons & {"ErrImagePull", "ImagePullBackOff"})


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_what_ran_runs_again_after_an_image_that_is_not_there(
    cluster: Cluster,
    kube: Kube,
    namespace: str,
    cluster_access: ClusterAccess,
    tmp_path: Path,
    kind: str,
):
    good = push_image(cluster.registry, "targets/app", "good", seed="good").by_digest
    absent = good.partition("@")[0] + "@sha256:" + "0" * 64
    spec = objects.pod_spec([objects.container("main", good)])
    make = objects.deployment if kind == "Deployment" else objects.stateful_set
    create(kube, make(namespace, "queue", spec))
    kube.until(kind, namespace, "queue", objects.rolled_out)
    queue = site(kube, namespace, cluster_access, tmp_path, selection(kind, "queue"))
    before = queue.snapshot().values
    assert isinstance(queue.write(absent, expect=good), Written)
    for _, pod in kube.watch("Pod", namespace):
        if has_no_image(pod):
            break
    restored = registry.restore(
        queue.target, before, dict.fromkeys(before, absent), queue.access, Promoter().grant()
    )
    assert isinstance(restored, Written)
    kube.until(kind, namespace, "queue", objects.rolled_out)
