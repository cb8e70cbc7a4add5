"""The fence of a GitOps place: who comes late, or with another ledger, writes nothing."""

import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.topology import Place
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal, Written
from tests.real.gitops.settings import BEFORE, OURS, write
from tests.real.gitops.site import (
    FENCE,
    FILE,
    SUMMIT,
    VALUES,
    Promoter,
    fence_at,
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
    assert fence_at(target(spec), access) == Promoter().grant().fence
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
    fence = fence_at(target(spec), access)
    assert fence is not None
    assert fence.size == 12
    assert git(directory, "rev-list", "--count", "refs/ldmrelease/summit/nublado") == "2"


@pytest.mark.parametrize("what", ["main", "main:FILE", "main^{tree}", "tag"])
def test_a_ref_of_the_fence_that_names_anything_else_is_replaced(
    place: tuple[str, Path], access: Access, what: str
) -> None:
    """Whoever can push can point it at a branch, at a file, at a folder, at a tag."""
    spec, directory = place
    if what == "tag":
        git(directory, "tag", "-a", "-m", "no fence", "junk", "main")
        what = "refs/tags/junk"
    git(directory, "update-ref", FENCE, what.replace("FILE", FILE))
    assert registry.fence_of(target(spec), SUMMIT, access) == b""
    assert isinstance(write(target(spec), access), Written)
    assert fence_at(target(spec), access) == Promoter().grant().fence


def test_the_command_that_takes_a_fence_away_does_so(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    claim(spec, access, Promoter())
    command = registry.fence_removal(target(spec), SUMMIT)
    around = directory.parent if "//" not in spec else directory
    subprocess.run(command, shell=True, check=True, cwd=around, capture_output=True)
    assert registry.fence_of(target(spec), SUMMIT, access) is None
