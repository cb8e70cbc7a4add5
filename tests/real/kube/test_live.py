"""`where --live` and `drift` on a real cluster: what a GitOps tree says, what its workload says, what pods run."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ldmrelease.answers.exit_codes import ExitCode
from tests.real.kube import objects
from tests.real.kube.api import Kube
from tests.real.kube.given import Cluster
from tests.real.kube.images import Pushed, push_image
from tests.workspace import BEFORE, PLACE, TESTSTAND, WEEKLY, Site, new_site

pytestmark = pytest.mark.real

SYNC = "argocd-controller"
NAME = "batch"


class Deployed:
    """A site whose batch processing runs in a cluster, synced from its tree by Argo CD, which the test plays."""

    def __init__(self, site: Site, kube: Kube, namespace: str, images: dict[str, Pushed]) -> None:
        self.site, self.kube, self.namespace, self.images = site, kube, namespace, images

    def sync(self, tag: str) -> None:
        """Make the workload say what the tree says, and wait until its pods run it."""
        pod = objects.pod_spec([objects.container("main", self.images[tag].by_tag)])
        self.kube.apply(objects.deployment(self.namespace, NAME, pod), SYNC)
        self.kube.until("Deployment", self.namespace, NAME, objects.rolled_out)

    def drift(self) -> list[dict[str, Any]]:
        """What `drift` finds at the place, exit codes checked."""
        done = self.site.run("drift", "--target", PLACE, "-o", "json")
        found: list[dict[str, Any]] = json.loads(done.stdout)["drift"]
        assert done.exit_code == (ExitCode.REFUSED if found else ExitCode.OK), done.stderr
        return found

    def row(self) -> dict[str, Any]:
        """The place's row of `where --live`."""
        (row,) = json.loads(self.site.ok("where", "--live", PLACE, "-o", "json"))
        return dict(row)


@pytest.fixture
def deployed(tmp_path: Path, cluster: Cluster, kube: Kube, namespace: str) -> Deployed:
    """The weekly is promoted in the tree, and the workload runs the one before it."""
    site = new_site(tmp_path / "workspace")
    site.release_weekly()
    tags = ("al9-w_2023_15", "al9-w_2023_16")
    repository = f"{namespace}/scipipe"
    images = {tag: push_image(cluster.registry, repository, tag, seed=tag) for tag in tags}
    _configure(site, cluster, namespace, images[tags[0]].repository)
    for each in (PLACE, TESTSTAND):
        site.commit_by_hand(each, "repository: images/scipipe", f"repository: {images[tags[0]].repository}")
    found = Deployed(site, kube, namespace, images)
    found.sync(tags[0])
    site.ok("promote", WEEKLY, "--target", PLACE)
    return found


def test_a_promotion_in_the_tree_waits_for_its_sync_and_is_then_seen_in_pods(deployed: Deployed):
    (found,) = deployed.drift()
    assert (found["code"], found["values"]["by"]) == ("not-synced", SYNC)
    deployed.sync("al9-w_2023_16")
    assert deployed.drift() == []
    row = deployed.row()
    assert (row["observed"]["basis"], row["observed"]["verdict"]) == ("pods", "healthy")
    # The kubelet tells the digest of the platform's manifest or of its configuration; it is the same image.
    assert (
        row["desired"]["release"]
        == row["decided"]["release"]
        == row["observed"]["release"]
        == "stack/w.2023.16"
    )


def test_somebodys_kubectl_set_image_shows_at_once_with_who(deployed: Deployed, kubectl: Callable[..., str]):
    deployed.sync("al9-w_2023_16")
    image = deployed.images["al9-w_2023_15"].by_digest
    kubectl("set", "image", "-n", deployed.namespace, f"deployment/{NAME}", f"main={image}")
    (found,) = deployed.drift()
    values = found["values"]
    assert (found["code"], values["by"], values["image"]) == ("spec-differs", "kubectl-set", image)
    assert values["time"].endswith("Z")
    said = deployed.site.run("drift", "--target", PLACE).stdout
    assert "kubectl-set wrote it at" in said
    assert "promote w.2023.16" in said


def test_pods_that_do_not_come_are_not_rolled_out(deployed: Deployed):
    deployed.sync("al9-w_2023_16")
    image = deployed.images["al9-w_2023_16"].by_tag
    pod = objects.pod_spec([objects.container("main", image, command=["/no-such-program"])])
    deployed.kube.apply(objects.deployment(deployed.namespace, NAME, pod), SYNC)
    (found,) = deployed.drift()
    assert found["code"] == "not-rolled-out"
    assert found["fix"][0] == "kubectl"
    assert found["fix"][-2:] == ["describe", f"Deployment/{NAME}"]


def test_a_recall_names_the_workload_and_the_pods_that_run_it(deployed: Deployed):
    deployed.sync("al9-w_2023_16")
    pods = [each["metadata"] for each in deployed.kube.list("Pod", deployed.namespace)]
    (pod,) = (each["name"] for each in pods if "deletionTimestamp" not in each)
    told = deployed.site.ok("recall", WEEKLY, "--target", PLACE, "--reason", "it loses data", "-o", "json")
    answer = json.loads(told)
    assert (answer["recorded"], answer["unreachable"]) == (True, [])
    (found,) = answer["running"]
    assert (found["place"], found["component"], found["desired"]) == (PLACE, "scipipe", True)
    assert found["workloads"] == [{"workload": f"Deployment/{NAME}", "container": "main", "pods": [pod]}]
    assert found["next"] is None, "nobody had seen what ran there before"


