"""What is wrong with a place in a cluster is found when planning: all of it, with the fix, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from tests.real.kube import objects
from tests.real.kube.access import Account, rule
from tests.real.kube.audit import AuditLog
from tests.real.kube.one_place import DIRECTLY, OnePlace, chosen
from tests.workspace import PLACE, WEEKLY

pytestmark = pytest.mark.real

GOLDEN = Path(__file__).parents[2] / "data" / "kube-planning.txt"


@pytest.fixture
def planned(place: OnePlace, audit_log: AuditLog) -> Iterator[OnePlace]:
    """The weekly is built and one Deployment runs; after the test nothing in the namespace was written by us."""
    place.push_weekly()
    place.deploy(objects.deployment(place.namespace, "app", place.pod(), replicas=0), rolled=False)
    place.site.ok("release", "pin", WEEKLY)
    head, mark = place.site.head(), audit_log.mark()
    yield place
    # Somebody's write, by which we see that the log is up to date.
    place.kube.patch("Deployment", place.namespace, "app", {"metadata": {"labels": {"seen": "yes"}}})
    entries = audit_log.wait(lambda each: each.namespace == place.namespace and each.wrote, mark)
    written = [each for each in entries if each.namespace == place.namespace and each.wrote]
    # Controllers keep their own books.
    assert {each.agent for each in written if not each.agent.startswith("kube-")} <= {"tests"}
    assert place.site.head() == head


def told(place: OnePlace, code: ExitCode = ExitCode.REFUSED) -> str:
    """What every command that plans says of the place: the same, in the same words."""
    planning = [
        place.run(*words, "--target", PLACE, code=code).stdout
        for words in (("promote", WEEKLY, "--dry-run"), ("promote", WEEKLY), ("check", WEEKLY))
    ]
    assert planning[0] == planning[1] == planning[2]
    # The doctor says it in one line.
    said = place.site.run("doctor")
    assert said.exit_code == ExitCode.REFUSED
    for line in planning[0].removesuffix("; nothing was written\n").splitlines():
        problem = line.removeprefix(f"refused: {PLACE}: ").removeprefix(f"undecided: {PLACE}: ")
        assert _words(problem) in _words(said.stdout), f"{problem}\n--\n{said.stdout}"
    return neutral(place, planning[0])


def _words(text: str) -> str:
    """Without what a table makes of lines."""
    return "".join(text.split())


def neutral(place: OnePlace, text: str) -> str:
    """Without what differs from run to run."""
    for own, name in (
        (place.namespace, "NAMESPACE"),
        (place.cluster.context, "CONTEXT"),
        (str(place.cluster.kubeconfig), "KUBECONFIG"),
        (str(place.site.root), "WORKSPACE"),
    ):
        text = text.replace(own, name)
    return text


def golden(name: str, text: str) -> None:
    """Compare with the part of the golden file under this name."""
    parts = dict(each.split("\n", 1) for each in GOLDEN.read_text().split("== ")[1:])
    assert text.strip() == parts[name].strip()


def test_an_unknown_context(planned: OnePlace):
    planned.select("Deployment/app")
    planned.configure({}, context="nowhere")
    golden("unknown context", told(planned))


def test_an_unknown_namespace(planned: OnePlace):
    planned.select("Deployment/app")
    home = planned.namespace

    def move(said: dict[str, Any]) -> None:
        where = said["environments"]["usdfdev"]["applications"]["batch"]["workloads"]
        where["namespace"] = f"{home}-elsewhere"

    planned.edit(move)
    golden("unknown namespace", told(planned))


def test_unknown_workloads_and_containers_all_in_one_go(planned: OnePlace):
    planned.select(
        "Deployment/apq",
        chosen("Deployment", "app", ["main", "mian"]),
        {"kind": "StatefulSet", "labels": "app=none", "containers": {"main": "stack/scipipe"}},
    )
    golden("unknown workloads and containers", told(planned))


def test_verbs_that_we_may_not_use(planned: OnePlace, account: Callable[..., Account]):
    reader = account(
        "reader",
        rules=[
            rule("get list watch", "deployments replicasets", group="apps"),
            rule("get list watch", "pods events configmaps"),
        ],
        cluster_rules=[rule("get", "namespaces")],
    )
    planned.select("Deployment/app")
    planned.configure({}, context=reader.context, kubeconfig=str(reader.kubeconfig))
    golden("forbidden verbs", told(planned))


def test_an_owner_who_would_take_it_back(planned: OnePlace):
    managed = {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "batch:apps/Deployment:x/app"}}}
    planned.kube.patch("Deployment", planned.namespace, "app", managed)
    planned.select("Deployment/app")
    golden("managed by Argo CD", told(planned))


def test_a_manifest_with_an_unknown_component(planned: OnePlace):
    file = planned.site.root / "manifests" / "app.yaml"
    file.parent.mkdir()
    file.write_text(
        "apiVersion: apps/v1\n"
        "kind: Deployment\n"
        "metadata: {name: app}\n"
        "spec:\n"
        "  selector: {matchLabels: {app: app}}\n"
        "  template:\n"
        "    metadata: {labels: {app: app}}\n"
        "    spec:\n"
        "      containers:\n"
        "      - {name: main, image: component://sciplat}\n"
    )
    planned.select(
        "Deployment/app", target={"kubernetes": {**DIRECTLY["kubernetes"], "manifests": "manifests"}}
    )
    golden("manifest with an unknown component", told(planned))
