"""Desired (git), decided (ledger), observed (cluster): every combination has one kind, and somebody who settles it."""

from datetime import UTC, datetime
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.answers.sentences.drift import SETTLES, drift_words, fix_words, settled_words
from ldmrelease.domain.images import digest_of
from ldmrelease.domain.site_registry import ForeignImage
from ldmrelease.domain.topology import Place
from ldmrelease.services.inventory.admitted import AdmittedImage, ImageAdmission, PendingImage, PinnedTag
from ldmrelease.services.inventory.drift import (
    DRIFTS,
    OF_CONTROLLERS,
    ComparedStates,
    Drift,
    Settler,
    differing_states,
    drifts,
)
from ldmrelease.services.inventory.drift_report import DriftFinding, DriftReport
from ldmrelease.services.inventory.rendered_image import RENDERED_OTHERWISE
from ldmrelease.services.inventory.settlers import ACTS, settlers_of
from ldmrelease.services.inventory.trees import DeclaredImage, RunningContainer
from ldmrelease.trust.keyring import Key, Keyring, Role

OLD, GOOD, NEW, MOVED = (digest_of(each.encode()) for each in ("old", "good", "new", "moved"))
DECIDED = AdmittedImage(
    ImageAdmission("stack/w.2023.15", "w_2023_15", GOOD, "P-2", "2023-04-20T12:00:00Z"), frozenset({GOOD})
)
PENDING = PendingImage("P-3", "stack/w.2023.16", frozenset({NEW}), ("approver",))
FOREIGN = ForeignImage("values.yaml", 3, "image.repository", "evil.example/x", ("registry.example/scipipe",))


def tree(digest: str | None, tag: str = "w_2023_15", **more: Any) -> DeclaredImage:
    return DeclaredImage("scipipe", "image.tag", tag, digest, True, **more)


def pods(spec: str, *running: str, by_hand: bool = False, settled: bool = True) -> RunningContainer:
    image = f"registry.example/scipipe@{spec}"
    manager = "kubectl-edit" if by_hand else "argocd-controller"
    return RunningContainer(
        "Deployment/a", "main", "scipipe", image, spec, running or (spec,), "healthy", settled, "", manager, "t",
        by_hand,
    )  # fmt: skip


