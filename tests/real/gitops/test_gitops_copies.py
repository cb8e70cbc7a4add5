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
from tests.real.gitops.test_gitops_kills import in_a_child_killed_at

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


def sparse(tree: Path, cone: str, *folders: str) -> None:
    git(tree, "sparse-checkout", "init", cone)
    git(tree, "sparse-checkout", "set", *folders)


@pytest.mark.parametrize("cone", ["--cone", "--no-cone"])
def test_a_sparse_checkout_without_the_file_stays_as_it_is(tree: Path, access: Access, cone: str) -> None:
    put(tree, {"docs/index.md": "kept\n"})
    sparse(tree, cone, "docs")
    assert not (tree / FILE).exists()
    written = write(target("conf"), access)
    assert isinstance(written, Written)
    assert written.unsynced is None
    assert show(tree) == AFTER
    assert not (tree / FILE).exists(), "it was left out, and is left out"
    assert git(tree, "status", "--porcelain") == ""
    assert git(tree, "rev-parse", "HEAD") == written.revision
    git(tree, "sparse-checkout", "disable")
    assert (tree / FILE).read_bytes().decode() == AFTER
    assert git(tree, "status", "--porcelain") == ""


def test_a_sparse_checkout_that_has_the_file_follows(tree: Path, access: Access) -> None:
    put(tree, {"docs/index.md": "left out\n"})
    sparse(tree, "--no-cone", f"/{FILE}")
    assert not (tree / "docs").exists()
    assert isinstance(write(target("conf"), access), Written)
    assert (tree / FILE).read_bytes().decode() == AFTER
    assert not (tree / "docs").exists()
    assert git(tree, "status", "--porcelain") == ""


def test_a_file_that_was_left_out_and_that_the_user_has_made_is_not_touched(
    tree: Path, access: Access
) -> None:
    put(tree, {"docs/index.md": "kept\n"})
    sparse(tree, "--cone", "docs")
    (tree / FILE).parent.mkdir(parents=True, exist_ok=True)
    (tree / FILE).write_text("mine: 1\n")
    tip = git(tree, "rev-parse", "main")
    refusal = write(target("conf"), access)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, git(tree, "rev-parse", "main")) == ("uncommitted", tip)
    assert (tree / FILE).read_text() == "mine: 1\n"


def test_local_changes_of_other_files_and_of_a_linked_work_tree_stay(
    tree: Path, access: Access, tmp_path: Path
) -> None:
    git(tree, "checkout", "-q", "-b", "topic")
    git(tree, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    linked = tmp_path / "linked"
    (linked / "README").write_text("being edited")
    (linked / "new").write_text("not added")
    assert isinstance(write(target("conf"), access), Written)
    assert (linked / FILE).read_bytes().decode() == AFTER
    assert git(linked, "status", "--porcelain").split("\n") == ["M README", "?? new"]
    (linked / FILE).write_text("mine: 1\n")
    assert isinstance(write(target("conf"), access), Written), "it is there already"
    assert (linked / FILE).read_text() == "mine: 1\n"


def test_after_a_kill_at_any_point_a_sparse_checkout_is_consistent(
    tree: Path, access: Access, tmp_path: Path
) -> None:
    put(tree, {"docs/index.md": "kept\n"})
    sparse(tree, "--cone", "docs")
    first = git(tree, "rev-parse", "main")
    for count in range(1, 100):
        killed = in_a_child_killed_at(
            count, lambda kill: write(target("conf"), Access(access.workspace, kill))
        )
        written = write(target("conf"), access)
        assert isinstance(written, Written), (count, written)
        assert written.unsynced is None
        assert git(tree, "status", "--porcelain") == ""
        assert not (tree / FILE).exists()
        assert git(tree, "rev-parse", "main~") == first
        if not killed:
            break
        git(tree, "update-ref", "refs/heads/main", first)
        git(tree, "read-tree", "-m", "-u", first)
    else:
        pytest.fail("the write never came to its end")
