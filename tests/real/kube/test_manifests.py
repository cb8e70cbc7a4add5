"""Whole manifests from the workspace, promoted from the command line, and resolved for whoever applies them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from ldmrelease.answers.exit_codes import ExitCode
from tests.real.kube import objects
from tests.real.kube.one_place import OnePlace
from tests.real.kube.target_site import CREATOR
from tests.workspace import PLACE, WEEKLY

pytestmark = pytest.mark.real

FILE = "manifests/app.yaml"
SCALER = "horizontal-pod-autoscaler"


def described(place: OnePlace, **container: Any) -> None:
    """The manifest in the workspace: another environment than what is there, and three replicas."""
    main = {"name": "main", "image": "component://scipipe", "env": [{"name": "LEVEL", "value": "2"}]}
    manifest = objects.deployment("", "app", objects.pod_spec([main | container]), replicas=3)
    del manifest["metadata"]["namespace"]
    file = place.site.root / FILE
    file.parent.mkdir(exist_ok=True)
    file.write_text("# Ours.\n" + yaml.safe_dump(manifest, sort_keys=False))


@pytest.fixture
def whole(place: OnePlace) -> OnePlace:
    """A Deployment that its autoscaler has brought from one to two replicas, and its manifest, which says three."""
    place.deploy(objects.deployment(place.namespace, "app", place.pod(env={"LEVEL": "1"})))
    place.kube.patch("Deployment", place.namespace, "app", {"spec": {"replicas": 2}}, SCALER)
    place.kube.until("Deployment", place.namespace, "app", objects.rolled_out)
    described(place)
    place.select(
        "Deployment/app",
        target={"kubernetes": {"manifests": "manifests", "take-over": [CREATOR]}},
        patience="5s",
    )
    return place


def container_of(place: OnePlace) -> dict[str, Any]:
    found: dict[str, Any] = place.get("Deployment")["spec"]["template"]["spec"]["containers"][0]
    return found


def test_the_whole_manifest_is_applied_with_the_releases_image_and_the_autoscalers_replicas(whole: OnePlace):
    weekly = whole.push_weekly()
    done = whole.promote()
    assert "written: Deployment/app main" in done.stderr
    container = container_of(whole)
    assert container["image"] == weekly.by_digest
    assert container["env"] == [{"name": "LEVEL", "value": "2"}]
    assert whole.get("Deployment")["spec"]["replicas"] == 2
    assert whole.images() == {weekly.by_digest}
    assert whole.receipts()
    head = whole.site.head()
    assert "nothing to do" in whole.promote().stdout
    assert whole.site.head() == head


def test_what_does_not_come_up_is_put_back_as_it_was_and_not_its_image_alone(whole: OnePlace):
    """The manifest itself is what breaks it: with the earlier image it would not run either."""
    before = whole.get("Deployment")["spec"]
    described(whole, command=["/no-such-program"])
    whole.push_weekly()
    done = whole.promote(ExitCode.UNDECIDED)
    assert "settle failed at usdfdev/batch: Deployment/app: the pod app-" in done.stdout
    assert "no-such-program" in done.stdout
    assert whole.show()["places"][0]["state"] == "restored"
    assert whole.get("Deployment")["spec"] == before
    whole.kube.until("Deployment", whole.namespace, "app", objects.rolled_out)
    assert whole.images() == {whole.old.by_tag}


def test_what_is_resolved_can_be_applied_by_hand(whole: OnePlace, kubectl: Callable[..., str]):
    weekly = whole.push_weekly()
    whole.site.ok("release", "pin", WEEKLY)
    resolved = whole.site.ok("resolve", "-f", str(whole.site.root / FILE), "--release", WEEKLY)
    assert resolved.startswith("# Ours.\n")
    out = whole.site.root / "resolved.yaml"
    out.write_text(resolved)
    words = ("apply", "--server-side", "--force-conflicts", "--field-manager", "ldmrelease-manifests")
    kubectl(*words, "-n", whole.namespace, "-f", str(out))
    whole.kube.until("Deployment", whole.namespace, "app", objects.rolled_out)
    assert whole.images() == {weekly.by_digest}


def test_a_manifest_with_an_unknown_component_is_found_when_planning(whole: OnePlace):
    whole.push_weekly()
    whole.site.edit(lambda text: text.replace("component://scipipe", "component://sciplat"), FILE)
    before = objects.apart_from_status(whole.get("Deployment"))
    refused = whole.run("promote", WEEKLY, "--target", PLACE, "--dry-run", code=ExitCode.REFUSED)
    assert f"{FILE}:" in refused.stdout
    assert "component://sciplat is not a component here; known are scipipe" in refused.stdout
    whole.site.ok("release", "pin", WEEKLY)
    told = whole.run(
        "resolve", "-f", str(whole.site.root / FILE), "--release", WEEKLY, code=ExitCode.REFUSED
    ).stderr
    assert "component://sciplat is not a component here" in told
    assert objects.apart_from_status(whole.get("Deployment")) == before
