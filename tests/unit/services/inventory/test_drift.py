"""Drift: what counts as a difference between tree, decision and pods, by the identity of images."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ldmrelease.domain.images import digest_of
from ldmrelease.domain.site_registry import ForeignImage
from ldmrelease.services.inventory.admitted import Admission, AdmittedImage, PinnedTag
from ldmrelease.services.inventory.drift import DRIFTS, ComparedStates, drifts
from ldmrelease.services.inventory.trees import DeclaredImage, RunningContainer

INDEX, MANIFEST, CONFIG, OTHER, ARRIVING = (digest_of(each.encode()) for each in ("i", "m", "c", "o", "a"))
ALLOWED = AdmittedImage(
    Admission("stack/w.2023.16", "w_2023_16", INDEX, "P-2", "2023-04-20T12:00:00Z"),
    frozenset({INDEX, MANIFEST, CONFIG}),
)


def said(digest: str | None = INDEX, tag: str | None = "w_2023_16", resolved: bool = True) -> DeclaredImage:
    return DeclaredImage("scipipe", "image.tag", tag, digest, resolved)


def ran(
    spec: str | None = INDEX,
    pods: tuple[str, ...] = (MANIFEST,),
    *,
    tag: str = "w_2023_16",
    settled: bool = True,
    by_hand: bool = False,
) -> RunningContainer:
    image = f"registry.example/scipipe@{spec}" if spec else f"registry.example/scipipe:{tag}"
    verdict = "healthy" if settled else "degraded"
    manager = "kubectl-set" if by_hand else "argocd-controller"
    return RunningContainer(
        "Deployment/a", "main", "scipipe", image, spec, pods, verdict, settled, "", manager, "t", by_hand
    )


def codes(
    said: DeclaredImage | None = None,
    ran: RunningContainer | None = None,
    allowed: AdmittedImage | None = ALLOWED,
    arriving: frozenset[str] | None = None,
) -> list[str]:
    return [each.code for each in drifts(ComparedStates(said, ran, allowed, arriving))]


@pytest.mark.parametrize("digest", [INDEX, MANIFEST, CONFIG])
def test_every_digest_of_the_decided_image_is_that_image(digest: str):
    assert codes(said(digest)) == []
    assert codes(None, ran(digest, (digest,))) == []
    assert codes(said(INDEX), ran(digest, (MANIFEST,))) == []


@pytest.mark.parametrize(
    ("tree", "code"),
    [
        (said(OTHER, "w_2023_15"), "undecided"),
        (said(OTHER), "moved-tag"),
        (said(None), "absent-image"),
        (said(OTHER, None), "undecided"),
    ],
)
def test_a_tree_that_says_something_else(tree: DeclaredImage, code: str):
    assert codes(tree) == [code]


def test_a_tree_is_undecided_where_nothing_was_decided():
    assert codes(said(), allowed=None) == ["undecided"]


def test_a_tag_that_no_registry_was_asked_about_is_no_drift():
    assert codes(said(None, resolved=False)) == []


def test_a_workload_that_somebody_set_says_who_and_when():
    (found,) = drifts(ComparedStates(None, ran(OTHER, (OTHER,), by_hand=True), ALLOWED, None))
    assert found.code == "spec-differs"
    assert (found.values["by"], found.values["time"], found.values["decided"]) == (
        "kubectl-set",
        "t",
        "w_2023_16",
    )


def test_a_workload_that_runs_what_nobody_decided_is_undecided():
    assert codes(None, ran(OTHER, (OTHER,)), allowed=None) == ["undecided"]


def test_a_workload_behind_its_tree_waits_for_a_sync_unless_somebody_set_it():
    assert codes(said(), ran(OTHER, (OTHER,))) == ["not-synced"]
    assert codes(said(), ran(OTHER, (OTHER,), by_hand=True)) == ["spec-differs"]


def test_a_workload_by_the_decided_tag_is_what_runs_under_it():
    assert codes(None, ran(None, (CONFIG,))) == []
    assert codes(None, ran(None, (OTHER,))) == ["spec-differs"]
    assert codes(None, ran(None, ())) == ["spec-differs"]


def test_a_workload_by_another_tag_is_set_by_somebody_though_its_pods_are_still_the_old_ones():
    assert codes(None, ran(None, (CONFIG,), tag="w_2023_14")) == ["spec-differs"]


def test_a_workload_by_the_trees_tag_whose_pods_run_something_else_is_not_rolled_out():
    assert codes(said(), ran(None, (CONFIG,))) == []
    assert codes(said(), ran(None, (OTHER,))) == ["not-rolled-out"]


def test_pods_that_are_not_all_of_the_image_are_not_rolled_out():
    assert codes(None, ran(pods=(MANIFEST, OTHER))) == ["not-rolled-out"]
    assert codes(None, ran(settled=False)) == ["not-rolled-out"]


def test_an_idle_workload_is_no_drift():
    assert codes(None, ran(pods=())) == []


def test_an_undecided_image_that_was_rolled_out_is_one_drift():
    assert codes(said(OTHER, "w_2023_15"), ran(OTHER, (OTHER,))) == ["undecided"]


def test_a_promotion_at_work_may_have_gone_any_part_of_its_way():
    new = frozenset({ARRIVING})
    trees = [None, said(), said(ARRIVING, "w_2023_17")]
    workloads = [None, ran(), ran(ARRIVING, (ARRIVING, MANIFEST), settled=False)]
    for tree, workload in product(trees, workloads):
        assert codes(tree, workload, arriving=new) == []


def test_a_promotion_at_work_does_not_hide_what_is_neither_old_nor_new():
    assert codes(None, ran(OTHER, (OTHER,), by_hand=True), arriving=frozenset({ARRIVING})) == ["spec-differs"]
    assert codes(said(OTHER, "w_2023_15"), arriving=frozenset({ARRIVING})) == ["undecided"]


FOREIGN = ForeignImage("values.yaml", 3, "image.repository", "evil.example/x", ("registry.example/scipipe",))


def foreign(tree: DeclaredImage) -> DeclaredImage:
    return replace(
        tree, tag=None, digest=None, resolved=True, image="evil.example/x:w_2023_16", foreign=FOREIGN
    )


def test_a_tree_that_names_another_repository_is_that_and_nothing_else():
    (found,) = drifts(ComparedStates(foreign(said()), None, ALLOWED, None))
    assert found.code == "foreign-image"
    assert found.values == {
        "file": "values.yaml",
        "line": 3,
        "path": "image.repository",
        "image": "evil.example/x:w_2023_16",
        "found": "evil.example/x",
        "expected": ["registry.example/scipipe"],
        "decided": "w_2023_16",
    }


def test_a_workload_that_has_not_followed_a_tree_to_another_repository_is_in_order():
    assert codes(foreign(said()), ran()) == ["foreign-image"]


@pytest.mark.parametrize(("digests", "same"), [((MANIFEST,), True), ((OTHER,), None), ((), None)])
def test_a_workload_of_another_repository_says_whether_it_runs_what_was_decided(
    digests: tuple[str, ...], same: bool | None
):
    workload = replace(ran(None, digests), image="evil.example/x:w_2023_16", foreign=FOREIGN)
    for tree in (None, said()):
        (found,) = drifts(ComparedStates(tree, workload, ALLOWED, None))
        assert (found.code, found.values.get("same")) == ("foreign-image", same)
        assert "path" not in found.values


def test_a_digest_is_compared_with_all_that_was_pinned_for_its_tag():
    tree = replace(said(), by_digest=True)
    pinned = PinnedTag(OTHER, frozenset({OTHER}))
    (found,) = drifts(ComparedStates(tree, None, ALLOWED, None, pinned))
    assert (found.code, found.values["digest"], found.values["expected"]) == ("tag-differs", INDEX, OTHER)
    for known in (None, PinnedTag(OTHER, frozenset({OTHER, INDEX}))):
        assert drifts(ComparedStates(tree, None, ALLOWED, None, known)) == ()


_digests = st.sampled_from([INDEX, MANIFEST, CONFIG, OTHER])


def test_pods_are_compared_with_the_decision_while_no_registry_answers():
    assert codes(said(None, resolved=False), ran(None, (MANIFEST,))) == []
    assert codes(said(None, resolved=False), ran(None, (OTHER,))) == ["not-rolled-out"]


_trees = st.builds(said, st.none() | _digests, st.none() | st.sampled_from(["w_2023_16", "x"]))
_workloads = st.builds(
    ran,
    st.none() | _digests,
    st.lists(_digests, unique=True).map(tuple),
    settled=st.booleans(),
    by_hand=st.booleans(),
)


@given(st.none() | _trees, st.none() | _workloads, st.sampled_from([ALLOWED, None]))
def test_pods_of_another_image_are_never_in_order(
    tree: DeclaredImage | None, workload: RunningContainer | None, allowed: AdmittedImage | None
):
    found = codes(tree, workload, allowed)
    assert set(found) <= set(DRIFTS)
    if workload is not None and OTHER in workload.digests:
        assert found
