"""Images of a change by a bundle: which release each is, and what the bundle says where nothing is decided."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE, Workspace
from ldmrelease.domain.bundle import (
    AllowedBecause,
    AllowedImage,
    BundleEnvironment,
    BundleHold,
    BundlePlace,
    BundleRelease,
)
from ldmrelease.domain.decision import Decision, Verdict
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.release import Component, Release, release_digest
from ldmrelease.domain.topology import ComponentKind, Place
from ldmrelease.services.bundles.ask import BundleQuestions
from ldmrelease.services.gate.bundle_merge import BundledReleases, BundleJudge
from ldmrelease.services.gate.image_release import WantedImage
from ldmrelease.services.gate.image_verdict import JudgedImage, Judgement
from ldmrelease.targets.image_setting import ImageSetting, NamedRepository
from tests import shop
from tests.bundles import Made, digest

AT = datetime(2023, 4, 20, 12, 0, tzinfo=UTC)
PLACE = Place("dev", "shop")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    site = shop.new_shop(tmp_path_factory.mktemp("gate") / "shop")
    return load_workspace(site.root / FILE)


def _release(tag: str, number: int, revision: int = 1) -> BundleRelease:
    images = tuple(
        Component(each, ComponentKind.IMAGE, f"oci:images/{each}", tag, digest(number + at))
        for at, each in enumerate(("api", "worker"))
    )
    release = Release("shop", tag, "release", images, (), None)
    return BundleRelease(release_digest(release), revision, release)


RELEASE = _release("1.6.0", 10)
API = RELEASE.release.images[0].digest


def _decision(
    release: BundleRelease = RELEASE,
    verdict: Verdict = Verdict.ALLOWED,
    intent: Intent = Intent.PROMOTE,
    until: datetime | None = None,
) -> Decision:
    return Decision(
        intent, PLACE, "development", digest(1), release.digest, release.release.name, digest(2), AT, verdict,
        (), until,
    )  # fmt: skip


def _judged(
    workspace: Workspace,
    *decisions: Decision,
    releases: tuple[BundleRelease, ...] = (RELEASE,),
    running: dict[str, str] | None = None,
    holds: tuple[BundleHold, ...] = (),
    **said: Any,
) -> JudgedImage:
    place = BundlePlace(PLACE, "development", {"shop/api": ("oci:images/api",)})
    there = tuple(
        AllowedImage(each, PLACE, "shop/api", AllowedBecause.RUNNING, release)
        for each, release in (running or {}).items()
    )
    bundle = Made().bundle(
        environments=(BundleEnvironment("dev", (), (place,), there),),
        releases=releases,
        decisions=decisions,
        holds=holds,
    )
    questions = BundleQuestions(bundle, AT)
    judge = BundleJudge(workspace, questions, BundledReleases(workspace, bundle, questions))
    application = workspace.topology.application(PLACE)
    assert application is not None
    return judge.judge(WantedImage(application, ImageSetting("api", "api.image.tag", 1, **said)))


def _told(judged: JudgedImage) -> tuple[Judgement, list[str]]:
    return judged.judgement, [each.code for each in judged.findings]


def test_a_decision_that_holds_is_what_is_said(workspace: Workspace) -> None:
    judged = _judged(workspace, _decision(), tag="1.6.0")
    assert _told(judged) == (Judgement.ALLOWED, [])
    assert judged.pinned is not None
    assert judged.pinned.release.name == "shop/1.6.0"
    assert _told(_judged(workspace, _decision(), digest=API)) == (Judgement.ALLOWED, [])


def test_one_that_has_lapsed_and_none_let_in_only_what_runs(workspace: Workspace) -> None:
    lapsed = _decision(until=AT.replace(hour=11))
    for decisions, code in (((lapsed,), "lapsed"), ((), "no-decision")):
        found = _judged(workspace, *decisions, tag="1.6.0")
        assert _told(found) == (Judgement.UNDECIDED, [code])
        found = _judged(workspace, *decisions, tag="1.6.0", running={API: "shop/1.6.0"})
        assert _told(found) == (Judgement.ALLOWED, [])


def test_a_hold_refuses_whatever_was_decided_and_runs(workspace: Workspace) -> None:
    hold = BundleHold("H-1", RELEASE.digest, "it loses data")
    found = _judged(workspace, _decision(), tag="1.6.0", holds=(hold,), running={API: "shop/1.6.0"})
    assert _told(found) == (Judgement.REFUSED, ["held"])


def test_a_name_in_a_menu_is_not_let_in_by_a_decision_to_run(workspace: Workspace) -> None:
    found = _judged(workspace, _decision(), tag="1.6.0", alias="recommended")
    assert _told(found) == (Judgement.UNDECIDED, ["no-decision"])
    alias = _decision(intent=Intent.ALIAS)
    assert _told(_judged(workspace, alias, tag="1.6.0", alias="recommended"))[0] is Judgement.ALLOWED


def test_another_repository_is_refused(workspace: Workspace) -> None:
    evil = NamedRepository("evil.example/api", "", "", 0)
    found = _judged(workspace, _decision(), tag="1.6.0", repository=evil)
    assert _told(found) == (Judgement.REFUSED, ["foreign-image"])


def test_the_digest_beside_a_tag_has_to_be_of_one_of_its_pins(workspace: Workspace) -> None:
    again = _release("1.6.0", 20, revision=2)
    both = {"releases": (RELEASE, again), "tag": "1.6.0"}
    found = _judged(workspace, _decision(), digest=API, **both)
    assert found.pinned is not None
    assert (found.pinned.digest, found.judgement) == (RELEASE.digest, Judgement.ALLOWED)
    found = _judged(workspace, _decision(), digest=digest(99), **both)
    assert _told(found) == (Judgement.REFUSED, ["tag-differs"])
    worker = RELEASE.release.images[1].digest
    assert _told(_judged(workspace, _decision(), digest=worker, **both))[1] == ["tag-differs"]


def test_a_digest_of_several_releases_is_that_which_runs_and_else_refused(workspace: Workspace) -> None:
    other = _release("1.7.0", 10)
    decisions = (_decision(), _decision(other))
    found = _judged(workspace, *decisions, releases=(RELEASE, other), digest=API)
    assert _told(found) == (Judgement.REFUSED, ["ambiguous"])
    running = {API: "shop/1.6.0"}
    found = _judged(workspace, *decisions, releases=(RELEASE, other), digest=API, running=running)
    assert found.pinned is not None
    assert (found.pinned.release.name, found.judgement) == ("shop/1.6.0", Judgement.ALLOWED)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"invalid": "v 1"}, "not-a-tag"),
        ({}, "not-a-tag"),
        ({"tag": "nightly"}, "unreadable-tag"),
        ({"tag": "1.9.0"}, "not-in-bundle"),
        ({"digest": digest(99)}, "not-in-bundle"),
    ],
)
def test_what_is_no_release_of_the_bundle_is_told(
    workspace: Workspace, said: dict[str, str], code: str
) -> None:
    judgement, codes = _told(_judged(workspace, _decision(), **said))
    assert codes == [code]
    assert judgement is (Judgement.UNDECIDED if code == "not-in-bundle" else Judgement.REFUSED)
