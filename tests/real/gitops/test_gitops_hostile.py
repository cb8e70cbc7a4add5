"""What a checkout's own configuration names is never run by us, whatever kind of program it is.

Every kind is shown to be armed first: git itself, asked by the user, does run it.
"""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access, Connections
from ldmrelease.targets.results import Change, Refusal, Snapshot, Written
from tests.blamed import changed_by
from tests.real.gitops.settings import AFTER, BEFORE, OURS, write
from tests.real.gitops.site import (
    FILE,
    SUMMIT,
    VALUES,
    Promoter,
    fence_at,
    git,
    new_repository,
    put,
    show,
    target,
)

pytestmark = pytest.mark.real

HOOKS = (
    "applypatch-msg", "pre-commit", "commit-msg", "post-commit", "post-checkout", "post-index-change", "post-merge",
    "pre-auto-gc", "pre-push", "pre-receive", "proc-receive", "reference-transaction", "update",
)  # fmt: skip


@dataclass
class Trap:
    """A program that leaves a trace when it is run, and the checkout whose configuration names it."""

    program: Path
    tree: Path

    @property
    def ending(self) -> Path:
        """The same for where git would go on talking with it."""
        program = self.program.with_name("ending.sh")
        program.write_text(self.program.read_text().replace("exec cat", "exit 1"))
        program.chmod(0o755)
        return program

    @property
    def trace(self) -> str:
        """What it left; gone when it was read."""
        file = self.program.with_name("trace")
        found = file.read_text() if file.exists() else ""
        file.unlink(missing_ok=True)
        return found

    def config(self, name: str, value: str | None = None) -> None:
        git(self.tree, "config", "--add", name, value if value is not None else str(self.program))

    def user(self, *arguments: str, stdin: str = "") -> None:
        """What the user does there; it may fail."""
        subprocess.run(
            ["git", "-C", str(self.tree), "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments],
            input=stdin.encode(), capture_output=True, check=False, timeout=60,
            env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
        )  # fmt: skip

    def touch_file(self) -> None:
        """Make git look into the file: it was written again, with the same content."""
        path = self.tree / FILE
        path.write_bytes(path.read_bytes())
        os.utime(path, ns=(1, 1))


@pytest.fixture
def trap(tmp_path: Path, tree: Path) -> Trap:
    program = tmp_path / "trap.sh"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path / "trace"}\nexec cat\n')
    program.chmod(0o755)
    return Trap(program, tree)


def _look(trap: Trap) -> None:
    trap.touch_file()
    trap.user("status")


def _attributes(trap: Trap, text: str) -> None:
    info = trap.tree / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text(text)


def filters(trap: Trap) -> None:
    _attributes(trap, "*.yaml filter=evil\n")
    trap.config("filter.evil.clean")
    trap.config("filter.evil.smudge")
    trap.config("filter.evil.required", "true")
    _look(trap)


def filters_of_the_tree(trap: Trap) -> None:
    put(trap.tree, {".gitattributes": "*.yaml filter=evil\n"})
    trap.config("filter.evil.clean")
    trap.config("filter.evil.smudge")
    _look(trap)


def long_running_filters(trap: Trap) -> None:
    _attributes(trap, "*.yaml filter=evil\n")
    trap.config("filter.evil.process")
    _look(trap)


def filters_by_an_attributes_file(trap: Trap) -> None:
    (trap.tree / ".git" / "more-attributes").write_text("*.yaml filter=evil\n")
    trap.config("core.attributesFile", str(trap.tree / ".git" / "more-attributes"))
    trap.config("filter.evil.clean")
    trap.config("filter.evil.smudge")
    _look(trap)


def _hooks_in(folder: Path, trap: Trap) -> None:
    folder.mkdir(exist_ok=True)
    for name in HOOKS:
        (folder / name).write_text(f"#!/bin/sh\nexec {trap.program} {name} < /dev/null\n")
        (folder / name).chmod(0o755)
    trap.user("commit", "--allow-empty", "-m", "By hand")


def hooks(trap: Trap) -> None:
    _hooks_in(trap.tree / ".git" / "hooks", trap)


def hooks_elsewhere(trap: Trap) -> None:
    trap.config("core.hooksPath", str(trap.tree / ".git" / "other-hooks"))
    _hooks_in(trap.tree / ".git" / "other-hooks", trap)


def a_monitor(trap: Trap) -> None:
    trap.config("core.fsmonitor")
    _look(trap)


