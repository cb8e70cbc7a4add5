"""The fence of a GitOps place: who comes late, or with another ledger, writes nothing."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Place
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.fence import Fence
from ldmrelease.targets.results import Refusal, Written
from tests.real.gitops.settings import BEFORE, OURS, write
from tests.real.gitops.site import (
    SUMMIT,
    VALUES,
    Promoter,
    git,
    show,
    target,
)

pytestmark = pytest.mark.real


def claim(place: str, access: Access, promoter: Promoter) -> Written | Refusal | Unavailable:
    return registry.claim(target(place), access, promoter.grant())


def test_a_claim_moves_the_fence_and_nothing_else(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    tip = git(directory, "rev-parse", "main")
    assert registry.fence_of(target(spec), SUMMIT, access) is None
    first = claim(spec, access, Promoter())
    assert isinstance(first, Written)
    assert claim(spec, access, Promoter()) == replace(first, found=True)
    assert git(directory, "rev-parse", "main") == tip
    assert registry.fence_of(target(spec), SUMMIT, access) == Promoter().grant().fence
    assert registry.fence_of(target(spec), Place("base", "nublado"), access) is None


def test_a_holder_that_wakes_up_late_fails_at_its_first_write(
    place: tuple[str, Path], access: Access
) -> None:
    spec, directory = place
    claim(spec, access, Promoter(7, "p-1"))
    claim(spec, access, Promoter(9, "p-2"))
    refs = git(directory, "for-each-ref")
    late = write(target(spec), access, Promoter(7, "p-1"))
    assert isinstance(late, Refusal)
    assert late.code == "fenced"
    assert late.values["promotion"] == "p-2"
    assert git(directory, "for-each-ref") == refs
    assert isinstance(write(target(spec), access, Promoter(9, "p-2")), Written)


def test_a_takeover_between_look_and_write_rejects_the_stale_holder(
    place: tuple[str, Path], tmp_path: Path
) -> None:
    spec, directory = place

    def take_over(phase: str, what: str) -> None:
        if (phase, what) in {("before", "push"), ("before", "update-ref")} and not done:
            done.append(claim(spec, Access(tmp_path), Promoter(9, "p-2")))

    done: list[object] = []
    late = write(target(spec), Access(tmp_path / "own" if "//" in spec else tmp_path, take_over))
    assert isinstance(done[0], Written)
    assert isinstance(late, Refusal)
    assert late.code == "fenced"
    assert show(directory) == VALUES


def test_another_ledgers_place_is_refused(place: tuple[str, Path], access: Access) -> None:
    spec, _ = place
    claim(spec, access, Promoter())
    refusal = write(target(spec), access, Promoter(99, "p-9", ledger="ledger-2"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "other-ledger"
    refusal = claim(spec, access, Promoter(99, "p-9", ledger="ledger-2"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "other-ledger"


def test_a_ledger_that_lacks_what_the_fence_saw_is_refused(place: tuple[str, Path], access: Access) -> None:
    spec, _ = place
    claim(spec, access, Promoter(7))
    seen: list[Fence] = []

    def extends(fence: Fence) -> bool:
        seen.append(fence)
        return False

    refusal = write(target(spec), access, Promoter(9, "p-2", extends=extends))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "ledger-behind"
    assert seen == [Promoter(7).grant().fence]


def test_every_write_leaves_the_ledgers_size_at_the_fence(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    claim(spec, access, Promoter())
    registry.write(target(spec), OURS, access, expect=BEFORE, grant=Promoter().grant(size=12))
    fence = registry.fence_of(target(spec), SUMMIT, access)
    assert isinstance(fence, Fence)
    assert fence.size == 12
    assert git(directory, "rev-list", "--count", "refs/ldmrelease/summit/nublado") == "2"


def test_a_fence_that_we_did_not_write_stops_us(tree: Path, access: Access) -> None:
    git(tree, "update-ref", "refs/ldmrelease/summit/nublado", "main")
    refusal = write(target("conf"), access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no-file"
