"""GitOps settings, written to real git repositories: directories, bare ones, remotes with hooks and rivals."""

import os
import signal
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ldmrelease.domain.places import GitOpsTarget, Place, Setting, Writes
from ldmrelease.targets import dispatch
from ldmrelease.targets.fence import Fence
from ldmrelease.targets.outcome import Change, Refusal, Snapshot, Unquoted, Unreachable, Value, Written
from ldmrelease.targets.writer import Access
from tests.real.gitops_fixture import (
    FILE,
    LAB,
    SUMMIT,
    VALUES,
    Promoter,
    git,
    new_repository,
    put,
    release,
    show,
    target,
)

pytestmark = pytest.mark.real

ALL = (
    Setting("lab", "image.tag"),
    Setting("lab", "image.digest", Writes.DIGEST),
    Setting("lab", "worker.image", Writes.IMAGE),
)
BEFORE: dict[str, Value] = {"image.tag": "w_2023_15"}
OURS: dict[str, Value] = {"image.tag": "w_2023_16"}
AFTER = VALUES.replace("tag: w_2023_15", "tag: w_2023_16")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A work tree that is a repository of its own."""
    return new_repository(tmp_path / "conf", {FILE: VALUES, "other/values.yaml": "x: 1\n", "README": "hi\n"})


@pytest.fixture
def bare(tmp_path: Path, tree: Path) -> Path:
    """A bare repository as a server has it: it takes no forced push."""
    subprocess.run(["git", "clone", "-q", "--bare", str(tree), str(tmp_path / "conf.git")], check=True)
    git(tmp_path / "conf.git", "config", "receive.denyNonFastForwards", "true")
    git(tmp_path / "conf.git", "config", "receive.denyDeletes", "true")
    return tmp_path / "conf.git"


@pytest.fixture(params=["work tree", "bare", "remote"])
def place(request: pytest.FixtureRequest, tree: Path, bare: Path) -> tuple[str, Path]:
    """How the target names its repository, and where the branch is."""
    spec = {"work tree": "conf", "bare": "conf.git", "remote": bare.as_uri()}[request.param]
    return spec, tree if request.param == "work tree" else bare


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return Access(tmp_path)


def snapshot_of(target: GitOpsTarget, access: Access) -> Snapshot:
    snapshot = dispatch.read(target, access)
    assert isinstance(snapshot, Snapshot), snapshot
    return snapshot


def wanted(target: GitOpsTarget, access: Access, tag: str = "w_2023_16") -> tuple[dict, dict]:
    """What was there, and what the release makes of it."""
    snapshot = snapshot_of(target, access)
    edits = dispatch.desired(target, release(tag), snapshot)
    assert isinstance(edits, dict), edits
    return {path: snapshot.values[path] for path in edits}, edits


def write(
    target: GitOpsTarget,
    access: Access,
    promoter: Promoter | None = None,
    edits: dict = OURS,
    expect: dict = BEFORE,
) -> Written | Refusal | Unreachable:
    return dispatch.write(target, edits, access, expect=expect, warrant=(promoter or Promoter()).warrant())


def test_one_line_per_setting_and_nothing_else(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    here = target(spec, *ALL)
    before, edits = wanted(here, access)
    written = write(here, access, edits=edits, expect=before)
    assert isinstance(written, Written)
    assert git(directory, "diff", "--numstat", "main~", "main") == f"3\t3\t{FILE}"
    assert show(directory) == AFTER.replace("0" * 64, "1" * 64).replace("lab:w_2023_15", "lab:w_2023_16")
    assert written == Written(
        git(directory, "rev-parse", "main"), {"image.tag": 11, "image.digest": 12, "worker.image": 13}
    )


def test_the_commit_says_why_and_by_whom(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    write(target(spec), access)
    assert git(directory, "log", "-1", "--format=%an <%ae>|%cn|%aI|%cI|%s", "main") == (
        "Kim <kim@example.org>|ldmrelease|2023-04-21T18:00:00+00:00|2023-04-21T18:00:00+00:00"
        "|summit/nublado to w_2023_16"
    )
    trailers = git(directory, "log", "-1", "--format=%(trailers:only,unfold)", "main")
    assert trailers == "Release: sha256:aa\nDecision: sha256:bb\nPromotion: p-1"


def test_what_is_there_already_is_found_and_not_written(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    first = write(target(spec), access)
    refs = git(directory, "for-each-ref")
    again = write(target(spec), access)
    assert isinstance(first, Written)
    assert again == replace(first, found=True)
    assert git(directory, "for-each-ref") == refs


def test_a_read_changes_nothing(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    state = git(directory, "for-each-ref"), sorted(directory.rglob("*"))
    snapshot = snapshot_of(target(spec), access)
    assert snapshot.values == BEFORE
    assert snapshot.revision == git(directory, "rev-parse", "main")
    assert snapshot.blob == git(directory, "rev-parse", f"main:{FILE}")
    assert (git(directory, "for-each-ref"), sorted(directory.rglob("*"))) == state


def test_a_commit_in_between_that_leaves_our_settings_alone_is_built_upon(
    place: tuple[str, Path], tree: Path, access: Access
) -> None:
    spec, directory = place
    theirs = put(tree, {FILE: "# more\n" + VALUES})
    push(tree, directory)
    assert isinstance(write(target(spec), access), Written)
    assert git(directory, "rev-parse", "main~") == theirs
    assert show(directory) == "# more\n" + AFTER


def test_a_setting_that_somebody_changed_is_refused_and_names_them(
    place: tuple[str, Path], tree: Path, access: Access
) -> None:
    spec, directory = place
    theirs = put(tree, {FILE: VALUES.replace("tag: w_2023_15", "tag: w_2023_14")})
    push(tree, directory)
    refusal = write(target(spec), access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "changed-by"
    assert refusal.values["commit"] == theirs
    assert refusal.values["author"] == "Anna <anna@example.org>"
    assert refusal.values["found"] == "w_2023_14"
    assert refusal.values["line"] == 11
    assert git(directory, "rev-parse", "main") == theirs


def test_a_restore_puts_back_what_is_still_ours(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    write(target(spec), access)
    assert isinstance(dispatch.restore(target(spec), BEFORE, OURS, access, Promoter().warrant()), Written)
    assert show(directory) == VALUES


def test_a_restore_leaves_what_somebody_else_wrote(
    place: tuple[str, Path], tree: Path, access: Access
) -> None:
    spec, directory = place
    write(target(spec), access)
    git(tree, "pull", "-q", str(directory), "main")
    theirs = put(tree, {FILE: VALUES.replace("tag: w_2023_15", "tag: w_2023_17")})
    push(tree, directory)
    refusal = dispatch.restore(target(spec), BEFORE, OURS, access, Promoter().warrant())
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.values["commit"]) == ("changed-by", theirs)
    assert show(directory).count("w_2023_17") == 1


def test_who_changed_a_setting_is_known(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    first = git(directory, "rev-parse", "main")
    write(target(spec), access)
    tip = git(directory, "rev-parse", "main")
    by_us = Change(tip, "Kim <kim@example.org>", "2023-04-21T18:00:00Z")
    assert dispatch.changed_by(target(spec), "image.tag", access) == by_us
    by_hand = dispatch.changed_by(target(spec), "image.digest", access)
    assert isinstance(by_hand, Change)
    assert (by_hand.commit, by_hand.author) == (first, "Anna <anna@example.org>")


def test_a_change_of_the_same_lines_is_not_a_change_of_the_setting(tree: Path, access: Access) -> None:
    write(target("conf"), access)
    tip = git(tree, "rev-parse", "main")
    put(tree, {FILE: AFTER.replace("# since Thursday", "# since Friday")})
    change = dispatch.changed_by(target("conf"), "image.tag", access)
    assert isinstance(change, Change)
    assert change.commit == tip


def test_what_is_stated_is_read_from_each_form(tree: Path, access: Access) -> None:
    here = target("conf", *ALL)
    said = dispatch.stated(here, snapshot_of(here, access))
    assert not isinstance(said, Refusal)
    assert [(each.path, each.line, each.tag, each.digest) for each in said] == [
        ("image.tag", 11, "w_2023_15", None),
        ("image.digest", 12, None, "sha256:" + "0" * 64),
        ("worker.image", 13, "w_2023_15", None),
    ]


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ("ghcr.io/lsst/lab:w_1", "ghcr.io/lsst/lab:w_2023_16"),
        ("summit.local:5000/mirror/lab:w_1", "summit.local:5000/mirror/lab:w_2023_16"),
        (f"ghcr.io/lsst/lab@{LAB.replace('1', '2')}", f"ghcr.io/lsst/lab@{LAB}"),
        (f"ghcr.io/lsst/lab:w_1@{LAB.replace('1', '2')}", f"ghcr.io/lsst/lab:w_2023_16@{LAB}"),
        ("ghcr.io/lsst/lab", f"ghcr.io/lsst/lab:w_2023_16@{LAB}"),
        ("", f"ghcr.io/lsst/lab:w_2023_16@{LAB}"),
        (Unquoted("null"), f"ghcr.io/lsst/lab:w_2023_16@{LAB}"),
        ("ghcr.io/lsst/portal:w_1", Refusal),
        ("no image", Refusal),
    ],
)
def test_a_whole_image_keeps_its_form(found: Value, value: object) -> None:
    here = target("conf", Setting("lab", "image", Writes.IMAGE))
    edits = dispatch.desired(here, release("w_2023_16"), Snapshot("r", "b", {"image": found}, {"image": 3}))
    if value is Refusal:
        assert isinstance(edits, Refusal)
        assert edits.values["line"] == 3
    else:
        assert edits == {"image": value}


def test_settings_of_other_products_are_left_and_none_at_all_is_refused() -> None:
    here = target("conf", Setting("lab", "a"), Setting("portal", "b"))
    there = Snapshot("r", "b", {"a": "1", "b": "2"}, {"a": 1, "b": 2})
    assert dispatch.desired(here, release("w_2023_16"), there) == {"a": "w_2023_16"}
    refusal = dispatch.desired(here, release("w_2023_16", "tap"), there)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no-component"


# What is not there.


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"branch": "prod"}, "no-branch"),
        ({"file": "applications/none.yaml"}, "no-file"),
        ({"file": "applications"}, "not-a-file"),
        ({"file": "link"}, "not-a-file"),
        ({"file": "../x.yaml"}, "bad-file"),
        ({"repository": "nowhere"}, "no-repository"),
        ({"repository": "conf/other"}, "no-repository"),
        ({"repository": "ext::sh -c true"}, "no-repository"),
        ({"repository": "ftp://host/x"}, "no-repository"),
        ({"settings": (Setting("lab", "image.tagg"),)}, "absent"),
    ],
)
def test_what_is_not_there_is_refused(tree: Path, access: Access, change: dict, code: str) -> None:
    (tree / "link").symlink_to("README")
    git(tree, "add", "link")
    git(tree, "commit", "-q", "-m", "a link")
    refusal = dispatch.read(replace(target("conf"), **change), access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code


def test_a_remote_that_does_not_answer_is_unreachable_and_shows_no_password(
    tmp_path: Path, access: Access
) -> None:
    answer = dispatch.read(target("http://kim:secret@127.0.0.1:9/conf.git"), access)
    assert isinstance(answer, Unreachable)
    assert "127.0.0.1" in answer.where
    assert "secret" not in answer.where + answer.reason
    gone = dispatch.read(target((tmp_path / "gone.git").as_uri()), access)
    assert isinstance(gone, Unreachable)


# The fence.


def claim(place: str, access: Access, promoter: Promoter) -> Written | Refusal | Unreachable:
    return dispatch.claim(target(place), access, promoter.warrant())


def test_a_claim_moves_the_fence_and_nothing_else(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    tip = git(directory, "rev-parse", "main")
    assert dispatch.fence_of(target(spec), SUMMIT, access) is None
    first = claim(spec, access, Promoter())
    assert isinstance(first, Written)
    assert claim(spec, access, Promoter()) == replace(first, found=True)
    assert git(directory, "rev-parse", "main") == tip
    assert dispatch.fence_of(target(spec), SUMMIT, access) == Promoter().warrant().fence
    assert dispatch.fence_of(target(spec), Place("base", "nublado"), access) is None


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
    assert seen == [Promoter(7).warrant().fence]


def test_every_write_leaves_the_ledgers_size_at_the_fence(place: tuple[str, Path], access: Access) -> None:
    spec, directory = place
    claim(spec, access, Promoter())
    dispatch.write(target(spec), OURS, access, expect=BEFORE, warrant=Promoter().warrant(size=12))
    fence = dispatch.fence_of(target(spec), SUMMIT, access)
    assert isinstance(fence, Fence)
    assert fence.size == 12
    assert git(directory, "rev-list", "--count", "refs/ldmrelease/summit/nublado") == "2"


def test_a_fence_that_we_did_not_write_stops_us(tree: Path, access: Access) -> None:
    git(tree, "update-ref", "refs/ldmrelease/summit/nublado", "main")
    refusal = write(target("conf"), access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no-file"


# Rivals and servers.


def push(tree: Path, directory: Path) -> None:
    if tree != directory:
        git(tree, "push", "-q", str(directory), "main")


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
    assert dispatch.fence_of(target(bare.as_uri()), SUMMIT, Access(tmp_path)) is None


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
            dispatch.restore(target("conf"), BEFORE, OURS, Access(tmp_path), Promoter().warrant())
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


def test_a_branch_that_never_rests_is_given_up_and_not_forced(tree: Path, bare: Path, tmp_path: Path) -> None:
    def rival(phase: str, what: str) -> None:
        if (phase, what) == ("before", "push"):
            put(tree, {"README": git(tree, "rev-parse", "HEAD")})
            push(tree, bare)

    assert isinstance(write(target(bare.as_uri()), Access(tmp_path, rival)), Unreachable)
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


# A checked-out copy.


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


# A kill at any point.


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
        assert isinstance(dispatch.fence_of(target(spec), SUMMIT, Access(tmp_path)), Fence)
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
    assert count > 8


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
