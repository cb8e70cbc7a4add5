"""The git executable, called so that no hook, user setting or terminal changes what happens.

Only plumbing is used for writing: objects first, then the refs, all of them or none. A kill in between leaves
objects that nobody refers to, which git itself collects.
"""

import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct, field

from ldmrelease import logs
from ldmrelease.domain import times
from ldmrelease.domain.errors import UnavailableError
from ldmrelease.targets.results import Change, RefusedError

Observer = Callable[[str, str], None]
"""Called with ("before" or "after", what) around everything that changes a repository."""

_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsync=committed",
    "core.quotePath=false",
    "core.fsmonitor=false",
    "core.alternateRefsCommand=",
    "log.showSignature=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "i18n.commitEncoding=UTF-8",
    "protocol.ext.allow=never",
    "push.followTags=false",
    "push.gpgSign=false",
    "push.recurseSubmodules=no",
    "fetch.recurseSubmodules=false",
)
# Where git keeps credentials is the user's own affair; everything else of GIT_* could redirect us.
_KEPT = {"GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_EXEC_PATH"}
_PATIENCE = 300
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
NO_GIT, NO_ANSWER = 127, 124
"""Statuses of a `GitError` that say nothing about the repository."""


class Identity(Struct, frozen=True):
    """Who a commit is by."""

    name: str
    email: str

    def __post_init__(self) -> None:
        for part in (self.name, self.email):
            if not part.strip() or set(part) & set("<>\n\r\0"):
                raise ValueError(f"{part!r} can be no name or address of a commit")


COMMITTER = Identity("ldmrelease", "ldmrelease@localhost")


class GitError(UnavailableError):
    """git said no, for a reason that is not one of ours; the message is its own."""

    where = "git"

    def __init__(self, command: str, status: int, message: str) -> None:
        super().__init__(f"git {command}: {message or f'exit status {status}'}")
        self.status = status
        self.message = message


