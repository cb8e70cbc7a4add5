"""The fence in a cluster: whoever was taken over writes nothing from then on; a kill anywhere is made good."""

import shlex
import subprocess
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.topology import Place
from ldmrelease.domain.workload_selection import ClusterAccess
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal, Written
from ldmrelease.targets.stores.kubernetes_fence import EPOCH, MARK, NAME, key_of
from tests.fences import fence_in
from tests.real.gitops.site import SUMMIT, Promoter
from tests.real.kube import objects
from tests.real.kube.access import Account, rule
from tests.real.kube.api import Kube
from tests.real.kube.audit import AuditLog
from tests.real.kube.target_site import NEW, NEWER, OLD, Site, create, pod, selection, site, without_ours

pytestmark = pytest.mark.real

EARLIER, LATER = Promoter(epoch=7, promotion="p-1"), Promoter(epoch=9, promotion="p-2")
NAMES = ("a", "b")


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.fixture
def two(kube: Kube, namespace: str, cluster_access: ClusterAccess, tmp_path: Path) -> Site:
    """Two Deployments of one place."""
    for name in NAMES:
        create(kube, objects.deployment(namespace, name, pod(), replicas=0))
    chosen = [selection("Deployment", name) for name in NAMES]
    return site(kube, namespace, cluster_access, tmp_path, *chosen)


def fence_of(at: Site, place: Place = SUMMIT) -> Fence | None:
    kept = registry.fence_of(at.target, place, at.access)
    return fence_in(kept, place) if kept is not None else None


def said(at: Site, name: str) -> tuple[dict, dict]:
    """What a promotion may change, and it alone: annotations and template."""
    found = at.get("Deployment", name)
    own = {key: value for key, value in found["metadata"]["annotations"].items() if "ldmrelease" in key}
    return own, found["spec"]["template"]


def observed(at: Site, told: Callable[[str, str], None]) -> Access:
    return Access(at.access.workspace, told)


def test_a_claim_moves_the_fence_and_marks_every_workload(two: Site):
    assert fence_of(two) is None
    claimed = two.claim(EARLIER)
    assert isinstance(claimed, Written)
    assert not claimed.found
    assert fence_of(two) == EARLIER.grant().fence
    epochs = {
        two.get("Deployment", name)["metadata"]["annotations"]["ldmrelease.dev/epoch"] for name in NAMES
    }
    assert epochs == {"7"}


def test_a_second_claim_finds_everything_there(two: Site):
    two.claim(EARLIER)
    again = two.claim(EARLIER)
    assert isinstance(again, Written)
    assert again.found


@pytest.mark.parametrize(
    ("promoter", "code"),
    [
        (EARLIER, "fenced"),
        (Promoter(epoch=11, promotion="p-3", ledger="ledger-2"), "other-ledger"),
        (Promoter(epoch=11, promotion="p-3", extends=lambda _: False), "ledger-behind"),
    ],
)
def test_who_may_not_write_neither_claims_nor_writes(two: Site, promoter: Promoter, code: str):
    two.claim(LATER)
    before = [said(two, name) for name in NAMES]
    for answer in (two.claim(promoter), two.write(promoter=promoter)):
        assert isinstance(answer, Refusal)
        assert answer.code == code
    assert [said(two, name) for name in NAMES] == before
    assert fence_of(two) == LATER.grant().fence


def test_a_late_holder_gets_409_and_writes_nothing_after_the_claim(
    two: Site, account: Callable[..., Account], audit_log: AuditLog
):
    rules = [rule("get list patch", "deployments", group="apps"), rule("get create update", "configmaps")]
    late = account("late", rules=rules)
    two.claim(EARLIER)
    mark: list[int] = []

    def take_over_before_the_first_write(phase: str, what: str) -> None:
        if phase == "before" and what.endswith("/deployments/a") and not mark:
            assert isinstance(two.claim(LATER), Written)
            mark.append(audit_log.mark())

    access = ClusterAccess(late.context, str(late.kubeconfig))
    theirs = replace(two.target, workloads=replace(two.target.workloads, cluster=access))
    edits = two.edits()
    refusal = registry.write(
        theirs,
        edits,
        observed(two, take_over_before_the_first_write),
        expect=dict.fromkeys(edits, OLD),
        grant=EARLIER.grant(),
    )
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["promotion"]) == ("fenced", "p-2")
    entries = audit_log.wait(lambda each: each.user == late.user and each.code == 409, mark[0])
    assert [each for each in entries if each.user == late.user and each.wrote] == []
    assert two.images() == {OLD}


def test_a_late_holder_is_known_though_somebody_has_deleted_the_fence(two: Site):
    two.claim(LATER)
    two.kube.delete("ConfigMap", two.namespace, NAME)
    before = [said(two, name) for name in NAMES]
    for answer in (two.claim(EARLIER), two.write(promoter=EARLIER)):
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.values["epoch"]) == ("marked-later", 9)
    assert [said(two, name) for name in NAMES] == before
    assert isinstance(two.write(promoter=LATER), Written), "whose epoch it is goes on"


def test_a_holder_who_is_taken_over_between_two_workloads_stops_there(two: Site):
    two.claim(EARLIER)

    def take_over_before_the_second(phase: str, what: str) -> None:
        if (phase, what.rpartition("/")[2]) == ("before", "b"):
            two.claim(LATER)

    refusal = two.write(promoter=EARLIER, access=observed(two, take_over_before_the_second))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "fenced"
    assert two.snapshot().values == {"Deployment/a/main": NEW, "Deployment/b/main": OLD}


