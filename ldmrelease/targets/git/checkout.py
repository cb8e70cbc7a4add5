"""A checked-out copy of the branch: brought up to date after a commit, never over the user's own changes.

A note in the git directory is written before the branch moves and removed when the copy has followed: so a
copy that was left behind by a kill is told from a change that the user made.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.targets.git.git_repository import Git, GitBlob, read_blob
from ldmrelease.targets.git.local_repository import WorkTree
from ldmrelease.targets.git.program import call
from ldmrelease.targets.results import RefusedError

_NO_CHANGE = "."
_UNSEEN = (b"S", b"s", b"h")
"""How `git ls-files -v` marks a file of `--skip-worktree` or `--assume-unchanged`: git sees no change of it."""


_MARKS = (((b"S", b"s"), "--skip-worktree"), ((b"h", b"s"), "--assume-unchanged"))


class _Note(Struct, frozen=True):
    """The file's blob before and after a commit that the copy has yet to follow."""

    file: str
    before: str
    after: str


class _Status(Struct, frozen=True):
    """What git says of the file: the branch and the commit that are checked out, and the file's line unless it is
    as committed."""

    branch: str
    tip: str
    change: list[str]


class Checkout(Struct, frozen=True):
    """One file of the work tree that has the branch checked out."""

    git: Git
    tree: WorkTree
    branch: str
    file: str

    def require_clean(self, tip: str) -> None:
        """Raise `Refused`: `uncommitted` where the user has changed the file, `locked` where git is at work.

        Follows first what a killed write of ours had left behind.
        """
        self.catch_up(tip)
        lock = self.tree.git_directory / "index.lock"
        if lock.exists():
            raise RefusedError("locked", file=str(lock))
        if not self._is_as_committed(read_blob(self.git, tip, self.file)):
            raise RefusedError("uncommitted", file=self.file, where=str(self.tree.root))

    def announce(self, before: str, after: str) -> None:
        """Leave the note that the file will follow from one blob to the other."""
        self.git.tell("before", "note")
        self._note.parent.mkdir(exist_ok=True)
        self._note.write_bytes(canonical.encode(_Note(self.file, before, after)))
        self.git.tell("after", "note")

    def withdraw(self) -> None:
        """Remove the note: the branch did not move."""
        self._note.unlink(missing_ok=True)

    def catch_up(self, tip: str) -> None:
        """Let the copy follow a commit of ours that it has not followed yet; remove the note.

        Raises `Refused` (`uncommitted`) where the user has changed the file since: then it stays as it is. Where the
        user has switched to another branch meanwhile, note and copy are left.
        """
        if not self._note.is_file():
            return
        note = canonical.decode(self._note.read_bytes(), _Note)
        blob = read_blob(self.git, tip, self.file)
        status = self._status()
        if status.branch != self.branch:
            return
        mark = self._left_out(note)
        untouched = mark is not None or self._is_untouched(note, status, tip)
        if blob.oid == note.after and mark is not None:
            self._follow_in_index(blob, mark)
        elif blob.oid == note.after and untouched:
            self._follow(blob)
        self.withdraw()
        if blob.oid == note.after and not untouched:
            raise RefusedError("uncommitted", file=self.file, where=str(self.tree.root))

    def _follow(self, blob: GitBlob) -> None:
        self.git.tell("before", "checkout")
        content = self._as_checked_out(blob.oid)
        draft = self._note.with_suffix(".new")
        draft.write_bytes(content)
        draft.chmod(0o755 if blob.mode == "100755" else 0o644)
        shutil.move(draft, self.tree.root / self.file)
        self.git.tell("after", "checkout")
        self.git.tell("before", "update-index")
        self._run("update-index", "--", self.file)
        self.git.tell("after", "update-index")

    def _left_out(self, note: _Note) -> bytes | None:
        """How a file is marked that is not there and is not to be, as in a sparse checkout; None for any other."""
        if os.path.lexists(self.tree.root / self.file):
            return None
        mark, _, entry = self._run("ls-files", "-z", "-v", "--stage", "--", self.file).partition(b" ")
        held = entry.split()[1].decode() if len(entry.split()) > 1 else ""
        return mark if mark in _UNSEEN and held in (note.before, note.after) else None

    def _follow_in_index(self, blob: GitBlob, mark: bytes) -> None:
        """The index says the new blob, and the file is left out of the copy as it was: one write of the index."""
        self.git.tell("before", "update-index")
        entry = ["--cacheinfo", f"{blob.mode},{blob.oid},{self.file}"]
        for option in [each for letters, each in _MARKS if mark in letters]:
            self._run("update-index", *entry, option, "--", self.file)
            entry = []
        self.git.tell("after", "update-index")

    def _is_untouched(self, note: _Note, status: _Status, tip: str) -> bool:
        """Whether index and file both hold one of the note's blobs."""
        ours = (note.before, note.after)
        path = self.tree.root / self.file
        if not path.is_file():
            return False
        if self._is_unseen_by_git(path, ours):
            return False
        if not status.change:
            return status.tip == tip
        if status.change[0] != "1" or status.change[7] not in ours:
            return False
        if status.change[1][1] == _NO_CHANGE:
            return True
        # Line ends may have been converted on the way in or out, and not always there and back.
        held = self._run("hash-object", f"--path={self.file}", "--", str(path)).decode().strip()
        return held in ours or path.read_bytes() in [self._as_checked_out(each) for each in ours]

    def _is_as_committed(self, blob: GitBlob) -> bool:
        """Whether index and file are: one line that says so, without a mark of a change or of a file not looked at.

        One that is marked and not there (a sparse checkout) has no change to lose.
        """
        told = self._run("ls-files", "-z", "-v", "--stage", "--modified", "--", self.file)
        line = f" {blob.mode} {blob.oid} 0\t{self.file}\0".encode(errors="surrogateescape")
        marked = told[:1] in _UNSEEN and told[1:] == line
        return told == b"H" + line or (marked and not os.path.lexists(self.tree.root / self.file))

    def _is_unseen_by_git(self, path: Path, known: tuple[str, ...]) -> bool:
        """Whether the file is none of the known blobs, and git was told not to look (`git update-index`)."""
        if self.git.new_objects().blob(path.read_bytes()) in known:
            return False
        return self._run("ls-files", "-z", "-v", "--", self.file)[:1] in _UNSEEN

    def _status(self) -> _Status:
        told = self._run(
            "status", "--porcelain=v2", "-z", "--branch", "--no-renames", "--untracked-files=all",
            "--ignore-submodules=all", "--", self.file,
        ).decode(errors="surrogateescape")  # fmt: skip
        lines = told.split("\0")[:-1]
        heads = dict(each.removeprefix("# ").split(" ", 1) for each in lines if each.startswith("# "))
        changes = [each.split(" ", 8) for each in lines if not each.startswith("# ")]
        return _Status(heads["branch.head"], heads["branch.oid"], changes[0] if changes else [])

    def _as_checked_out(self, oid: str) -> bytes:
        return self._run("cat-file", "--filters", f"--path={self.file}", oid)

    @property
    def _note(self) -> Path:
        name = hashlib.sha256(self.file.encode()).hexdigest()[:16]
        return self.tree.git_directory / "ldmrelease" / f"{name}.json"

    def _run(self, *arguments: str) -> bytes:
        place = [f"--git-dir={self.tree.git_directory}", f"--work-tree={self.tree.root}"]
        return call(["-C", str(self.tree.root), *place, *arguments], env=self.git.env)


