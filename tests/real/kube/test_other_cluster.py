"""A place is held to the cluster whose UID the workspace says, wherever its context leads meanwhile."""

from __future__ import annotations

import pytest

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.domain.events import EventKind
from tests.real.kube import objects
from tests.real.kube.api import Kube
from tests.real.kube.given import Cluster
from tests.real.kube.one_place import OnePlace
from tests.real.kube.test_kinds import main_image
from tests.workspace import PLACE

pytestmark = pytest.mark.real

WORDS = "cluster-uid in ldmrelease.yaml is another; correct the one that is wrong"


def begun(place: OnePlace) -> str:
    """A promotion has written its image and waits; then the context leads to a cluster that is not meant."""
    weekly = place.push_weekly()
    strategy = {"updateStrategy": {"type": "OnDelete"}}
    place.deploy(objects.stateful_set(place.namespace, "app", place.pod(), **strategy))
    place.select("StatefulSet/app", deadline="10m", patience="1s")
    place.promote(ExitCode.WAITING)
    place.configure({}, **{"cluster-uid": "another"})
    return weekly.by_digest


def test_a_promotion_is_held_to_the_cluster_that_it_began_in(place: OnePlace, second_cluster: Cluster):
    """Nobody wrote its UID into the workspace; the context leads elsewhere all the same."""
    place.push_weekly()
    strategy = {"updateStrategy": {"type": "OnDelete"}}
    place.deploy(objects.stateful_set(place.namespace, "app", place.pod(), **strategy))
    place.select("StatefulSet/app", deadline="10m", patience="1s")
    place.promote(ExitCode.WAITING)
    there = {"context": second_cluster.context, "kubeconfig": str(second_cluster.kubeconfig)}
    place.configure({}, **there)
    before = place.site.head()
    told = place.run("resume", "--all", code=ExitCode.UNDECIDED).output
    assert "the promotion began in" in told
    assert (
        "the promotion began in"
        in place.run("abort", place.show()["promotion"], code=ExitCode.UNDECIDED).output
    )
    # The edit of the workspace is agreed to in trust.yaml, whose new version is remembered with the first append.
    new = [each.kind for each in place.site.events() if each.sequence > before.size]
    assert new == [EventKind.TRUST_ADOPTED, EventKind.HALTING], (
        "that it is aborted is recorded, and nothing else"
    )
    elsewhere = Kube(second_cluster.kubeconfig, second_cluster.context)
    uid = elsewhere.get("Namespace", "", "kube-system")["metadata"]["uid"]
    # Whoever says that this is the cluster now, gets the promotion to an end: there is nothing to put back.
    place.configure({}, **{"cluster-uid": uid})
    place.run("resume", "--all", code=ExitCode.UNDECIDED)
    assert place.show()["state"] == "stuck"


def test_what_runs_in_another_cluster_is_not_observed(place: OnePlace):
    place.deploy(objects.deployment(place.namespace, "app", place.pod()))
    place.select("Deployment/app")
    place.configure({}, **{"cluster-uid": "another"})
    before = place.site.head()
    assert WORDS in place.run("observe", "--target", PLACE, code=ExitCode.UNDECIDED).stderr
    assert place.site.head() == before


def test_a_promotion_under_way_is_neither_carried_on_nor_put_back_in_another_cluster(place: OnePlace):
    image = begun(place)
    before = place.site.head()
    place.run("resume", "--all", code=ExitCode.UNDECIDED)
    assert place.site.head() == before
    aborted = place.run("abort", place.show()["promotion"], code=ExitCode.UNDECIDED)
    assert "cluster-uid is another" in aborted.output
    assert main_image(place.get("StatefulSet")) == image
    place.edit(lambda said: said["environments"]["usdfdev"].pop("cluster-uid"))
    place.run("resume", "--all", code=ExitCode.REFUSED)
    assert main_image(place.get("StatefulSet")) == place.old.by_tag