def kills_at(number: int) -> Callable[[str, str], None]:
    """An observer that ends the process at the call with this number, from 0."""
    calls = count()

    def told(_phase: str, _what: str) -> None:
        if next(calls) == number:
            raise Killed

    return told


def test_a_kill_at_any_request_of_claim_and_write_is_made_good(
    kube: Kube,
    namespace: str,
    cluster_access: ClusterAccess,
    tmp_path: Path,
):
    """The ConfigMap, two marks, the checkpoint, two images: before and after each."""
    for number in count():
        chosen = [selection("Deployment", f"{name}-{number}") for name in NAMES]
        fresh = site(kube, namespace, cluster_access, tmp_path, *chosen)
        for each in chosen:
            create(kube, objects.deployment(namespace, each.name or "", pod(), replicas=0))
        before = [without_ours(fresh.get("Deployment", each.name or "")) for each in chosen]
        place = Place("summit", f"kill-{number}")
        killed = promoted(fresh, place, kills_at(number))
        assert not promoted(fresh, place, lambda _phase, _what: None)
        assert fresh.images() == {NEW}
        assert [without_ours(fresh.get("Deployment", each.name or "")) for each in chosen] == before
        assert fence_of(fresh, place) == EARLIER.grant(size=8, place=place).fence
        if not killed:
            break
    assert number == 12


def promoted(at: Site, place: Place, told: Callable[[str, str], None]) -> bool:
    """Claim and write; whether that was killed."""
    access = observed(at, told)
    edits = at.edits()
    try:
        assert isinstance(registry.claim(at.target, access, EARLIER.grant(size=7, place=place)), Written)
        grant = EARLIER.grant(size=8, place=place)
        written = registry.write(at.target, edits, access, expect=dict.fromkeys(edits, OLD), grant=grant)
        assert isinstance(written, Written)
    except Killed:
        return True
    return False


def test_a_write_moves_the_checkpoint_of_the_fence_on(two: Site):
    two.claim(EARLIER)
    edits = two.edits()
    later = EARLIER.grant(size=50)
    registry.write(two.target, edits, two.access, expect=dict.fromkeys(edits, OLD), grant=later)
    found = fence_of(two)
    assert found is not None
    assert found.size == 50


def test_places_of_a_namespace_have_fences_of_their_own(two: Site):
    other = Place("summit", "prompt")
    two.claim(EARLIER)
    answer = registry.claim(two.target, two.access, LATER.grant(place=other))
    assert isinstance(answer, Written)
    assert fence_of(two) == EARLIER.grant().fence
    assert fence_of(two, other) == LATER.grant(place=other).fence
    data = two.get("ConfigMap", "ldmrelease")["data"]
    kept = {"summit.nublado": SUMMIT, "summit.prompt": other}
    assert data.keys() == kept.keys()
    epochs = {key: fence_in(data[key].encode(), place).epoch for key, place in kept.items()}
    assert epochs == {"summit.nublado": 7, "summit.prompt": 9}


def test_names_with_dots_do_not_meet_in_one_key():
    assert key_of(Place("a.b", "c")) != key_of(Place("a", "b.c"))


def test_what_stands_for_the_fence_and_does_not_count_stops_nobody(two: Site):
    """In the ConfigMap, and as the annotation of a workload."""
    two.claim(EARLIER)
    forged = canonical.encode(replace(LATER.grant().fence, epoch=10**6)).decode()
    two.kube.patch("ConfigMap", two.namespace, "ldmrelease", {"data": {key_of(SUMMIT): forged}})
    marks = {MARK: forged, EPOCH: "1000000"}
    two.kube.patch("Deployment", two.namespace, "a", {"metadata": {"annotations": marks}})
    assert isinstance(two.write(promoter=EARLIER), Written)
    assert two.images() == {NEW}
    assert fence_of(two) == EARLIER.grant().fence
    assert said(two, "a")[0][EPOCH] == "7"


@pytest.mark.usefixtures("kubectl")
def test_the_command_that_takes_a_fence_away_does_so(two: Site):
    two.claim(EARLIER)
    command = registry.fence_removal(two.target, SUMMIT)
    subprocess.run(shlex.split(command), check=True, capture_output=True)
    assert fence_of(two) is None


def test_a_take_over_while_others_write_marks_all_the_same(two: Site):
    """Another manager changes the workload just before each mark."""
    turns: list[int] = []

    def meddle(phase: str, what: str) -> None:
        if phase == "before" and what.startswith("PATCH") and len(turns) < 5:
            turns.append(len(turns))
            for name in NAMES:
                change = {"metadata": {"annotations": {"other.example/turn": str(len(turns))}}}
                two.kube.patch("Deployment", two.namespace, name, change)

    access = observed(two, meddle)
    assert isinstance(registry.claim(two.target, access, LATER.grant()), Written)
    assert len(turns) == 5
    for name in NAMES:
        annotations = two.get("Deployment", name)["metadata"]["annotations"]
        assert annotations["ldmrelease.dev/epoch"] == "9"
        assert annotations["other.example/turn"] == "5"


def test_the_next_promotion_takes_the_place_over_from_the_last(two: Site):
    two.claim(EARLIER)
    two.write(promoter=EARLIER)
    two.claim(LATER)
    assert isinstance(two.write(NEWER, LATER, expect=NEW), Written)
    annotations = two.get("Deployment", "a")["metadata"]["annotations"]
    assert annotations["ldmrelease.dev/epoch"] == "9"
    assert annotations["ldmrelease.dev/promotion"] == "p-2"
