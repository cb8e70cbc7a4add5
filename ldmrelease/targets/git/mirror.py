"""A remote repository: its copy on this machine, and one look at it that serves a whole run.

A look is one connection: a fetch of the branches that anybody has asked for and of all our own refs, whatever asks
next. Objects are shared by all runs of a workspace, refs are not: each run has its own, so that none waits for
another's locks. What one has fetched the next begins with: the copy keeps the refs of the newest look.
"""

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ldmrelease.domain.errors import UnavailableError
from ldmrelease.targets.git.git_repository import Git, Observer, is_ref
from ldmrelease.targets.git.local_repository import Layout, Opened, open_layout
from ldmrelease.targets.git.program import SILENCE, GitError, call
from ldmrelease.targets.results import RefusedError

_SHARED = ("objects", "shallow")
"""What a run has of the copy: the other parts are its own."""
_PACKED = "packed-refs"
OURS = ("refs/ldmrelease", "refs/heads/ldmrelease")
"""How fences begin, and the branches of proposals: a look sees all of them, and what is in their way."""
_ABSENT = "couldn't find remote ref"
_IN_THE_WAY = ("cannot lock ref", "cannot create", "refname conflict", "some local refs could not be updated")
_TRIES = 3


def mirror_folder(workspace: Path) -> Path:
    """Where the copies of remote repositories are."""
    return workspace / ".ldmrelease" / "git"


def mirror_of(url: str, workspace: Path) -> Path:
    """The copy of a remote repository, whether it is there or not."""
    return mirror_folder(workspace) / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.git"


def open_mirror(url: str, workspace: Path) -> Opened:
    """The copy, made where there is none, with refs of our own. Raises `GitError` and OSError."""
    directory = mirror_of(url, workspace)
    if not (directory / "HEAD").is_file():
        directory.mkdir(parents=True, exist_ok=True)
        call(["-C", "/", "init", "-q", "--bare", "--template=", str(directory)])
    opened = open_layout(Layout(directory, directory, directory), links=_SHARED)
    (opened.common / "refs").mkdir()
    kept = directory / _PACKED
    if kept.is_file():
        (opened.common / _PACKED).write_bytes(kept.read_bytes())
    return opened


def open_look(url: str, workspace: Path, observer: Observer | None) -> "RemoteLook":
    """A remote repository, at which nobody has looked yet. Raises `GitError` and OSError."""
    return RemoteLook(Git(open_mirror(url, workspace), observer), url)