def a_monitor_from_an_included_file(trap: Trap) -> None:
    (trap.tree / ".git" / "more").write_text(f"[core]\n\tfsmonitor = {trap.program}\n")
    trap.config("include.path", "more")
    _look(trap)


def a_monitor_from_a_file_included_for_this_directory(trap: Trap) -> None:
    (trap.tree / ".git" / "more").write_text(f"[core]\n\tfsmonitor = {trap.program}\n")
    trap.config(f"includeIf.gitdir:{trap.tree}/.path", "more")
    _look(trap)


def a_monitor_of_the_work_tree_alone(trap: Trap) -> None:
    trap.config("core.repositoryformatversion", "1")
    trap.config("extensions.worktreeConfig", "true")
    (trap.tree / ".git" / "config.worktree").write_text(f"[core]\n\tfsmonitor = {trap.program}\n")
    _look(trap)


def an_ssh_command(trap: Trap) -> None:
    trap.config("core.sshCommand", str(trap.ending))
    trap.config("remote.origin.url", "ssh://nowhere.example/conf")
    trap.user("fetch")


def a_credential_helper(trap: Trap) -> None:
    trap.config("credential.helper")
    trap.user("credential", "fill", stdin="protocol=https\nhost=nowhere.example\n\n")


def a_password_prompt(trap: Trap) -> None:
    trap.config("core.askPass")
    trap.user("credential", "fill", stdin="protocol=https\nhost=nowhere.example\n\n")


def aliases(trap: Trap) -> None:
    for name in ("cat-file", "status", "update-ref", "unpack-objects", "update-index", "log", "mine"):
        trap.config(f"alias.{name}", f"!{trap.program}")
    trap.user("mine")


def another_address(trap: Trap) -> None:
    trap.config("protocol.ext.allow", "always")
    trap.config(f"url.ext::{trap.ending} .insteadOf", "https://nowhere.example/")
    trap.user("ls-remote", "https://nowhere.example/conf")


def a_text_conversion(trap: Trap) -> None:
    _attributes(trap, "*.yaml diff=evil\n")
    trap.config("diff.evil.textconv")
    trap.user("log", "-p")


def an_external_diff(trap: Trap) -> None:
    trap.config("diff.external")
    (trap.tree / "README").write_text("changed")
    trap.user("diff")


def a_signature_program(trap: Trap) -> None:
    trap.config("gpg.program")
    trap.config("commit.gpgSign", "true")
    trap.config("log.showSignature", "true")
    trap.user("commit", "--allow-empty", "-m", "By hand")


