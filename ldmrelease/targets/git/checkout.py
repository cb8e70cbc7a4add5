"""A checked-out copy of the branch: brought up to date after a commit, never over the user's own changes.

A note in the git directory is written before the branch moves and removed when the copy has followed: so a
copy that was left behind by a kill is told from a change that the user made.
"""

import hashlib
import shutil
from pathlib import Path

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.targets.git.program import Blob, Git, GitError, call, read_blob
from ldmrelease.targets.results import RefusedError


class _Note(Struct, frozen=True):
    """The file's blob before and after a commit that the copy has yet to follow."""

    file: str
    before: str
    after: str


class Checkout(Struct, frozen=True):
    """One file of the work tree that has the branch checked out."""

    git: Git
    root: Path
    git_directory: Path
    file: str
    settings: tuple[str, ...] = ()

    def require_clean(self, tip: str) -> None:
        """Raise `Refused`: `uncommitted` where the user has changed the file, `locked` where git is at work.

        Follows first what a killed write of ours had left behind.
        """
        self.catch_up(tip)
        lock = self.git_directory / "index.lock"
        if lock.exists():
            raise RefusedError("locked", file=str(lock))
        if self._run("status", "--porcelain=v1", "--untracked-files=all", "--", self.file):
            raise RefusedError("uncommitted", file=self.file, where=str(self.root))

    def announce(self, before: str, after: str) -> None:
        """Leave the note that the file will follow from one blob to the other."""
        self._note.parent.mkdir(exist_ok=True)
        self._note.write_bytes(canonical.encode(_Note(self.file, before, after)))

    def withdraw(self) -> None:
        """Remove the note: the branch did not move."""
        self._note.unlink(missing_ok=True)

    def catch_up(self, tip: str) -> None:
        """Let the copy follow a commit of ours that it has not followed yet; remove the note.

        Raises `Refused` (`uncommitted`) where the user has changed the file since: then it stays as it is.
        """
        if not self._note.is_file():
            return
        note = canonical.decode(self._note.read_bytes(), _Note)
        blob = read_blob(self.git, tip, self.file)
        untouched = self._is_untouched(note)
        if blob.oid == note.after and untouched:
            self._follow(blob)
        self.withdraw()
        if blob.oid == note.after and not untouched:
            raise RefusedError("uncommitted", file=self.file, where=str(self.root))

    def _follow(self, blob: Blob) -> None:
        self.git.tell("before", "checkout")
        content = self._as_checked_out(blob.oid)
        draft = self._note.with_suffix(".new")
        draft.write_bytes(content)
        draft.chmod(0o755 if blob.mode == "100755" else 0o644)
        shutil.move(draft, self.root / self.file)
        self._run("update-index", "--", self.file)
        self.git.tell("after", "checkout")

    def _is_untouched(self, note: _Note) -> bool:
        """Whether index and file both hold one of the note's blobs."""
        ours = (note.before, note.after)
        staged = self._run("ls-files", "-s", "--", self.file).split()
        path = self.root / self.file
        if len(staged) < 2 or staged[1].decode() not in ours or not path.is_file():
            return False
        # Line ends may have been converted on the way in or out, and not always there and back.
        held = self._run("hash-object", f"--path={self.file}", "--", str(path)).decode().strip()
        return held in ours or path.read_bytes() in [self._as_checked_out(each) for each in ours]

    def _as_checked_out(self, oid: str) -> bytes:
        return self._run("cat-file", "--filters", f"--path={self.file}", oid)

    @property
    def _note(self) -> Path:
        name = hashlib.sha256(self.file.encode()).hexdigest()[:16]
        return self.git_directory / "ldmrelease" / f"{name}.json"

    def _run(self, *arguments: str) -> bytes:
        return call(["-C", str(self.root), *arguments], settings=self.settings)


def checkout_of(git: Git, branch: str, file: str) -> Checkout | None:
    """The work tree where the branch is checked out, if there is one on this machine."""
    root: Path | None = None
    for line in git.run("worktree", "list", "--porcelain").decode().splitlines():
        key, _, value = line.partition(" ")
        if key == "worktree":
            root = Path(value)
        elif key == "branch" and value == f"refs/heads/{branch}" and root is not None:
            return _open(git, root, file)
    return None


def _open(git: Git, root: Path, file: str) -> Checkout | None:
    try:
        found = call(["-C", str(root), "rev-parse", "--is-inside-work-tree", "--absolute-git-dir"])
    except GitError:
        return None  # listed, but its directory is gone
    inside, _, directory = found.decode().strip().partition("\n")
    return Checkout(git, root, Path(directory), file, _harmless(root)) if inside == "true" else None


def _harmless(root: Path) -> tuple[str, ...]:
    """The settings that take the programs out of the filters which the copy's own configuration defines.

    Whoever may write there could else have anything run as us, by a filter and an attribute. The user's own filters
    and line ends stay.
    """
    try:
        listed = call(
            ["-C", str(root), "config", "--show-scope", "--name-only", "-z", "--get-regexp", r"^filter\."]
        )
    except GitError as error:
        if error.status == _NONE:
            return ()
        raise
    parts = listed.decode(errors="surrogateescape").split("\0")
    names = {
        name.rpartition(".")[0]
        for scope, name in zip(parts[::2], parts[1::2], strict=False)
        if scope not in _OURS
    }
    odd = next((each for each in sorted(names) if "=" in each), None)
    if odd is not None:
        # Such a name cannot be overridden on a command line, so the filter would run.
        raise GitError(
            "config", _NONE, f"{root} defines {odd!r}, a name that cannot be overridden: take it out"
        )
    emptied = [f"{name}.{key}=" for name in sorted(names) for key in ("clean", "smudge", "process")]
    return (*emptied, *(f"{name}.required=false" for name in sorted(names)))


_OURS = {"system", "global", "command"}
_NONE = 1
"""The status of `git config` where nothing fits."""
