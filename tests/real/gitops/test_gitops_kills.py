"""A writer of GitOps settings, killed at any point: the same again ends the same."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Written
from tests.real.gitops.settings import AFTER, write
from tests.real.gitops.site import (
    FILE,
    VALUES,
    fence_at,
    git,
    show,
    target,
)

pytestmark = pytest.mark.real


def in_a_child_killed_at(count: int, act: Callable[[Callable[[str, str], None]], object]) -> bool:
    """Run `act` in a process that is killed at the count-th word to its observer; whether it was."""
    child = os.fork()
    if child == 0:
        told = 0

        def kill(phase: str, what: str) -> None:
            nonlocal told
            told += 1
            if told == count:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            act(kill)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_after_a_kill_at_any_point_the_same_again_ends_the_same(
    place: tuple[str, Path], tmp_path: Path
) -> None:
    spec, directory = place
    tip = git(directory, "rev-parse", "main")
    fence = "refs/ldmrelease/summit/nublado"
    for count in range(1, 60):
        killed = in_a_child_killed_at(count, lambda kill: write(target(spec), Access(tmp_path, kill)))
        written = write(target(spec), Access(tmp_path))
        assert isinstance(written, Written), (count, written)
        assert written.unsynced is None
        assert git(directory, "rev-parse", "main~") == tip
        assert show(directory) == AFTER
        assert fence_at(target(spec), Access(tmp_path)) is not None
        if directory.name == "conf":
            assert git(directory, "status", "--porcelain") == ""
            assert (directory / FILE).read_bytes().decode() == AFTER
        strays = [each for each in tmp_path.rglob("*") if each.suffix in {".lock", ".new", ".json"}]
        assert strays == []
        if not killed:
            break
        git(directory, "update-ref", "refs/heads/main", tip)
        git(directory, "update-ref", "-d", fence)
        if directory.name == "conf":
            git(directory, "reset", "-q", "--hard")
    else:
        pytest.fail("the write never came to its end")
    assert count > (8 if directory.name == "conf" else 4)


def test_what_the_user_changed_after_a_kill_stays(tree: Path, access: Access) -> None:
    def kill_before_the_copy_follows(kill: Callable[[str, str], None]) -> object:
        def observer(phase: str, what: str) -> None:
            if (phase, what) == ("after", "update-ref"):
                kill(phase, what)

        return write(target("conf"), replace(access, observer=observer))

    assert in_a_child_killed_at(1, kill_before_the_copy_follows)
    (tree / FILE).write_text("mine: 1\n")
    found = write(target("conf"), access)
    assert isinstance(found, Written)
    assert (found.found, found.unsynced) == (True, "uncommitted")
    assert (tree / FILE).read_text() == "mine: 1\n"


def test_a_users_revert_is_not_taken_for_what_a_kill_left(tree: Path, access: Access) -> None:
    write(target("conf"), access)
    git(tree, "checkout", "-q", "main~", "--", FILE)
    found = write(target("conf"), access)
    assert isinstance(found, Written)
    assert found.found
    assert (tree / FILE).read_bytes().decode() == VALUES


def test_the_same_commit_comes_of_the_same_words(tree: Path, access: Access) -> None:
    tip = git(tree, "rev-parse", "main")
    first = write(target("conf"), access)
    git(tree, "update-ref", "refs/heads/main", tip)
    git(tree, "reset", "-q", "--hard")
    assert write(target("conf"), access) == first