def test_a_recall_is_recorded_when_a_cluster_does_not_answer(deployed: Deployed, tmp_path: Path):
    """Nobody is held up by it: the place is named, with why, and what is committed there is known all the same."""
    deployed.site.ok("release", "pin", BEFORE)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _add_silent_cluster(deployed.site, tmp_path / "silent.yaml", silent.getsockname()[1])
        words = ("recall", BEFORE, "--target", TESTSTAND, "--reason", "it loses data")
        answer = json.loads(deployed.site.ok(*words, "--timeout", "2", "-o", "json"))
    assert answer["recorded"]
    assert [each["place"] for each in answer["unreachable"]] == [TESTSTAND]
    assert [each["desired"] for each in answer["running"] if each["component"] == "scipipe"] == [True]


def test_what_is_selected_and_not_there_could_not_be_asked(deployed: Deployed):
    deployed.kube.delete("Deployment", deployed.namespace, NAME)
    deployed.kube.gone("Deployment", deployed.namespace, NAME)
    done = deployed.site.run("where", "--live", PLACE)
    assert done.exit_code == ExitCode.UNDECIDED
    assert NAME in done.stderr


def test_without_a_tree_the_workload_is_what_is_wanted(deployed: Deployed, kubectl: Callable[..., str]):
    deployed.site.edit(_write_workloads_directly)
    # The promotion of the tree let the weekly in here; the workload runs the one before it.
    image = deployed.images["al9-w_2023_16"].by_digest
    kubectl("set", "image", "-n", deployed.namespace, f"deployment/{NAME}", f"main={image}")
    deployed.kube.until("Deployment", deployed.namespace, NAME, objects.rolled_out)
    assert deployed.drift() == []
    assert deployed.row()["desired"]["spelling"] == image
    image = deployed.images["al9-w_2023_15"].by_digest
    kubectl("set", "image", "-n", deployed.namespace, f"deployment/{NAME}", f"main={image}")
    (found,) = deployed.drift()
    assert (found["code"], found["values"]["by"]) == ("spec-differs", "kubectl-set")
    assert found["values"]["decided"] == "al9-w_2023_16"


def test_a_cluster_that_says_nothing_holds_nobody_up(deployed: Deployed, tmp_path: Path):
    deployed.sync("al9-w_2023_16")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _add_silent_cluster(deployed.site, tmp_path / "silent.yaml", silent.getsockname()[1])
        # The silent server would hold a request for minutes; the deadline alone ends the look.
        done = deployed.site.run("where", "--live", "--timeout", "5", "-o", "json")
    rows = {each["place"]: each for each in json.loads(done.stdout)}
    assert done.exit_code == ExitCode.UNDECIDED
    assert rows[PLACE]["observed"]["verdict"] == "healthy"
    (unheard,) = rows[TESTSTAND]["unreachable"]
    assert unheard["code"] == "unavailable"
    assert unheard["values"] == {"where": "silent", "reason": "no answer within 5 s"}
    assert rows[TESTSTAND]["desired"]["spelling"] == "al9-w_2023_15"
    assert f"{TESTSTAND}: unreachable" in done.stderr


def _configure(site: Site, cluster: Cluster, namespace: str, source: str) -> None:
    """Take scipipe from the cluster's registry, and say which workload runs it."""

    def change(text: str) -> str:
        said = yaml.safe_load(text)
        said["products"]["stack"]["components"]["scipipe"]["image"] = source
        _say_workload(said, PLACE, cluster.context, cluster.kubeconfig, namespace)
        return yaml.safe_dump(said, sort_keys=False)

    site.edit(change)


def _write_workloads_directly(text: str) -> str:
    said = yaml.safe_load(text)
    environment, application = PLACE.split("/")
    found = said["environments"][environment]["applications"][application]
    found |= {"target": {"kubernetes": {}}, "observe": "pods"}
    return yaml.safe_dump(said, sort_keys=False)


def _add_silent_cluster(site: Site, kubeconfig: Path, port: int) -> None:
    server = {"server": f"http://127.0.0.1:{port}"}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "silent", "cluster": server}],
        "users": [{"name": "nobody", "user": {"token": "none"}}],
        "contexts": [{"name": "silent", "context": {"cluster": "silent", "user": "nobody"}}],
    }
    kubeconfig.write_text(yaml.safe_dump(config))

    def change(text: str) -> str:
        said = yaml.safe_load(text)
        _say_workload(said, TESTSTAND, "silent", kubeconfig, "ocps")
        return yaml.safe_dump(said, sort_keys=False)

    site.edit(change)


def _say_workload(said: dict[str, Any], place: str, context: str, kubeconfig: Path, namespace: str) -> None:
    environment, application = place.split("/")
    found = said["environments"][environment]
    found |= {"context": context, "kubeconfig": str(kubeconfig)}
    select = [{"kind": "Deployment", "name": NAME, "containers": {"main": "stack/scipipe"}}]
    found["applications"][application] |= {
        "observe": "committed",
        "workloads": {"namespace": namespace, "select": select},
    }