# What the tree asks for, what was decided, what runs, and more; the kinds of the differences; which states differ.
CASES: dict[str, tuple[ComparedStates, list[str]]] = {
    "all agree": (ComparedStates(tree(GOOD), pods(GOOD), DECIDED, None), []),
    "nothing is known anywhere": (ComparedStates(None, None, None, None), []),
    "git is ahead of the decision": (ComparedStates(tree(NEW, "w_2023_16"), None, DECIDED, None), ["undecided"]),
    "git is ahead of the decision, and it runs": (
        ComparedStates(tree(NEW, "w_2023_16"), pods(NEW), DECIDED, None), ["undecided"],
    ),
    "in git, and nothing was ever decided": (ComparedStates(tree(NEW), pods(NEW), None, None), ["undecided"]),
    "running without git, and nothing was ever decided": (ComparedStates(None, pods(NEW), None, None), ["undecided"]),
    "decided, committed, and taken back in git": (
        ComparedStates(tree(OLD, "w_2023_14"), pods(OLD), DECIDED, None, earlier=frozenset({OLD})), ["reverted"],
    ),
    "decided, and not committed": (
        ComparedStates(tree(GOOD), pods(GOOD), DECIDED, None, pending=PENDING), ["not-committed"],
    ),
    "decided, and being committed now": (
        ComparedStates(tree(GOOD), pods(GOOD), DECIDED, frozenset({NEW})), [],
    ),
    "committed, and not synced": (ComparedStates(tree(GOOD), pods(OLD), DECIDED, None), ["not-synced"]),
    "committed and synced, and not rolled out": (
        ComparedStates(tree(GOOD), pods(GOOD, OLD), DECIDED, None), ["not-rolled-out"],
    ),
    "ahead of the decision, and not synced": (
        ComparedStates(tree(NEW, "w_2023_16"), pods(GOOD), DECIDED, None), ["undecided", "not-synced"],
    ),
    "changed in the cluster by hand, beside git": (
        ComparedStates(tree(GOOD), pods(NEW, by_hand=True), DECIDED, None), ["spec-differs"],
    ),
    "changed in the cluster by hand, without git": (
        ComparedStates(None, pods(NEW, by_hand=True), DECIDED, None), ["spec-differs"],
    ),
    "running, and switched off in git": (
        ComparedStates(tree(GOOD), pods(GOOD), DECIDED, None, switched_off=True), ["not-desired"],
    ),
    "switched off in git, and nothing runs": (
        ComparedStates(tree(GOOD), replace(pods(GOOD), digests=()), DECIDED, None, switched_off=True), [],
    ),
    "the decided tag names another image now": (ComparedStates(tree(MOVED), None, DECIDED, None), ["moved-tag"]),
    "git names an image that there is not": (ComparedStates(tree(None, "w_9"), None, DECIDED, None), ["absent-image"]),
    "git names what can be no image": (
        ComparedStates(tree(None, "", invalid="2.0.0 "), None, DECIDED, None), ["not-a-tag"],
    ),
    "git names another repository": (
        ComparedStates(tree(None, image="evil.example/x:1", foreign=FOREIGN), pods(GOOD), DECIDED, None),
        ["foreign-image"],
    ),
    "git names a digest that is not the tag's": (
        ComparedStates(tree(NEW, by_digest=True), None, DECIDED, None, PinnedTag(GOOD, frozenset({GOOD}))),
        ["tag-differs"],
    ),
    "the registry does not answer, and the cluster does": (
        ComparedStates(replace(tree(None), resolved=False), pods(GOOD), DECIDED, None), [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("states", "kinds"), CASES.values(), ids=CASES)
def test_each_difference_has_one_kind(states: ComparedStates, kinds: list[str]) -> None:
    assert [each.code for each in drifts(states)] == kinds


def test_every_kind_is_in_the_table() -> None:
    covered = {kind for _, kinds in CASES.values() for kind in kinds}
    assert covered == set(DRIFTS) - {RENDERED_OTHERWISE, *OF_CONTROLLERS}


TREES = (None, tree(GOOD), tree(OLD, "w_2023_14"), tree(NEW, "w_2023_16"), tree(None, "w_9"))
PODS = (
    None, pods(GOOD), pods(OLD), pods(NEW), pods(GOOD, OLD), pods(NEW, by_hand=True), pods(GOOD, settled=False)
)  # fmt: skip


@pytest.mark.parametrize("off", [False, True])
@pytest.mark.parametrize("pending", [None, PENDING])
@pytest.mark.parametrize("decided", [None, DECIDED])
def test_each_of_all_combinations_is_in_order_or_has_one_kind_for_each_pair_of_states(
    decided: AdmittedImage | None, pending: PendingImage | None, off: bool
) -> None:
    for said, ran in product(TREES, PODS):
        states = ComparedStates(
            said,
            ran,
            decided,
            None,
            earlier=frozenset({OLD} if decided else ()),
            pending=pending,
            switched_off=off,
        )
        found = drifts(states)
        pairs = [differing_states(each.code, each.values) for each in found]
        assert len(set(pairs)) == len(pairs), (states, found)
        agree = decided is not None and said == tree(GOOD) and ran in (None, pods(GOOD)) and pending is None
        if not (off and ran is not None):
            assert (found == ()) == (agree or (said, ran) == (None, None) or _decided_runs(states)), (
                states,
                found,
            )


def _decided_runs(states: ComparedStates) -> bool:
    return states.said is None and states.ran == pods(GOOD) and states.allowed is not None


DAY = datetime(2023, 4, 21, tzinfo=UTC)
BEGIN = datetime(2023, 1, 1, tzinfo=UTC)


def key(name: str, person: str, *roles: str, until: datetime | None = None) -> Key:
    return Key(name, name, "", person, roles, BEGIN, until)


KEYRING = Keyring(
    (
        key("ada", "Ada", "release-manager"),
        key("old", "Olga", "release-manager", until=datetime(2023, 2, 1, tzinfo=UTC)),
        key("cleo", "Cleo", "summit-manager", "approver"),
        key("ci", "ci", "runner"),
    ),
    (
        Role("release-manager", ("pin", "request"), ("*",), ("*",)),
        Role("summit-manager", ("request",), ("base",), ("*",)),
        Role("approver", ("approval",), ("*",), ("*",)),
        Role("runner", ("run",), ("*",), ("*",)),
    ),
)
CONTEXT: Any = SimpleNamespace(
    keyring=KEYRING,
    topology=SimpleNamespace(
        product=lambda _: SimpleNamespace(
            component=lambda _: SimpleNamespace(source="registry.example/scipipe")
        )
    ),
)
FIX = ("ldmrelease", "promote", "w.2023.15", "--product", "stack", "--target", "summit/ocps")
COMMIT = {"by": "Ann <ann@x>", "time": "t", "commit": "abc"}


def settlers(drift: Drift, environment: str = "summit") -> tuple[Settler, ...]:
    finding = DriftFinding(
        Place(environment, "ocps"), "commissioning", "stack", "scipipe", "", drift.code, drift.values, FIX
    )
    return settlers_of(CONTEXT, DriftReport((finding,), (), 1), DAY).drift[0].settlers


def told(drift: Drift) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {each.role: (each.act, each.people) for each in settlers(drift)}


ASKED = {"release-manager": ("ask-for-a-release", ("Ada",))}
WORKLOAD = {"workload": "Deployment/a", "container": "main", "image": "x", "by": "kubectl-edit", "time": "t"}


@pytest.mark.parametrize(
    ("drift", "who"),
    [
        (Drift("undecided", COMMIT), ASKED | {"author": ("take-back-the-commit", ("Ann <ann@x>",))}),
        (Drift("reverted", COMMIT), ASKED | {"author": ("take-back-the-commit", ("Ann <ann@x>",))}),
        (Drift("undecided", {}), ASKED | {"tree-owner": ("change-the-tree", ())}),
        (Drift("foreign-image", COMMIT), ASKED | {"author": ("take-back-the-commit", ("Ann <ann@x>",))}),
        (Drift("undecided", WORKLOAD), ASKED | {"field-manager": ("undo-the-change", ("kubectl-edit",))}),
        (Drift("spec-differs", WORKLOAD), ASKED | {"field-manager": ("undo-the-change", ("kubectl-edit",))}),
        (
            Drift("spec-differs", WORKLOAD | {"wanted": "y"}),
            {"sync-operator": ("sync", ()), "field-manager": ("undo-the-change", ("kubectl-edit",))},
        ),
        (Drift("not-committed", {"who": ["approver"]}), {"approver": ("resume", ("Cleo",))}),
        (Drift("not-committed", {"who": []}), {"release-manager": ("resume", ("Ada",))}),
        (
            Drift("moved-tag", {}),
            {"image-publisher": ("push-the-decided-image", ()), "release-manager": ("pin-again", ("Ada",))},
        ),
        (Drift("not-synced", WORKLOAD), {"sync-operator": ("sync", ("kubectl-edit",))}),
        (Drift("not-rolled-out", WORKLOAD), {"cluster-operator": ("see-to-the-rollout", ())}),
        (
            Drift("not-desired", WORKLOAD),
            {"sync-operator": ("sync", ()), "tree-owner": ("change-the-tree", ())},
        ),
        (Drift("rendered-otherwise", {}), {"tree-owner": ("change-the-tree", ())}),
    ],
)
def test_who_could_settle_it_is_told_by_role_and_by_name(
    drift: Drift, who: dict[str, tuple[str, tuple[str, ...]]]
) -> None:
    assert told(drift) == who


@pytest.mark.parametrize("code", DRIFTS)
def test_every_kind_has_somebody_and_words(code: str) -> None:
    found = settlers(Drift(code, {"who": []}))
    assert found
    assert {each.act for each in found} <= set(ACTS) == set(SETTLES)
    assert settled_words(found)
    assert fix_words(code, {"decided": "x"})


def test_a_role_counts_where_it_may_ask() -> None:
    assert [each.role for each in settlers(Drift("undecided", {}), "base")] == [
        "release-manager",
        "summit-manager",
        "tree-owner",
    ]


def test_commands_are_of_those_who_type_them() -> None:
    asks, reverts = settlers(Drift("undecided", COMMIT))
    assert (asks.command, reverts.command) == (FIX, ("git", "revert", "abc"))


def test_who_would_do_the_same_is_told_together() -> None:
    assert settled_words(settlers(Drift("undecided", COMMIT), "base")) == (
        "release-manager (Ada) or summit-manager (Cleo) asks for a release; "
        "the author of the line (Ann <ann@x>) takes back the commit"
    )


@pytest.mark.parametrize("name", [name for name, (_, kinds) in CASES.items() if kinds])
def test_each_difference_has_a_sentence(name: str) -> None:
    for each in drifts(CASES[name][0]):
        assert drift_words(each.code, each.values)
