"""A checked-out copy of the tree follows what is committed, and the user's changes stay."""

import stat
from pathlib import Path

import pytest

from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal, Written
from tests.real.gitops.settings import AFTER, write
from tests.real.gitops.site import (
    FILE,
    VALUES,
    git,
    put,
    show,
    target,
)

pytestmark = pytest.mark.real


def test_a_checked_out_copy_follows(tree: Path, access: Access) -> None:
    (tree / FILE).chmod(0o755)
    put(tree, {}, "runnable")
    (tree / "README").write_text("being edited")
    (tree / "new").write_text("not added")
    assert isinstance(write(target("conf"), access), Written)
    assert (tree / FILE).read_bytes().decode() == AFTER
    assert (tree / FILE).stat().st_mode & stat.S_IXUSR
    assert git(tree, "status", "--porcelain").split("\n") == ["M README", "?? new"]
    assert (tree / "README").read_text() == "being edited"
    assert list((tree / ".git" / "ldmrelease").iterdir()) == []


def test_a_copy_in_a_linked_work_tree_follows_and_another_branch_is_left(
    tree: Path, access: Access, tmp_path: Path
) -> None:
    git(tree, "checkout", "-q", "-b", "topic")
    git(tree, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    assert isinstance(write(target("conf"), access), Written)
    assert (tree / FILE).read_bytes().decode() == VALUES
    assert (tmp_path / "linked" / FILE).read_bytes().decode() == AFTER
    assert git(tree, "status", "--porcelain") == ""
    assert git(tmp_path / "linked", "status", "--porcelain") == ""


def test_line_ends_of_the_copy_are_the_users(tree: Path, access: Access) -> None:
    put(tree, {".gitattributes": "*.yaml text eol=crlf\n"})
    (tree / FILE).unlink()
    git(tree, "checkout", "--", FILE)
    assert isinstance(write(target("conf"), access), Written)
    assert show(tree) == AFTER
    assert (tree / FILE).read_bytes().decode() == AFTER.replace("\n", "\r\n")
    assert git(tree, "status", "--porcelain") == ""


def test_bytes_are_committed_as_they_are_whatever_the_user_converts(tree: Path, access: Access) -> None:
    put(tree, {FILE: VALUES.replace("\n", "\r\n")})
    git(tree, "config", "core.autocrlf", "input")
    assert isinstance(write(target("conf"), access), Written)
    assert show(tree) == AFTER.replace("\n", "\r\n")
    assert (tree / FILE).read_bytes().decode() == show(tree)


@pytest.mark.parametrize("staged", [False, True])
def test_the_users_uncommitted_change_of_the_file_is_refused(
    tree: Path, access: Access, staged: bool
) -> None:
    (tree / FILE).write_text(VALUES + "mine: 1\n")
    if staged:
        git(tree, "add", FILE)
    tip = git(tree, "rev-parse", "main")
    refusal = write(target("conf"), access)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["file"]) == ("uncommitted", FILE)
    assert git(tree, "rev-parse", "main") == tip
    assert (tree / FILE).read_text() == VALUES + "mine: 1\n"


def test_a_lock_that_was_left_behind_is_named_and_kept(tree: Path, access: Access) -> None:
    for lock in (tree / ".git" / "refs" / "heads" / "main.lock", tree / ".git" / "index.lock"):
        lock.touch()
        refusal = write(target("conf"), access)
        assert refusal == Refusal("locked", {"file": str(lock)})
        assert lock.exists()
        lock.unlink()
    assert show(tree) == VALUES


@pytest.mark.parametrize("mark", ["--skip-worktree", "--assume-unchanged"])
def test_a_change_that_git_was_told_not_to_see_is_refused(tree: Path, access: Access, mark: str) -> None:
    git(tree, "update-index", mark, FILE)
    (tree / FILE).write_text(VALUES + "mine: 1\n")
    tip = git(tree, "rev-parse", "main")
    refusal = write(target("conf"), access)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["file"]) == ("uncommitted", FILE)
    assert git(tree, "rev-parse", "main") == tip
    assert (tree / FILE).read_text() == VALUES + "mine: 1\n"
