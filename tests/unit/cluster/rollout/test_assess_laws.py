"""Laws of judging a rollout, whatever pods there are."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ldmrelease.cluster.objects.pods import Related
from ldmrelease.cluster.rollout.assess import assess
from ldmrelease.cluster.rollout.status import Healthy, Status
from ldmrelease.domain.workload_selection import WorkloadKind
from tests.examples import examples
from tests.unit.cluster.sample_objects import (
    CONFIG,
    IDENTITY,
    INDEX,
    MANIFEST,
    OLD,
    WANTED,
    Object,
    deployment,
    of_deployment,
    pod,
    read,
)


def judged(manifest: Object, related: Related) -> Status:
    return assess(read(WorkloadKind.DEPLOYMENT, manifest), related, WANTED)


# Most pods are as they should be, so that what is wrong is often all that is wrong.
digests = st.sampled_from([INDEX, MANIFEST, CONFIG, INDEX, OLD, "sha256:" + "8" * 64])
images = st.builds("{}@{}".format, st.sampled_from(["prod", "app"]), digests)
pods = st.builds(
    pod,
    st.uuids().map(str),
    images,
    images,
    by=st.sampled_from([("ReplicaSet", name) for name in ("new", "new", "new", "new", "old", "elsewhere")]),
    ready=st.sampled_from([True, True, True, False]),
    phase=st.sampled_from(["Running", "Running", "Running", "Pending", "Failed", "Succeeded"]),
)


def is_right(found: Object) -> bool:
    told = found["status"]["containerStatuses"][0]
    named = found["spec"]["containers"][0]["image"]
    return told["imageID"][-71:] in IDENTITY and named[-71:] in IDENTITY and told["ready"]


@settings(max_examples=examples(400))
@given(st.lists(pods, max_size=3), st.integers(0, 2))
def test_it_never_ran_with_a_live_pod_that_is_not_right(found: list[Object], replicas: int) -> None:
    verdict = judged(deployment(replicas=replicas), of_deployment(*found))
    owned = [each for each in found if each["metadata"]["ownerReferences"][0]["name"] != "elsewhere"]
    live = [each for each in owned if each["status"]["phase"] in ("Running", "Pending")]
    new = [each for each in live if each["metadata"]["ownerReferences"][0]["name"] == "new"]
    ran = len(new) == len(live) >= replicas > 0 and all(map(is_right, new))
    assert isinstance(verdict, Healthy) == ran


@given(st.lists(pods, max_size=5).flatmap(lambda each: st.tuples(st.just(each), st.permutations(each))))
def test_the_order_of_the_pods_does_not_matter(both: tuple[list[Object], list[Object]]) -> None:
    one, other = (judged(deployment(), of_deployment(*each)) for each in both)
    assert one == other
