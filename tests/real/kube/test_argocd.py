"""Beside a real Argo CD: what it says is named within one observation, and a promotion waits for its sync."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.real.argocd import ArgoCd, argo_cd, is_synced
from tests.real.kube.access import rule, service_account
from tests.real.kube.api import Kube
from tests.real.kube.cluster import Own
from tests.real.kube.one_place import NEW, OLD, OnePlace
from tests.workspace import PLACE

pytestmark = pytest.mark.real

CHART = "applications/batch"
_TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      terminationGracePeriodSeconds: 1
      automountServiceAccountToken: false
      containers:
        - name: main
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
"""


@pytest.fixture(scope="module")
def argo(tmp_path_factory: pytest.TempPathFactory, own_cluster: Own, kube: Kube) -> Iterator[ArgoCd]:
    with argo_cd(tmp_path_factory.mktemp("argocd"), own_cluster, kube) as found:
        yield found


class Kept:
    """The place, kept by an Application of Argo CD that syncs by itself."""

    def __init__(self, place: OnePlace, argo: ArgoCd, name: str) -> None:
        self.place, self.argo, self.name = place, argo, name

    def drift(self) -> dict[str, dict[str, Any]]:
        """What `drift` finds, by its codes."""
        done = self.place.site.run("drift", "--target", PLACE, "-o", "json")
        told = json.loads(done.stdout)
        assert not told["unreachable"], told
        return {each["code"]: each for each in told["drift"]}

    def runs_as_said(self) -> None:
        """Wait until nothing differs: pods of what somebody passed above the tree may still be about to go."""
        ends = time.monotonic() + 60
        while found := self.drift():
            assert time.monotonic() < ends, found
            time.sleep(0.5)

    def settled(self) -> dict[str, Any]:
        """What the newest promotion's step of settling has recorded."""
        (found,) = (
            each.body["result"]
            for each in self.place.site.events("step.done")
            if each.body["step"].endswith("/settle")
        )
        return dict(found)


@pytest.fixture
def kept(place: OnePlace, argo: ArgoCd) -> Iterator[Kept]:
    tree = place.site.root / "gitops"
    values = tree / CHART / "values-usdfdev.yaml"
    assert values.exists()
    (tree / CHART / "templates").mkdir()
    (tree / CHART / "Chart.yaml").write_text("apiVersion: v2\nname: batch\nversion: 1.0.0\n")
    (tree / CHART / "templates" / "deployment.yaml").write_text(_TEMPLATE)
    place.site.git("add", "-A")
    place.site.git("commit", "-q", "-m", "A chart")
    place.push_weekly()
    place.select("Deployment/app", target=None, deadline="60s", patience="3s")
    place.configure({}, **{"argo-cd": {"namespace": argo.namespace}})
    name = f"batch-{place.namespace}"
    source = {
        "repoURL": f"file://{tree}",
        "targetRevision": "main",
        "path": CHART,
        "helm": {"valueFiles": ["values-usdfdev.yaml"]},
    }
    argo.create(name, source, place.namespace, syncPolicy={"automated": {}})
    argo.until(name, is_synced)
    yield Kept(place, argo, name)
    argo.remove(name)


def test_a_promotion_waits_for_the_sync_and_what_is_done_by_hand_is_named(kept: Kept) -> None:
    kept.place.promote()
    head = kept.place.site.git("rev-parse", "main")
    (recorded,) = kept.settled()["controllers"]
    assert recorded["object"] == f"Application {kept.argo.namespace}/{kept.name}"
    assert (recorded["sync"], recorded["health"], recorded["revisions"]) == ("Synced", "Healthy", [head])
    assert kept.place.show()["places"][0]["state"] == "promoted"
    assert kept.drift() == {}

    # Somebody passes another image above the tree.
    over = {"helm": {"parameters": [{"name": "image.tag", "value": OLD}]}}
    kept.argo.change(kept.name, {"spec": {"source": over}})
    found = kept.drift()
    assert found["overridden"]["values"]["tree"] == NEW
    assert (found["overridden"]["values"]["value"], found["overridden"]["values"]["by"]) == (
        OLD,
        "argocd-server",
    )
    assert [each["role"] for each in found["overridden"]["settled_by"]] == ["field-manager"]
    kept.argo.change(kept.name, {"spec": {"source": {"helm": {"parameters": None}}}})

    # Somebody takes another branch, which is not there.
    kept.argo.change(kept.name, {"spec": {"source": {"targetRevision": "tickets/DM-1"}}})
    kept.argo.until(kept.name, lambda each: bool(each["status"].get("conditions")))
    found = kept.drift()
    assert found["other-revision"]["values"]["expected"] == "main"
    assert "tickets/DM-1" in found["sync-failed"]["values"]["reason"]
    kept.argo.change(kept.name, {"spec": {"source": {"targetRevision": "main"}}})
    kept.argo.until(kept.name, lambda each: not each["status"].get("conditions") and is_synced(each))
    kept.runs_as_said()


def test_a_promotion_asks_for_the_sync_where_the_workspace_says_so(kept: Kept, tmp_path: Path) -> None:
    kept.argo.change(kept.name, {"spec": {"syncPolicy": {"automated": None}}})
    kept.place.select("Deployment/app", target=None, deadline="4s", patience="2s")
    done = kept.place.promote(ExitCode.WAITING)
    assert "nothing syncs it but a person" in done.stdout
    kept.argo.until(kept.name, lambda each: each["status"]["sync"]["status"] == "OutOfSync")
    assert kept.drift()["out-of-sync"]["values"]["resources"] == ["Deployment/app"]

    # Whoever asks needs to see Applications and to change them, and nothing else.
    rules = [rule("get patch", "applications", group="argoproj.io")]
    cluster = kept.place.cluster
    asks = service_account(
        kept.place.kube,
        cluster.kubeconfig,
        cluster.context,
        namespace=kept.argo.namespace,
        name=kept.name,
        directory=tmp_path,
        rules=rules,
    )
    way = {"context": asks.context, "kubeconfig": str(asks.kubeconfig), "namespace": kept.argo.namespace}
    kept.place.configure({}, sync="argocd", **{"argo-cd": way})
    kept.place.select("Deployment/app", target=None, deadline="60s", patience="3s")
    kept.place.run("resume", "--all")
    assert kept.place.show()["places"][0]["state"] == "promoted"
    operation = kept.argo.get(kept.name)["status"]["operationState"]["operation"]
    assert operation["initiatedBy"]["username"] == "ldmrelease"
    assert operation["info"] == [{"name": "promotion", "value": kept.place.show()["promotion"]}]
    kept.runs_as_said()