class RemoteLook:
    """Where the refs of a remote repository were when this run looked, for any number of threads.

    Whoever asks first looks for all; a server that does not answer is not asked again before `renew`.
    """

    def __init__(self, git: Git, url: str) -> None:
        self.git = git
        self.url = url
        self._asked: set[str] = set()
        self._absent = False
        self._seen: dict[str, str | None] | None = None
        self._failure: UnavailableError | RefusedError | None = None
        self._one_at_a_time = threading.Lock()

    def expect(self, refs: Collection[str]) -> None:
        """Branches that somebody will ask for: the next look sees them, too."""
        with self._one_at_a_time:
            self._ask(refs)

    def tips(self, refs: Sequence[str]) -> dict[str, str | None]:
        """Where the refs were (None: there was no such ref), with their objects at hand. Raises `GitError`."""
        with self._one_at_a_time:
            if self._failure is not None:
                raise self._failure
            if self._seen is None or any(self._is_unknown(self._seen, each) for each in refs):
                self._ask(refs)
                try:
                    self._seen = self._look()
                except (UnavailableError, RefusedError) as failure:
                    self._failure = failure
                    raise
            return {each: self._seen.get(each) for each in refs}

    def renew(self) -> None:
        """Forget what was seen: who asks next looks again."""
        with self._one_at_a_time:
            self._seen, self._failure = None, None

    def moved(self, new: Mapping[str, str]) -> None:
        """We have just moved refs: there they are now."""
        with self._one_at_a_time:
            if self._seen is not None:
                self._seen.update(new)

    def in_the_way(self, ref: str) -> str | None:
        """A ref of ours that this one cannot be beside, as this run saw them. Raises `GitError`."""
        self.tips([ref])
        with self._one_at_a_time:
            there = [each for each, oid in (self._seen or {}).items() if oid is not None]
        return next(
            (each for each in there if f"{ref}/".startswith(f"{each}/") and each != ref), None
        ) or next((each for each in there if each.startswith(f"{ref}/")), None)

    def now(self, refs: Sequence[str]) -> dict[str, str | None]:
        """Where the refs are at this moment, whose objects need not be here. Raises `GitError`."""
        listing = self.git.ask_server("ls-remote", "-q", "--", self.url, *refs).decode()
        found = {name: oid for oid, _, name in (line.partition("\t") for line in listing.splitlines())}
        return {ref: found.get(ref) for ref in refs}

    def _ask(self, refs: Collection[str]) -> None:
        self._asked.update(each for each in refs if not each.startswith(OURS) and is_ref(each))

    @staticmethod
    def _is_unknown(seen: Mapping[str, str | None], ref: str) -> bool:
        return ref not in seen and not ref.startswith(OURS) and is_ref(ref)

    def _look(self) -> dict[str, str | None]:
        """One fetch; where a ref is not there, and the server does not say which, it is asked for them first."""
        try:
            self._fetch_all()
        except GitError as error:
            if not any(each in error.message for each in _IN_THE_WAY):
                raise
            # A branch that is gone may be in the way of one in a folder of its name.
            self._forget_refs()
            self._fetch_all()
        listed = self.git.run("for-each-ref", "--format=%(objectname) %(refname)").decode()
        held = {name: oid for oid, _, name in (line.partition(" ") for line in listed.splitlines())}
        self._keep(held)
        ours = {ref: oid for ref, oid in held.items() if ref.startswith(OURS)}
        return {ref: held.get(ref) for ref in self._asked} | ours

    def _fetch_all(self) -> None:
        if not self._absent:
            try:
                return self._fetch(sorted(self._asked))
            except GitError as error:
                if _ABSENT not in error.message:
                    raise
        for _ in range(_TRIES):
            there = self.now(sorted(self._asked))
            gone = [each for each, oid in there.items() if oid is None]
            self._absent = bool(gone)
            for each in gone:
                self.git.run("update-ref", "-d", each)
            try:
                return self._fetch([each for each, oid in there.items() if oid is not None])
            except GitError as error:
                if _ABSENT not in error.message:
                    raise
        raise GitError("fetch", 1, "the refs come and go faster than they can be fetched")

    def _forget_refs(self) -> None:
        own = self.git.opened.common
        (own / _PACKED).unlink(missing_ok=True)
        shutil.rmtree(own / "refs")
        (own / "refs").mkdir()

    def _fetch(self, refs: Sequence[str]) -> None:
        specs = [f"+{each}:{each}" for each in refs] + [f"+{each}*:{each}*" for each in OURS]
        self.git.tell("before", "fetch")
        options = ("--progress", "--no-tags", "--no-write-fetch-head", "--prune")
        self.git.ask_server("fetch", *options, "--", self.url, *specs, silence=SILENCE)
        self.git.tell("after", "fetch")

    def _keep(self, held: Mapping[str, str]) -> None:
        """Leave the refs to whoever begins next, whole or not at all: their objects are all here."""
        text = "".join(f"{oid} {ref}\n" for ref, oid in sorted(held.items())).encode()
        kept = self.git.opened.layout.common / _PACKED
        if kept.is_file() and kept.read_bytes() == text:
            return
        descriptor, name = tempfile.mkstemp(prefix=f".{_PACKED}-", dir=kept.parent)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(text)
        Path(name).replace(kept)