def a_missing_object_to_fetch(trap: Trap) -> None:
    trap.config("core.repositoryformatversion", "1")
    trap.config("extensions.partialClone", "origin")
    trap.config("protocol.ext.allow", "always")
    trap.config("remote.origin.promisor", "true")
    trap.config("remote.origin.url", f"ext::{trap.ending}")
    oid = git(trap.tree, "rev-parse", "main:README")
    (trap.tree / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    trap.user("cat-file", "-e", oid)


def a_submodule(trap: Trap) -> None:
    inner = new_repository(trap.tree / "applications" / "inner", {"a": "1\n"})
    git(inner, "config", "core.fsmonitor", str(trap.program))
    put(trap.tree, {})
    trap.user("status")


KINDS = (
    filters, filters_of_the_tree, long_running_filters, filters_by_an_attributes_file, hooks, hooks_elsewhere,
    a_monitor, a_monitor_from_an_included_file, a_monitor_from_a_file_included_for_this_directory,
    a_monitor_of_the_work_tree_alone, an_ssh_command, a_credential_helper, a_password_prompt, aliases, another_address,
    a_text_conversion, an_external_diff, a_signature_program, a_missing_object_to_fetch, a_submodule,
)  # fmt: skip


@pytest.mark.parametrize("arm", KINDS, ids=lambda each: each.__name__)
def test_nothing_of_the_checkouts_configuration_is_run(
    arm: Callable[[Trap], None], trap: Trap, tmp_path: Path, access: Access
) -> None:
    arm(trap)
    assert trap.trace, "the trap is not armed"
    trap.touch_file()
    here, access = target("conf"), Access(tmp_path, opened=Connections(tmp_path))
    assert isinstance(registry.read(here, access), Snapshot)
    assert isinstance(registry.claim(here, access, Promoter().grant()), Written)
    assert isinstance(write(here, access), Written)
    assert (show(trap.tree), (trap.tree / FILE).read_bytes().decode()) == (AFTER, AFTER)
    assert isinstance(write(here, access, edits=BEFORE, expect=OURS), Written)
    assert (show(trap.tree), (trap.tree / FILE).read_bytes().decode()) == (VALUES, VALUES)
    changed = changed_by(here, "image.tag", access)
    assert isinstance(changed, Change), changed
    assert fence_at(here, access) == Promoter().grant().fence
    assert trap.trace == ""


def test_a_linked_work_tree_has_no_other_rules(trap: Trap, access: Access, tmp_path: Path) -> None:
    git(trap.tree, "checkout", "-q", "-b", "topic")
    git(trap.tree, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    filters(trap)
    a_monitor(trap)
    assert trap.trace
    assert isinstance(write(target("linked"), access), Written)
    assert (tmp_path / "linked" / FILE).read_bytes().decode() == AFTER
    assert trap.trace == ""


def test_the_configuration_cannot_lead_the_copy_to_another_directory(
    tree: Path, access: Access, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere" / FILE).parent.mkdir(parents=True)
    (tmp_path / "elsewhere" / FILE).write_text(VALUES)
    git(tree, "config", "core.worktree", str(tmp_path / "elsewhere"))
    assert isinstance(write(target("conf"), access), Written)
    assert (tree / FILE).read_bytes().decode() == AFTER
    assert (tmp_path / "elsewhere" / FILE).read_text() == VALUES


def test_a_directory_that_knows_nothing_of_it_is_no_linked_work_tree(
    tree: Path, access: Access, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere" / FILE).parent.mkdir(parents=True)
    (tmp_path / "elsewhere" / FILE).write_text(VALUES)
    git(tree, "checkout", "-q", "-b", "topic")
    pretended = tree / ".git" / "worktrees" / "elsewhere"
    pretended.mkdir(parents=True)
    (pretended / "HEAD").write_text("ref: refs/heads/main\n")
    (pretended / "commondir").write_text("../..\n")
    (pretended / "gitdir").write_text(f"{tmp_path}/elsewhere/.git\n")
    (pretended / "index").write_bytes((tree / ".git" / "index").read_bytes())
    assert isinstance(write(target("conf"), access), Written)
    assert (tmp_path / "elsewhere" / FILE).read_text() == VALUES


@pytest.mark.parametrize(
    "name", ["refs/heads/refs/ldmrelease/summit/nublado", "refs/tags/refs/ldmrelease/summit/nublado"]
)
def test_a_branch_whose_name_ends_like_a_fence_is_none(tree: Path, access: Access, name: str) -> None:
    git(tree, "update-ref", name, "main")
    assert registry.fence_of(target("conf"), SUMMIT, access) is None
    assert isinstance(write(target("conf"), access), Written)


@pytest.mark.parametrize("to", ["refs/heads/main", "refs/heads/absent"])
def test_a_fence_that_is_a_link_is_replaced_and_not_followed(tree: Path, access: Access, to: str) -> None:
    """The claim would move the branch that it points to, or make one."""
    fence, branches = "refs/ldmrelease/summit/nublado", git(tree, "for-each-ref", "refs/heads")
    git(tree, "symbolic-ref", fence, to)
    assert isinstance(registry.claim(target("conf"), access, Promoter().grant()), Written)
    assert git(tree, "for-each-ref", "refs/heads") == branches
    assert git(tree, "for-each-ref", "--format=%(symref)", fence) == ""
    assert fence_at(target("conf"), access) == Promoter().grant().fence


@pytest.mark.parametrize(
    "branch", ["main^{tree}", "main~0", "main@{0}", "@", "main:README", "../heads/main", ""]
)
def test_an_expression_for_a_revision_is_no_branch(tree: Path, access: Access, branch: str) -> None:
    here = target("conf")

    refusal = registry.read(replace(here, location=replace(here.location, branch=branch)), access)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no-branch"


def test_a_repository_with_longer_ids_is_written_to(access: Access, tmp_path: Path) -> None:
    tree = tmp_path / "conf"
    tree.mkdir()
    git(tree, "init", "-q", "-b", "main", "--object-format=sha256")
    put(tree, {FILE: VALUES})
    written = write(target("conf"), access)
    assert isinstance(written, Written)
    assert len(written.revision) == 64
    assert (show(tree), (tree / FILE).read_bytes().decode()) == (AFTER, AFTER)
    git(tree, "fsck", "--strict")