class Checkouts(Struct, frozen=True):
    """Several files of it that one commit changes: each follows by itself, so a kill between two loses nothing."""

    files: tuple[Checkout, ...]

    def require_clean(self, tip: str) -> None:
        """As of a `Checkout`, of all of them."""
        for each in self.files:
            each.require_clean(tip)

    def announce(self, blobs: Mapping[str, tuple[str, str]]) -> None:
        """Leave the notes: of each file that changes, its blobs before and after."""
        for each in self.files:
            if each.file in blobs:
                each.announce(*blobs[each.file])

    def withdraw(self) -> None:
        """Remove the notes: the branch did not move."""
        for each in self.files:
            each.withdraw()

    def catch_up(self, tip: str) -> None:
        """As of a `Checkout`; a file that has to stay as it is keeps no other one from following."""
        kept = None
        for each in self.files:
            try:
                each.catch_up(tip)
            except RefusedError as refused:
                kept = kept or refused
        if kept is not None:
            raise kept


def checkouts_of(git: Git, branch: str, files: Sequence[str]) -> Checkouts | None:
    """The work tree where the branch is checked out, if there is one on this machine."""
    trees = git.opened.layout.work_trees(git.opened.bare)
    found = next((each for each in trees if _branch_of(git, each) == f"refs/heads/{branch}"), None)
    return (
        Checkouts(tuple(Checkout(git, found, branch, each) for each in files)) if found is not None else None
    )


def _branch_of(git: Git, tree: WorkTree) -> str | None:
    """The ref that HEAD stands for; None for a commit of its own."""
    head = tree.git_directory / "HEAD"
    if head.is_symlink():
        return os.fsdecode(head.readlink())
    pointer = os.fsdecode(head.read_bytes()).strip()
    if pointer == _ELSEWHERE:
        return (
            call([f"--git-dir={tree.git_directory}", "symbolic-ref", "-q", "HEAD"], env=git.env)
            .decode()
            .strip()
        )
    return pointer.removeprefix("ref:").strip() if pointer.startswith("ref:") else None


_ELSEWHERE = "ref: refs/heads/.invalid"
"""What HEAD says where refs are kept in tables (the `reftable` format)."""
