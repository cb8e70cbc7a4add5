"""Whose an image of a manifest is: by its repository, and of several places by the namespace of the object."""

from types import SimpleNamespace
from typing import Any

from ldmrelease.domain.decision import Outcome
from ldmrelease.domain.topology import (
    Application,
    ComponentKind,
    ComponentSource,
    Place,
    Product,
    Topology,
)
from ldmrelease.domain.workload_selection import (
    ClusterAccess,
    CustomResource,
    Selection,
    WorkloadKind,
    Workloads,
)
from ldmrelease.services.gate.managed_images import (
    ImageOwners,
    ManagedImage,
    UnmanagedImage,
    custom_images,
    owners_by_workspace,
)
from ldmrelease.services.gate.sync_problems import SyncProblem

_NO_TARGET: Any = None
DIGEST = f"sha256:{'ab' * 32}"


def application(name: str, namespace: str | None, *runs: str, registry: str | None = None) -> Application:
    custom = CustomResource("Workflow", "argoproj.io/v1", {"main": "spec.steps[build].image"}, {"a": "b"})
    selection = Selection(WorkloadKind.CUSTOM, {"main": "api"}, name="x", custom=custom)
    workloads = Workloads(ClusterAccess("c"), namespace, (selection,)) if namespace is not None else None
    return Application(
        Place("prod", name), "production", runs, _NO_TARGET, workloads=workloads, registry=registry
    )


def topology(*applications: Application) -> Topology:
    components = tuple(
        ComponentSource(each, ComponentKind.IMAGE, f"example.org/shop/{each}", "{git}")
        for each in ("api", "worker", "other")
    )
    return Topology((Product("shop", "semver", components),), applications)


def owners(*applications: Application, known: tuple[str, ...] = ()) -> ImageOwners:
    pins = SimpleNamespace(names_of=lambda digest: list(known) if digest == DIGEST else [])
    context: Any = SimpleNamespace(topology=topology(*applications), pins=pins)
    return owners_by_workspace(
        context, [each for each in applications if each.place.application != "elsewhere"]
    )


BLUE = application("blue", "blue", "shop/api", registry="site.example/mirror")
GREEN = application("green", "green", "shop/api", "shop/worker")
ELSEWHERE = application("elsewhere", None, "shop/other")


def places(found: object) -> list[str]:
    assert isinstance(found, tuple)
    assert all(isinstance(each, ManagedImage) for each in found)
    return [f"{each.place.application} {each.component}" for each in found]


def test_an_image_is_of_every_place_that_runs_its_component() -> None:
    asked = owners(BLUE, GREEN)
    assert places(asked.of(f"example.org/shop/api@{DIGEST}", None)) == ["blue api", "green api"]
    assert places(asked.of(f"example.org/shop/worker@{DIGEST}", "blue")) == ["green worker"]
    assert places(asked.of("component://api", None)) == ["blue api", "green api"]


def test_the_namespace_of_an_object_tells_places_apart() -> None:
    asked = owners(BLUE, GREEN)
    assert places(asked.of("example.org/shop/api:1", "green")) == ["green api"]
    assert places(asked.of("example.org/shop/api:1", "unknown")) == ["blue api", "green api"]


def test_an_image_of_a_sites_own_registry_is_that_sites() -> None:
    assert places(owners(BLUE, GREEN).of(f"site.example/mirror/shop/api@{DIGEST}", None)) == ["blue api"]


def test_what_is_no_image_of_the_places_is_told_apart() -> None:
    asked = owners(BLUE, GREEN, ELSEWHERE, known=("shop/1.0.0",))
    codes = {
        "example.org/shop/other:1": ("not-run-here", Outcome.FAILED),
        f"evil.example/api@{DIGEST}": ("foreign-image", Outcome.FAILED),
        "Not An Image": ("not-an-image", Outcome.FAILED),
        "component://unknown": ("unknown-component", Outcome.FAILED),
        "example.org/shop/api:$(TAG)": ("not-rendered", Outcome.ERRORED),
        "{{ .Values.image }}": ("not-rendered", Outcome.ERRORED),
    }
    for text, expected in codes.items():
        found = asked.of(text, None)
        assert isinstance(found, SyncProblem), text
        assert (found.code, found.outcome) == expected
    assert asked.of("busybox", None) == UnmanagedImage(None)
    assert asked.of(f"busybox@sha256:{'0' * 64}", None) == UnmanagedImage(f"sha256:{'0' * 64}")


def test_custom_resources_are_those_of_any_place() -> None:
    (found,) = custom_images(topology(BLUE, ELSEWHERE))
    assert found.kind == "Workflow"
    assert len(found.images["main"]) == 4
