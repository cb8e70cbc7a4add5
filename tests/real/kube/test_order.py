"""From the test systems through base to the summit, on two real clusters (LDM-564 2.2)."""

from __future__ import annotations

import json

import pytest

from tests.real.kube.api import Kube
from tests.real.kube.images import push_image
from tests.real.kube.site import BASE, BEFORE, SUMMIT, TESTSTAND, USDFDEV, WEEKLY, ClusterSite

pytestmark = pytest.mark.real


def running(api: Kube, namespace: str) -> set[str]:
    """The images that live pods of a namespace were given, by the kubelets' word."""
    pods = [each for each in api.list("Pod", namespace) if "deletionTimestamp" not in each["metadata"]]
    return {state["imageID"] for pod in pods for state in pod["status"]["containerStatuses"]}


def on_development(site: ClusterSite) -> None:
    """The weekly runs on the test systems for three hours, with its evidence."""
    site.ok("observe")
    site.vouch()
    site.ok("promote", WEEKLY, "--target", "development", "--yes")
    site.advance(hours=3)
    site.ok("observe")


def test_a_release_goes_through_the_test_systems_to_base_and_after_its_soak_to_the_summit(
    site, kube, second_kube
):
    weekly = site.push_weekly()
    refused = site.run("promote", WEEKLY, "--target", "commissioning", "--yes")
    assert refused.exit_code == 1, refused.output

    on_development(site)
    asked = site.run("promote", WEEKLY, "--target", "commissioning", "--yes")
    assert asked.exit_code == 4, asked.output
    names = weekly.digests()
    for place in (USDFDEV, TESTSTAND, BASE):
        assert all(each.partition("@")[2] in names for each in running(kube, site.namespace(place))), place
    assert not any(each.partition("@")[2] in names for each in running(second_kube, site.namespace(SUMMIT)))

    site.advance(hours=5)
    site.ok("observe")
    site.ok("resume", "--all")
    at_summit = running(second_kube, site.namespace(SUMMIT))
    assert at_summit
    assert all(each.partition("@")[2] in names for each in at_summit)
    # The summit runs its images from a registry of its own.
    spec = second_kube.get("Deployment", site.namespace(SUMMIT), "ocps")["spec"]["template"]["spec"]
    assert spec["containers"][0]["image"] == (
        f"{second_site_registry(site)}/{site.own}/{site.own}/scipipe@{weekly.index}"
    )
    signed = [
        ("{environment}/{application}".format_map(each.body["place"]), each.body["component"])
        for each in site.events("receipt.signed")
    ]
    places = (USDFDEV, TESTSTAND, BASE, SUMMIT)
    assert sorted(signed) == sorted((place, what) for place in places for what in ("release", "scipipe"))
    again = site.head()
    assert "nothing to do" in site.ok("promote", WEEKLY, "--target", "commissioning", "--yes")
    assert site.head() == again


def second_site_registry(site: ClusterSite) -> str:
    """The host of the summit's registry."""
    application = next(each for each in site.context().topology.applications if str(each.place) == SUMMIT)
    return application.registry.partition("/")[0]


def test_a_check_that_fails_at_base_stops_before_the_summit_and_restores_base_alone(
    site, cluster, kube, second_kube
):
    site.edit(lambda text: text.replace("[/app, smoke]", '[sh, -c, "test $LDMRELEASE_ENVIRONMENT != base"]'))
    push_image(cluster.registry, f"{site.own}/scipipe", "al9-w_2023_16", seed=site.own)
    on_development(site)
    before = running(kube, site.namespace(BASE))
    summit = second_kube.get("Deployment", site.namespace(SUMMIT), "ocps")
    halted = site.run("promote", WEEKLY, "--target", "commissioning", "--yes")
    assert halted.exit_code in (1, 3), halted.output
    assert "base/ocps" in halted.output
    assert "was restored" in halted.output
    assert running(kube, site.namespace(BASE)) == before
    image = kube.get("Deployment", site.namespace(BASE), "ocps")["spec"]["template"]["spec"]["containers"][0]
    assert image["image"].endswith(f"al9-{BEFORE.replace('.', '_')}")
    after = second_kube.get("Deployment", site.namespace(SUMMIT), "ocps")
    assert after["spec"] == summit["spec"]
    weekly = json.loads(site.ok("where", "--output", "json"))
    there = [each["place"].partition("/")[0] for each in weekly if each["release"] == f"stack/{WEEKLY}"]
    assert sorted(there) == ["tucson-teststand", "usdfdev"]