class Git(Struct, frozen=True):
    """A repository on this machine; `directory` is its git directory.

    blobs: files that were read at commits, which never change; shared by all that read the same repository.
    """

    directory: Path
    observer: Observer | None = None
    blobs: dict[tuple[str, str], "Blob"] = field(default_factory=dict)

    def run(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """What the command prints. Raises `GitError`, and `Refused` (`locked`) for a lock that is held."""
        return call([f"--git-dir={self.directory}", *arguments], stdin=stdin, env=env)

    def change(
        self, what: str, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> bytes:
        """Run a command that changes something, with the observer told before and after."""
        self.tell("before", what)
        output = self.run(*arguments, stdin=stdin, env=env)
        self.tell("after", what)
        return output

    def tell(self, phase: str, what: str) -> None:
        """Tell the observer, if there is one."""
        if self.observer is not None:
            self.observer(phase, what)


def call(
    arguments: Sequence[str],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    settings: Sequence[str] = (),
) -> bytes:
    """Run git, with further `settings` (`name=value`).

    Raises `GitError`, and `Refused` (`locked`) for a lock that is held or was left behind.
    """
    configured = [part for each in (*_SETTINGS, *settings) for part in ("-c", each)]
    command = next((each for each in arguments if not each.startswith("-")), "")
    try:
        with logs.asked("git", f"git {' '.join(arguments)}"):
            done = subprocess.run(
                ["git", "--no-optional-locks", *configured, *arguments],
                input=stdin,
                capture_output=True,
                env=_environment() | dict(env or {}),
                timeout=_PATIENCE,
                check=False,
                # Without a terminal nothing can ask for a password, and Ctrl-C does not cut a transaction.
                start_new_session=True,
            )
    except FileNotFoundError:
        raise GitError(command, NO_GIT, "git is not installed; install it") from None
    except subprocess.TimeoutExpired:
        raise GitError(command, NO_ANSWER, f"no answer within {_PATIENCE} s") from None
    if done.returncode:
        # A push tells on its standard output what became of each ref.
        message = (done.stderr + done.stdout).decode(errors="replace").strip()
        _raise_locked(message)
        raise GitError(command, done.returncode, message)
    return done.stdout


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in _KEPT}
    kept.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    return kept | {
        "LC_ALL": "C",
        "LANGUAGE": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        # A missing object must not be fetched from wherever the configuration of a repository says, and how.
        "GIT_NO_LAZY_FETCH": "1",
    }


def _raise_locked(message: str) -> None:
    # git's own words in the C locale: "Unable to create '/…/main.lock': File exists."
    _, _, rest = message.partition("Unable to create '")
    lock, quote, reason = rest.partition("'")
    if quote and lock.endswith(".lock") and reason.startswith(": File exists"):
        raise RefusedError("locked", file=lock)


class Note(Struct, frozen=True):
    """What a commit says: its subject, its trailers, who wants it, and when."""

    subject: str
    author: Identity
    at: datetime
    trailers: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The commit message, each trailer on one line of its own."""
        lines = [f"{key}: {' '.join(value.split())}" for key, value in self.trailers.items()]
        return "\n".join([" ".join(self.subject.split()), *(["", *lines] if lines else []), ""])


def commit_tree(git: Git, tree: str, parent: str | None, note: Note) -> str:
    """A commit object; the same arguments give the same id."""
    env = {
        "GIT_AUTHOR_NAME": note.author.name,
        "GIT_AUTHOR_EMAIL": note.author.email,
        "GIT_AUTHOR_DATE": f"{int(note.at.timestamp())} +0000",
        **committer(note.at),
    }
    parents = ["-p", parent] if parent else []
    output = git.change(
        "commit-tree", "commit-tree", "--no-gpg-sign", *parents, tree, stdin=note.message.encode(), env=env
    )
    return output.decode().strip()


def committer(at: datetime) -> dict[str, str]:
    """The environment that names us as committer, in commits and in the log of a ref."""
    return {
        "GIT_COMMITTER_NAME": COMMITTER.name,
        "GIT_COMMITTER_EMAIL": COMMITTER.email,
        "GIT_COMMITTER_DATE": f"{int(at.timestamp())} +0000",
    }


class Blob(Struct, frozen=True):
    """A file of a tree: its object, its mode and its bytes."""

    oid: str
    mode: str
    content: bytes


def read_blob(git: Git, revision: str, file: str) -> Blob:
    """The file at a revision; at a commit's id it is read once. Raises `Refused`: `no-file`, or `not-a-file` (a link,
    a directory)."""
    if (revision, file) in git.blobs:
        return git.blobs[revision, file]
    found = _blob_there(git, revision, file)
    if _COMMIT.fullmatch(revision):
        git.blobs[revision, file] = found
    return found


def _blob_there(git: Git, revision: str, file: str) -> Blob:
    listing = git.run("ls-tree", "-z", revision, "--", file)
    if not listing:
        raise RefusedError("no-file", file=file, revision=revision)
    mode, kind, oid = listing.split(b"\t")[0].decode().split()
    if kind != "blob" or mode == "120000":
        raise RefusedError("not-a-file", file=file, revision=revision, found=mode)
    return Blob(oid, mode, git.run("cat-file", "blob", oid))


def write_blob(git: Git, content: bytes) -> str:
    """Store bytes exactly as they are (no filter of the user's sees them)."""
    return (
        git.change("hash-object", "hash-object", "-w", "--stdin", "--no-filters", stdin=content)
        .decode()
        .strip()
    )


def tree_with(git: Git, revision: str, file: str, mode: str, oid: str) -> str:
    """The tree of a revision with one file replaced; every other entry is taken over as it stands."""
    *folders, name = file.split("/")
    kind = "blob"
    for depth in range(len(folders), -1, -1):
        folder = "/".join(folders[:depth])
        entries = git.run("ls-tree", "-z", f"{revision}:{folder}").split(b"\0")[:-1]
        new = f"{mode} {kind} {oid}\t{name}".encode()
        replaced = [new if each.split(b"\t", 1)[1] == name.encode() else each for each in entries]
        listing = b"".join(each + b"\0" for each in replaced)
        oid = git.change("mktree", "mktree", "-z", stdin=listing).decode().strip()
        mode, kind = "040000", "tree"
        name = folders[depth - 1] if depth else ""
    return oid


def author_of(git: Git, revision: str) -> Change:
    """Who made a commit, and when."""
    oid, name, email, seconds = (
        git.run("log", "-1", "--no-show-signature", "--format=%H%x00%an%x00%ae%x00%at", revision, "--")
        .decode(errors="replace")
        .strip()
        .split("\0")
    )
    moment = datetime.fromtimestamp(int(seconds), tz=UTC)
    return Change(oid, f"{name} <{email}>", times.spell(moment))
