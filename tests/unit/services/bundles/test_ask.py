"""What a bundle says of releases and images at a place."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain.bundle import AllowedBecause, AllowedImage, BundleHold, BundleRelease
from ldmrelease.domain.decision import Decision, Finding, Outcome, Phase, Verdict
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.images import PlatformImage
from ldmrelease.domain.release import Component, Release, release_digest
from ldmrelease.domain.topology import ComponentKind, Place
from ldmrelease.services.bundles.allow_list import without_held
from ldmrelease.services.bundles.ask import BundleFinding, BundleQuestions, BundleVerdict
from tests.bundles import AS_OF, PLACE, Made, digest

REPOSITORY = "registry.example.org/app"
INDEX, MANIFEST, CONFIG = digest(10), digest(11), digest(12)
LATER = AS_OF + timedelta(hours=6)


def _release(tag: str = "w.2023.16", index: str = INDEX) -> BundleRelease:
    platforms = (PlatformImage("linux/amd64", MANIFEST, CONFIG),) if index == INDEX else ()
    image = Component("app", ComponentKind.IMAGE, REPOSITORY, tag, index, platforms)
    release = Release("p", tag, "weekly", (image,), (), None)
    return BundleRelease(release_digest(release), 1, release)


def _decision(
    verdict: Verdict, release: BundleRelease, when: datetime | None = None, until: datetime | None = None
) -> Decision:
    outcome = {Verdict.WAITING: Outcome.PENDING, Verdict.REFUSED: Outcome.FAILED}.get(
        verdict, Outcome.SATISFIED
    )
    finding = Finding("soak", "after", Phase.ENTER, outcome, "soaking", when=when)
    return Decision(
        Intent.PROMOTE, PLACE, "production", digest(1), release.digest, release.release.name, digest(2), AS_OF,
        verdict, (finding,), until,
    )  # fmt: skip


def _asked(
    *decisions: Decision,
    releases: tuple[BundleRelease, ...] = (_release(),),
    at: datetime = AS_OF,
    allowed: dict[str, AllowedBecause] | None = None,
    **change: Any,
) -> BundleQuestions:
    return BundleQuestions(Made().bundle(allowed, releases=releases, decisions=decisions, **change), at)


def _of_image(questions: BundleQuestions, image: str = INDEX, **more: Any) -> BundleFinding:
    return questions.of_image(PLACE, more.pop("repository", REPOSITORY), image, **more)


@pytest.mark.parametrize("verdict", [Verdict.ALLOWED, Verdict.REFUSED, Verdict.UNDECIDED, Verdict.WAITING])
def test_a_release_and_each_digest_of_its_image_are_what_was_decided(verdict: Verdict) -> None:
    release = _release()
    questions = _asked(_decision(verdict, release))
    for name in ("p/w.2023.16", release.digest):
        assert questions.of_release(PLACE, name).verdict == str(verdict)
    for each in (INDEX, MANIFEST, CONFIG):
        found = _of_image(questions, each)
        assert (found.verdict, found.release) == (str(verdict), "p/w.2023.16")
        assert found.decision is not None


def test_what_waits_says_until_when_and_goes_on_waiting_behind_it() -> None:
    decision = _decision(Verdict.WAITING, _release(), when=LATER)
    found = _of_image(_asked(decision))
    assert (found.verdict, found.code, found.eligible_at) == (BundleVerdict.WAITING, "decided", LATER)
    late = _of_image(_asked(decision, at=LATER))
    assert (late.verdict, late.code) == (BundleVerdict.WAITING, "decide-again")


def test_a_decision_that_has_lapsed_says_nothing() -> None:
    decision = _decision(Verdict.ALLOWED, _release(), until=LATER)
    assert _of_image(_asked(decision, at=LATER)).verdict is BundleVerdict.ALLOWED
    late = _of_image(_asked(decision, at=LATER + timedelta(seconds=1)))
    assert (late.verdict, late.code) == (BundleVerdict.UNDECIDED, "lapsed")


def test_what_runs_there_is_allowed_where_nothing_is_decided_any_more() -> None:
    lapsed = _decision(Verdict.ALLOWED, _release(), until=AS_OF - timedelta(hours=1))
    for because in (AllowedBecause.RUNNING, AllowedBecause.ADMITTED):
        for decisions in ((), (lapsed,)):
            found = _of_image(_asked(*decisions, allowed={INDEX: because}))
            assert (found.verdict, found.code) == (BundleVerdict.ALLOWED, "running")
    assert _of_image(_asked(lapsed, allowed={INDEX: AllowedBecause.APPLYING})).code == "lapsed"
    refused = _decision(Verdict.REFUSED, _release())
    found = _of_image(_asked(refused, allowed={INDEX: AllowedBecause.RUNNING}))
    assert found.verdict is BundleVerdict.REFUSED, "a decision goes before"


def test_an_image_of_several_releases_may_enter_as_a_part_of_any() -> None:
    first, second = _release(), _release("w.2023.17")
    decisions = (_decision(Verdict.REFUSED, first), _decision(Verdict.WAITING, second, when=LATER))
    found = _of_image(_asked(*decisions, releases=(first, second)))
    assert (found.verdict, found.release) == (BundleVerdict.WAITING, "p/w.2023.17")


def test_what_is_not_said_of_one_of_its_releases_goes_before_the_refusal_of_another() -> None:
    first, second = _release(), _release("w.2023.17")
    decisions = (_decision(Verdict.REFUSED, first), _decision(Verdict.UNDECIDED, second))
    found = _of_image(_asked(*decisions, releases=(first, second)))
    assert (found.verdict, found.release) == (BundleVerdict.UNDECIDED, "p/w.2023.17")


def test_a_decision_about_a_component_that_does_not_run_there_lets_no_image_in() -> None:
    """Its release may enter the place, and by another image."""
    allowed = _release()
    other = Component("other", ComponentKind.IMAGE, "registry.example.org/other", "w_2023_16", digest(20))
    release = Release("p", "w.2023.16", "weekly", (*allowed.release.images, other), (), None)
    pinned = BundleRelease(release_digest(release), 1, release)
    questions = _asked(_decision(Verdict.ALLOWED, pinned), releases=(pinned,))
    assert _of_image(questions).verdict is BundleVerdict.ALLOWED
    found = _of_image(questions, digest(20), repository="registry.example.org/other")
    assert found.verdict is BundleVerdict.UNMANAGED


def test_a_release_and_its_name_in_a_menu_are_decided_apart() -> None:
    release = _release()
    alias = replace(_decision(Verdict.REFUSED, release), intent=Intent.ALIAS)
    questions = _asked(_decision(Verdict.ALLOWED, release), alias)
    assert questions.of_release(PLACE, release.digest).verdict is BundleVerdict.ALLOWED
    assert questions.of_release(PLACE, release.digest, Intent.ALIAS).verdict is BundleVerdict.REFUSED
    unasked = _asked(_decision(Verdict.ALLOWED, release)).of_release(PLACE, release.digest, Intent.ALIAS)
    assert unasked.verdict is BundleVerdict.UNDECIDED


def test_what_the_bundle_does_not_know_is_undecided_and_what_is_nobodys_is_unmanaged() -> None:
    questions = _asked()
    assert questions.of_release(PLACE, "p/w.2099.01").code == "unknown-release"
    assert questions.of_release(PLACE, "p/w.2023.16").code == "unknown-release", (
        "there is no decision about it"
    )
    assert _of_image(questions, digest(99)).code == "unknown-image"
    assert _of_image(questions, digest(99), repository=None).verdict is BundleVerdict.UNDECIDED
    found = _of_image(questions, digest(99), repository="registry.example.org/other")
    assert found.verdict is BundleVerdict.UNMANAGED
    elsewhere = Place("base", "ocps")
    for unknown in (
        questions.of_release(elsewhere, "p/w.2023.16"),
        questions.of_image(elsewhere, None, INDEX),
    ):
        assert (unknown.verdict, unknown.code) == (BundleVerdict.UNDECIDED, "unknown-place")


def test_another_cluster_is_undecided() -> None:
    questions = _asked(_decision(Verdict.ALLOWED, _release()))
    assert _of_image(questions, cluster="uid").verdict is BundleVerdict.ALLOWED
    found = _of_image(questions, cluster="another")
    assert (found.verdict, found.code) == (BundleVerdict.UNDECIDED, "other-cluster")


def test_a_hold_refuses_what_would_enter_and_what_runs_only_where_the_level_says_so() -> None:
    decision = _decision(Verdict.ALLOWED, _release())
    for held in (INDEX, _release().digest):
        hold = BundleHold("H-1", held, "it loses data")
        assert _of_image(_asked(decision, holds=(hold,))).code == "held"
        assert (
            _asked(decision, holds=(hold,)).of_release(PLACE, "p/w.2023.16").verdict is BundleVerdict.REFUSED
        )
    running = {INDEX: AllowedBecause.RUNNING}
    hold = BundleHold("H-1", INDEX, "it loses data")
    assert _of_image(_asked(decision, allowed=running, holds=(hold,))).verdict is BundleVerdict.ALLOWED
    hold = BundleHold("H-1", INDEX, "it loses data", stops_what_runs=True)
    assert _of_image(_asked(decision, allowed=running, holds=(hold,))).verdict is BundleVerdict.REFUSED


def test_a_hold_takes_off_the_list_what_was_only_let_in() -> None:
    images = [
        AllowedImage(digest(number), PLACE, "p/app", because) for number, because in enumerate(AllowedBecause)
    ]
    by_digest = {each.digest: each.because for each in images}

    def left(*, stops_what_runs: bool) -> set[AllowedBecause]:
        holds = [BundleHold("H", each, "", stops_what_runs) for each in by_digest]
        return {each.because for each in without_held(images, holds)}

    assert left(stops_what_runs=False) == {AllowedBecause.RUNNING}
    assert left(stops_what_runs=True) == set()
    assert without_held(images, ()) == tuple(images)
