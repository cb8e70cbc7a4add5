"""Others who push to the same branch, servers that refuse, and users' settings of git."""

from pathlib import Path

import pytest

from ldmrelease.domain.errors import Unavailable
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal, Written
from ldmrelease.targets.stores import git_file
from tests.real.gitops.settings import AFTER, BEFORE, OURS, push, snapshot_of, write
from tests.real.gitops.site import (
    FILE,
    SUMMIT,
    VALUES,
    Promoter,
    git,
    put,
    show,
    target,
)

pytestmark = pytest.mark.real


def test_a_rival_that_pushes_first_is_never_overwritten(tree: Path, bare: Path, tmp_path: Path) -> None:
    def rival(phase: str, what: str) -> None:
        if (phase, what) == ("before", "push") and len(pushes) < 3:
            pushes.append(put(tree, {"README": f"{len(pushes)}\n"}))
            push(tree, bare)

    pushes: list[str] = []
    assert isinstance(write(target(bare.as_uri()), Access(tmp_path, rival)), Written)
    assert git(bare, "log", "--format=%H", "main").split()[1:4] == pushes[::-1]
    assert show(bare) == AFTER


def test_a_rival_that_changes_our_setting_while_we_push_wins(tree: Path, bare: Path, tmp_path: Path) -> None:
    def rival(phase: str, what: str) -> None:
        if (phase, what) == ("before", "push") and not pushes:
            pushes.append(put(tree, {FILE: VALUES.replace("w_2023_15    #", "w_2023_17    #")}))
            push(tree, bare)

    pushes: list[str] = []
    refusal = write(target(bare.as_uri()), Access(tmp_path, rival))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["commit"]) == ("changed-by", pushes[0])
    assert git(bare, "rev-parse", "main") == pushes[0]
    assert registry.fence_of(target(bare.as_uri()), SUMMIT, Access(tmp_path)) is None


def test_a_rival_in_the_same_directory_is_built_upon_or_wins(tree: Path, tmp_path: Path) -> None:
    def rival(phase: str, what: str) -> None:
        if (phase, what) == ("before", "update-ref") and not commits:
            blob = (
                git(tree, "rev-parse", "main:README") if harmless else git(tree, "rev-parse", f"main:{FILE}")
            )
            git(tree, "update-index", "--add", "--cacheinfo", f"100644,{blob},theirs")
            if not harmless:
                (tree / FILE).write_text(VALUES.replace("w_2023_15    #", "w_2023_17    #"))
                git(tree, "add", FILE)
            git(tree, "commit", "-q", "-m", "By hand")
            commits.append(git(tree, "rev-parse", "main"))

    for harmless in (True, False):
        commits: list[str] = []
        written = write(target("conf"), Access(tmp_path, rival))
        assert not list((tree / ".git" / "ldmrelease").iterdir())
        if harmless:
            assert isinstance(written, Written)
            assert git(tree, "rev-parse", "main~") == commits[0]
            registry.restore(target("conf"), BEFORE, OURS, Access(tmp_path), Promoter().grant())
        else:
            assert isinstance(written, Refusal)
            assert (written.code, written.values["commit"]) == ("changed-by", commits[0])
            assert git(tree, "rev-parse", "main") == commits[0]


def test_a_line_that_is_cut_after_the_server_did_it_counts_as_done(bare: Path, access: Access) -> None:
    hook = bare / "hooks" / "reference-transaction"
    hook.write_text('#!/bin/sh\n[ "$1" = committed ] && kill -9 $PPID\nexit 0\n')
    hook.chmod(0o755)
    assert isinstance(write(target(bare.as_uri()), access), Written)
    assert show(bare) == AFTER


def test_a_branch_that_never_rests_is_given_up_and_not_forced(
    tree: Path, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_file, "_TRIES", 5)

    def rival(phase: str, what: str) -> None:
        if (phase, what) == ("before", "push"):
            put(tree, {"README": git(tree, "rev-parse", "HEAD")})
            push(tree, bare)

    assert isinstance(write(target(bare.as_uri()), Access(tmp_path, rival)), Unavailable)
    assert git(bare, "rev-parse", "main") == git(tree, "rev-parse", "main")


def test_a_branch_that_was_forced_back_is_read_as_it_is(tree: Path, bare: Path, access: Access) -> None:
    here = target(bare.as_uri())
    first = git(bare, "rev-parse", "main")
    write(here, access)
    git(bare, "update-ref", "refs/heads/main", first)
    assert snapshot_of(here, access).revision == first


def test_a_server_that_forbids_it_is_quoted(bare: Path, access: Access) -> None:
    hook = bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'the summit is frozen' >&2\nexit 1\n")
    hook.chmod(0o755)
    refusal = write(target(bare.as_uri()), access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "rejected"
    assert "the summit is frozen" in refusal.values["found"]
    assert show(bare) == VALUES


def test_hooks_and_settings_of_the_user_do_not_matter(
    tree: Path, access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pre-commit", "commit-msg", "reference-transaction", "post-checkout", "pre-push"):
        hook = tree / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[commit]\n\tgpgsign = true\n[core]\n\tautocrlf = true\n\tquotePath = true\n[log]\n\tshowSignature = true\n"
        "[i18n]\n\tcommitEncoding = latin1\n[blame]\n\tshowEmail = true\n[color]\n\tui = always\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nonexistent")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert isinstance(write(target("conf"), access), Written)
    monkeypatch.undo()
    assert show(tree) == AFTER
