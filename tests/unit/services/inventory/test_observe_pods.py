"""What pods run, as images of a component: by digest, wherever it came from, and where it came from is told."""

from types import SimpleNamespace
from typing import Any

import pytest

from ldmrelease.cluster.rollout.snapshot import ContainerSnapshot, PodCount, RolloutSnapshot, WorkloadSnapshot
from ldmrelease.cluster.rollout.status import Healthy, ScaledToZero
from ldmrelease.domain.events.place import ObservedImage
from ldmrelease.domain.images import digest_of
from ldmrelease.domain.targets import KubernetesTarget
from ldmrelease.domain.topology import (
    Application,
    ComponentKind,
    ComponentSource,
    Place,
    Product,
)
from ldmrelease.domain.workload_selection import ClusterAccess, Selection, WorkloadKind, Workloads
from ldmrelease.services.inventory import observe_pods as observing

OURS, THEIRS = (digest_of(each) for each in (b"ours", b"theirs"))
SOURCE, EVIL = "ghcr.io/shop/carts", "evil.example/mallory/carts"
WORKLOADS = Workloads(
    ClusterAccess("kind"), "shop", (Selection(WorkloadKind.DEPLOYMENT, {"main": "carts"}, "carts"),)
)
APPLICATION = Application(
    Place("prod", "carts"),
    "production",
    ("shop/carts",),
    KubernetesTarget(WORKLOADS),
    workloads=WORKLOADS,
    mirrors=("mirror.example/ghcr",),
)
TOPOLOGY: Any = SimpleNamespace(
    products=(Product("shop", "semver", (ComponentSource("carts", ComponentKind.IMAGE, SOURCE, "{image}"),)),)
)


class Registries:
    """The source has our image under every tag; nobody may ask anywhere else."""

    def open(self, reference: Any) -> Any:
        assert reference.name == SOURCE
        return SimpleNamespace(resolve=lambda _: SimpleNamespace(digest=OURS))


def seen(image: str, *running: str) -> WorkloadSnapshot:
    workload: Any = SimpleNamespace(key="Deployment/carts", uid="u1", generation=1)
    counts = {each: PodCount(1, 1) for each in running}
    container = ContainerSnapshot("main", "carts", image, {image: 1}, counts)
    return WorkloadSnapshot(workload, (container,), Healthy("ready") if running else ScaledToZero("zero"))


def observed(monkeypatch: pytest.MonkeyPatch, workload: WorkloadSnapshot) -> ObservedImage:
    monkeypatch.setattr(observing, "snapshot", lambda *_: RolloutSnapshot((workload,)))
    context: Any = SimpleNamespace(
        clusters=SimpleNamespace(open=lambda _: None), topology=TOPOLOGY, registries=Registries()
    )
    sightings: Any = SimpleNamespace(digest=lambda _component, digest, _tag: digest)
    found = observing.observe_pods(context, sightings, APPLICATION, WORKLOADS)
    assert isinstance(found, observing.ObservedPods), found
    (image,) = found.images
    return image


@pytest.mark.parametrize("image", [f"{SOURCE}:1.0.0", "mirror.example/ghcr/shop/carts:1.0.0"])
def test_what_runs_from_the_source_or_a_mirror_is_no_finding(
    monkeypatch: pytest.MonkeyPatch, image: str
) -> None:
    found = observed(monkeypatch, seen(image, OURS))
    assert (found.digest, found.spelling, found.ready, found.foreign) == (OURS, "1.0.0", True, None)


@pytest.mark.parametrize("image", [f"{EVIL}:1.0.0", f"{EVIL}@{OURS}", EVIL, f"{EVIL}:1.0.0@{OURS}"])
def test_the_same_digest_from_elsewhere_is_the_same_image_and_a_finding(
    monkeypatch: pytest.MonkeyPatch, image: str
) -> None:
    found = observed(monkeypatch, seen(image, OURS))
    assert (found.digest, found.spelling, found.ready) == (OURS, image, True)
    assert found.foreign is not None
    assert (found.foreign.file, found.foreign.path, found.foreign.found) == (
        "kind/shop",
        "Deployment/carts/main",
        EVIL,
    )
    assert found.foreign.expected == (SOURCE, "mirror.example/ghcr/shop/carts")


def test_another_digest_from_elsewhere_is_known_by_that_digest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    found = observed(monkeypatch, seen(f"{EVIL}:1.0.0", THEIRS))
    assert (found.digest, found.spelling) == (THEIRS, f"{EVIL}:1.0.0")


@pytest.mark.parametrize("image", [f"{EVIL}:1.0.0", f"{EVIL}@{OURS}"])
def test_what_a_workload_would_fetch_from_elsewhere_is_nothing_of_ours(
    monkeypatch: pytest.MonkeyPatch, image: str
) -> None:
    found = observed(monkeypatch, seen(image))
    assert (found.digest, found.spelling, found.ready, found.state) == ("", image, False, "scaled-to-zero")
    assert found.foreign is not None
