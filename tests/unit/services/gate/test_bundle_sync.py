"""Images of manifests by a bundle: of a product at a place, of one release, and of nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ldmrelease.domain.bundle import (
    AllowedBecause,
    AllowedImage,
    BundleEnvironment,
    BundleHold,
    BundlePlace,
    BundleRelease,
)
from ldmrelease.domain.decision import Decision, Outcome, Verdict
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.release import Component, Release, release_digest
from ldmrelease.domain.topology import ComponentKind, Place
from ldmrelease.services.bundles.ask import BundleQuestions
from ldmrelease.services.gate.bundle_sync import BundledSync, gate_sync_by_bundle, places_of
from ldmrelease.trees.manifests.manifest_images import ManifestImage
from tests.bundles import AS_OF, Made, digest

HOST = "registry.example.org"
FIRST, SECOND, ELSEWHERE = Place("summit", "first"), Place("summit", "second"), Place("base", "ocps")


def _place(place: Place, *components: str, **more: Any) -> BundlePlace:
    return BundlePlace(place, "production", {f"p/{each}": (f"{HOST}/{each}",) for each in components}, **more)


def _release(number: int, *components: str) -> BundleRelease:
    images = tuple(
        Component(each, ComponentKind.IMAGE, f"{HOST}/{each}", f"w_{number}", digest(number * 10 + at))
        for at, each in enumerate(components)
    )
    release = Release("p", f"w.2023.{number}", "weekly", images, (), None)
    return BundleRelease(release_digest(release), 1, release)


OLD, NEW = _release(15, "app", "web"), _release(16, "app", "web")
APP, WEB = (f"{HOST}/{each.name}@{each.digest}" for each in NEW.release.images)
OLD_WEB = f"{HOST}/web@{OLD.release.images[1].digest}"


def _allowed(release: BundleRelease, *, lapsed: bool = False) -> Decision:
    until = AS_OF - timedelta(hours=1) if lapsed else None
    return Decision(
        Intent.PROMOTE, FIRST, "production", digest(1), release.digest, release.release.name, digest(2), AS_OF,
        Verdict.ALLOWED, (), until,
    )  # fmt: skip


def _gated(
    *images: str,
    target: str = "production",
    places: tuple[BundlePlace, ...] = (_place(FIRST, "app", "web"),),
    running: tuple[str, ...] = (),
    namespace: str | None = None,
    asked: BundleRelease | None = None,
    **change: Any,
) -> BundledSync:
    there = tuple(AllowedImage(each, FIRST, "p/app", AllowedBecause.RUNNING) for each in running)
    elsewhere = BundleEnvironment("base", (), (_place(ELSEWHERE, "other"),), ())
    values = {"releases": (OLD, NEW), "decisions": (_allowed(NEW),), **change}
    bundle = Made().bundle(environments=(BundleEnvironment("summit", (), places, there), elsewhere), **values)
    manifests = [
        ManifestImage("f", at, "", "Pod", "p", namespace, None, each) for at, each in enumerate(images)
    ]
    own = [each for each in places_of(bundle, target) if each.place != ELSEWHERE]
    return gate_sync_by_bundle(bundle, BundleQuestions(bundle, AS_OF), own, manifests, asked)


def _codes(gated: BundledSync) -> list[list[str]]:
    return [[one.code for one in each.problems] for each in gated.result.images]


def test_the_images_of_one_release_are_what_was_decided_about_it() -> None:
    gated = _gated(APP, WEB)
    assert [(each.release, each.decided) for each in gated.result.images] == [("p/w.2023.16", 0)] * 2
    assert _codes(gated) == [[], []]
    assert [each.verdict for each in gated.decisions] == [Verdict.ALLOWED]


def test_images_of_two_releases_at_a_place_are_refused() -> None:
    gated = _gated(APP, OLD_WEB)
    assert _codes(gated) == [["mixed-releases"], ["mixed-releases"]]
    assert gated.decisions == ()
    (problem,) = gated.result.images[0].problems
    assert problem.outcome is Outcome.FAILED
    assert problem.values["releases"] == {"p/w.2023.16": ["app"], "p/w.2023.15": ["web"]}


def test_a_decision_that_has_lapsed_lets_in_nothing_but_what_runs() -> None:
    lapsed = (_allowed(NEW, lapsed=True),)
    gated = _gated(APP, WEB, decisions=lapsed)
    assert (_codes(gated), gated.decisions) == ([["lapsed"], ["lapsed"]], ())
    assert gated.result.images[0].problems[0].outcome is Outcome.ERRORED
    app = NEW.release.images[0].digest
    assert _codes(_gated(APP, WEB, decisions=lapsed, running=(app,))) == [[], ["lapsed"]]


def test_without_a_decision_nothing_but_what_runs_is_let_in() -> None:
    app = NEW.release.images[0].digest
    assert _codes(_gated(APP, WEB, decisions=())) == [["no-decision"], ["no-decision"]]
    assert _codes(_gated(APP, WEB, decisions=(), running=(app,))) == [[], ["no-decision"]]


def test_a_hold_refuses_what_runs_as_well() -> None:
    app = NEW.release.images[0].digest
    gated = _gated(APP, WEB, running=(app,), holds=(BundleHold("H-1", NEW.digest, "it loses data"),))
    assert _codes(gated) == [["held"], ["held"]]
    assert gated.result.images[0].problems[0].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (f"elsewhere.example.org/copy@{NEW.release.images[0].digest}", "foreign-image"),
        (f"{HOST}/other@{digest(99)}", "not-run-here"),
        ("$(IMAGE)", "not-rendered"),
        (f"{HOST}/app:w_16", "no-digest"),
        (f"{HOST}/app@{digest(99)}", "not-in-bundle"),
    ],
)
def test_what_is_wrong_before_any_decision_is_told(image: str, code: str) -> None:
    assert _codes(_gated(image)) == [[code]]


def test_what_nobody_declares_is_refused_where_a_level_of_the_target_says_so() -> None:
    image = "docker.io/library/busybox:1"
    (listed,) = _gated(image).result.images
    assert (listed.unmanaged, listed.problems) == (True, ())
    refusing = (_place(FIRST, "app"), _place(SECOND, "web", refuses_unmanaged=True))
    assert _codes(_gated(image, places=refusing)) == [["unmanaged-image"]]
    assert _codes(_gated(image, places=refusing, target="summit/first")) == [[]]


def test_an_image_of_another_release_than_the_asked_one_is_refused() -> None:
    assert _codes(_gated(APP, WEB, asked=NEW)) == [[], []]
    assert _codes(_gated(APP, OLD_WEB, asked=NEW)) == [[], ["other-release"]]


def test_of_several_places_the_one_of_the_objects_namespace_is_meant() -> None:
    places = (_place(FIRST, "app", namespace="one"), _place(SECOND, "app", namespace="two"))

    def told(namespace: str | None) -> list[Place | None]:
        return [each.place for each in _gated(APP, places=places, namespace=namespace).result.images]

    assert told("two") == [SECOND]
    assert told(None) == told("three") == [FIRST, SECOND]
