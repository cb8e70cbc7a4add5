"""Places that a GitOps controller brings to a cluster: committed is not promoted until its pods are seen to run it.

The test plays Argo CD: it reads the committed value and writes the workload.
"""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.domain.topology import Place
from ldmrelease.services.promotions.takeover import claim_now
from tests.real.kube import objects
from tests.real.kube.one_place import NEW, OLD, OnePlace
from tests.workspace import PLACE, WEEKLY

pytestmark = pytest.mark.real

SYNC = "argocd-controller"


class Synced:
    """The place, and the hand of Argo CD."""

    def __init__(self, place: OnePlace) -> None:
        self.place, self.site = place, place.site

    def sync(self) -> None:
        """Bring to the cluster what the tree says."""
        tag = NEW if NEW in self.site.committed(PLACE) else OLD
        pod = objects.pod_spec([objects.container("main", f"{self.place.old.repository}:{tag}")])
        self.place.kube.apply(objects.deployment(self.place.namespace, "app", pod), SYNC)
        self.place.kube.until("Deployment", self.place.namespace, "app", objects.rolled_out)

    def promotion(self) -> dict[str, Any]:
        rows: list[dict[str, Any]] = json.loads(self.site.ok("promotions", "list", "-o", "json"))
        return rows[-1]

    def claimed(self) -> bool:
        """Whether anybody claims the place."""
        context = self.site.context()
        with context.ledger:
            claim = claim_now(context, Place.parse(PLACE))
        return claim is not None


@pytest.fixture
def synced(place: OnePlace) -> Synced:
    """The weekly is built, and what ran before is synced."""
    place.push_weekly()
    place.select("Deployment/app", target=None, deadline="2s", patience="1s")
    found = Synced(place)
    found.sync()
    return found


@pytest.fixture
def waiting(synced: Synced) -> Synced:
    """The weekly is promoted, and nobody syncs it."""
    synced.place.promote(ExitCode.WAITING)
    return synced


def test_a_sync_that_nobody_makes_is_waited_for_by_its_operator(waiting: Synced):
    asked = waiting.site.run("promote", WEEKLY, "--target", PLACE)
    assert asked.exit_code == ExitCode.WAITING
    assert "waiting for operator: Deployment/app still names" in asked.stdout
    assert "sync it (in Argo CD or Flux), then resume" in asked.stdout
    row = waiting.promotion()
    assert (row["state"], row["who"]) == ("waiting", ["operator"])
    assert not waiting.claimed()
    told = waiting.place.show()
    assert told["waits_for"]["code"] == "not-synced"
    assert told["places"][0]["state"] == "committed"
    assert waiting.place.receipts() == []
    assert NEW in waiting.site.committed(PLACE)


def test_while_it_is_not_synced_a_resume_is_a_look(waiting: Synced):
    before = waiting.site.everything()
    name = waiting.promotion()["promotion"]
    for words in (("resume", name), ("resume", "--all"), ("promote", WEEKLY, "--target", PLACE)):
        done = waiting.place.run(*words, code=ExitCode.WAITING)
        assert "sync it" in done.stdout
    assert waiting.site.everything() == before


@pytest.mark.parametrize("by_name", [True, False])
def test_what_is_synced_is_seen_to_run_and_then_promoted(waiting: Synced, by_name: bool):
    waiting.sync()
    name = waiting.promotion()["promotion"]
    waiting.place.run("resume", name if by_name else "--all")
    assert waiting.place.show()["places"][0]["state"] == "promoted"
    assert {each.promotion for each in waiting.place.receipts()} == {name}
    (row,) = waiting.place.where()
    assert (row["release"], row["state"]) == (f"stack/{WEEKLY}", "running")
    head = waiting.site.head()
    assert "nothing to do" in waiting.place.promote().stdout
    waiting.place.run("resume", "--all")
    assert waiting.site.head() == head


def test_a_controller_that_syncs_within_the_deadline_is_waited_for(synced: Synced):
    synced.place.select("Deployment/app", target=None, deadline="60s", patience="5s")

    def argo() -> None:
        watched = synced.site.root / "gitops/.git/refs/heads/main"
        before = watched.read_text()
        for _ in range(200):
            if watched.read_text() != before:
                synced.sync()
                return
            threading.Event().wait(0.1)

    at_work = threading.Thread(target=argo)
    at_work.start()
    done = synced.place.promote()
    at_work.join()
    assert "1 of 1 ready" in done.stderr
    assert synced.place.show()["places"][0]["state"] == "promoted"


def test_an_abort_of_what_is_not_synced_restores_the_tree(waiting: Synced):
    waiting.place.run("abort", waiting.promotion()["promotion"])
    assert OLD in waiting.site.committed(PLACE)
    assert waiting.place.show()["places"][0]["state"] == "restored"
    assert not waiting.claimed()
    assert waiting.place.receipts() == []


def test_what_is_synced_and_crashes_is_restored_in_the_tree(synced: Synced):
    weekly = synced.place.push_weekly("crash")
    synced.place.promote(ExitCode.WAITING)
    change = {"spec": {"minReadySeconds": 10}}
    synced.place.kube.patch("Deployment", synced.place.namespace, "app", change, SYNC)
    synced.place.kube.set_image("Deployment", synced.place.namespace, "app", "main", weekly.by_tag, SYNC)
    synced.place.select("Deployment/app", target=None, deadline="40s", patience="3s")
    done = synced.place.run("resume", "--all", code=ExitCode.UNDECIDED)
    assert "crashes again and again (exit code 3" in done.output
    assert "no such table: visits" in done.output
    assert OLD in synced.site.committed(PLACE)


def test_a_cluster_that_cannot_be_asked_leaves_it_waiting(waiting: Synced):
    head = waiting.site.head()
    waiting.place.edit(lambda said: said["environments"]["usdfdev"].update(kubeconfig="nowhere.yaml"))
    done = waiting.site.run("resume", "--all")
    assert done.exit_code != ExitCode.OK
    assert "nowhere.yaml" in done.output
    assert waiting.promotion()["state"] == "waiting"
    assert waiting.site.head() == head
