"""Promotions where a real Helm says what comes of the settings: when they are planned, and right before the commit."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ldmrelease.services.context import Observer
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.promotions.commands import Promoted, promote
from ldmrelease.services.releases.pin import Pinned, find_or_pin
from tests.phalanx_site import AUXTEL, CONTROL, LAB, by_hand, phalanx_site, tip
from tests.real.gotools import go_tool
from tests.workspace import Site

pytestmark = pytest.mark.real

TEMPLATE = "charts/csc/templates/job.yaml"
POD = "applications/lab/templates/pod.yaml"
_TAG = '"{{ .Values.proxy.image.repository }}:{{ .Values.proxy.image.tag }}"'


@pytest.fixture(scope="module")
def site_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = phalanx_site(tmp_path_factory.mktemp("phalanx") / "workspace")
    for each in ("c0042", "c0044", "proxy/1.4", "proxy/1.5"):
        site.ok("release", "pin", each)
    site.ok("observe")
    return site


@pytest.fixture
def site(site_once: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A workspace whose Helm tells how often it was asked."""
    real = go_tool("helm", "helm.sh/helm/v3/cmd/helm")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "helm").write_text(f'#!/bin/sh\necho asked >> {tmp_path}/asked\nexec {real} "$@"\n')
    (programs / "helm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("LDMRELEASE_NO_CACHE", "1")
    return site_once.copy(tmp_path / "workspace")


def asked(site: Site) -> int:
    """How often Helm was asked since the last time."""
    file = site.root.parent / "asked"
    count = len(file.read_text().splitlines()) if file.exists() else 0
    file.unlink(missing_ok=True)
    return count


def test_what_would_be_rendered_otherwise_is_refused_before_anything_is_written(site: Site) -> None:
    by_hand(site, POD, 'image.tag }}"', 'image.tag }}-debian"')
    before = site.everything()
    for words in (("--dry-run",), ()):
        done = site.run("promote", "proxy/1.5", "--target", LAB, *words)
        assert done.exit_code == 1
        assert "rendered with it, base/lab Deployment/lab proxy gets images/proxy:1.5-debian" in done.stdout
    assert site.everything() == before


def test_the_parts_of_a_cycle_are_rendered_as_the_commit_would_have_them(site: Site) -> None:
    first = tip(site)
    site.ok("promote", "c0044", "--target", CONTROL)
    assert tip(site) != first
    assert json.loads(site.ok("drift", "--target", CONTROL, "-o", "json"))["drift"] == []


def test_where_nothing_has_changed_since_the_plan_helm_is_not_asked_again(site: Site) -> None:
    asked(site)
    site.ok("promote", "c0044", "--target", CONTROL, "--dry-run")
    planned = asked(site)
    assert planned > 0
    site.ok("promote", "c0044", "--target", CONTROL)
    assert asked(site) == planned


def _promoted(site: Site, tag: str, product: str, target: str, observer: Observer) -> Promoted:
    context = site.context(observer)
    known = context.topology.product(product)
    assert known is not None
    pinned = find_or_pin(context, known, tag)
    assert isinstance(pinned, Pinned)
    answer = promote(context, PromotionSpec(pinned, target), lambda _code, _values: None)
    context.ledger.close()
    assert isinstance(answer, Promoted)
    return answer


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        (TEMPLATE, '"%s:%s.%03d"', '"%s:%s.%04d"', "images/atdome:c0044.0007"),
        ("applications/auxtel/Chart.yaml", "version: 1.0.0\n", "version: 1.0.1\n", None),
    ],
)
def test_what_has_changed_in_the_tree_since_the_plan_is_rendered_before_the_commit(
    site: Site, file: str, old: str, new: str, found: str | None
) -> None:
    """The claim is made after the plan: then somebody commits something that the settings do not say."""
    left = [(file, old, new)]

    def meanwhile(phase: str, what: str) -> None:
        if phase == "after" and "claim" in what and left:
            by_hand(site, *left.pop())

    seen: list[str] = []

    def observer(phase: str, what: str) -> None:
        seen.append(f"{phase} {what}")
        meanwhile(phase, what)

    answer = _promoted(site, "c0044", "telescope", CONTROL, observer)
    assert not left, seen
    theirs = site.git("log", "-1", "--format=%s", "main", repository="tree")
    if found is None:
        assert answer.outcome.state == "succeeded"
        assert theirs != "By hand"
        return
    assert answer.outcome.state != "succeeded"
    assert theirs == "By hand", "nothing was committed upon it"
    assert answer.outcome.cause["code"] == "rendered-otherwise", answer.outcome.cause
    assert found in json.dumps(answer.outcome.cause)
    assert not site.events("receipt.signed")


def test_another_repository_since_the_plan_is_refused_and_nothing_is_to_be_put_back(site: Site) -> None:
    left = [(AUXTEL, "images/atdome", "images/atmcs")]

    def observer(phase: str, what: str) -> None:
        if phase == "after" and "claim" in what and left:
            by_hand(site, *left.pop())

    answer = _promoted(site, "c0044", "telescope", CONTROL, observer)
    assert (answer.outcome.state, answer.outcome.cause["code"]) == ("halted", "foreign-image")
    assert site.git("log", "-1", "--format=%s", "main", repository="tree") == "By hand"


def test_a_tree_that_moves_between_the_look_and_the_commit_is_looked_at_again(site: Site) -> None:
    """Somebody pushes when the commit is made already: it is made anew upon theirs, if that renders the same."""
    left = [(TEMPLATE, '"%s:%s.%03d"', '"%s:%s.%04d"')]
    told: list[str] = []

    def observer(phase: str, what: str) -> None:
        told.append(what)
        if (phase, what) == ("before", "update-ref") and "note" in told and left:
            by_hand(site, *left.pop())

    answer = _promoted(site, "c0044", "telescope", CONTROL, observer)
    assert not left, told
    assert answer.outcome.cause["code"] == "rendered-otherwise", answer.outcome.cause
    assert site.git("log", "-1", "--format=%s", "main", repository="tree") == "By hand"


def test_a_chart_that_takes_too_much_memory_is_named_and_the_others_are_rendered(site: Site) -> None:
    bomb = 'x: {{ repeat 2000000000 "x" | len }}{{ repeat 2000000000 "y" | len }}\n'
    (site.root / "tree/applications/lab/templates/bomb.yaml").write_text(bomb)
    by_hand(site, POD, "name: lab", "name: lab2")
    done = site.run("where", "--desired", "-o", "json")
    assert done.exit_code == 3
    assert "applications/lab: takes more than 2048 MiB of memory (base/lab)" in done.stderr
    kinds = {(each["application"], each["kind"]) for each in json.loads(done.stdout)}
    assert ("auxtel", "Job") in kinds, "rendered"
    assert ("lab", None) in kinds, "read"
    planned = site.ok("promote", "proxy/1.5", "--target", LAB, "--dry-run")
    assert f"{LAB}: applications/lab was not rendered, so only its settings are known: takes more" in planned
    (change,) = json.loads(site.ok("promote", "proxy/1.5", "--target", LAB, "-n", "-o", "json"))["changes"]
    assert change["unrendered"][0]["where"] == "applications/lab"
    promoted = site.run("promote", "proxy/1.5", "--target", LAB)
    assert promoted.exit_code == 0
    assert (
        f"{LAB}: applications/lab was not rendered, so only its settings are known: takes more"
        in promoted.stderr
    )
