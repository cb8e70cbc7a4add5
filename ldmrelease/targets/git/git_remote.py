"""Repositories of configuration: a local directory, or a remote that is cached in a bare mirror.

Both are read by refs and written by moving several refs together, each only from where it was seen.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from shlex import quote
from urllib.parse import urlsplit

from msgspec import Struct

from ldmrelease.domain.addresses import has_query, public
from ldmrelease.targets.git.commits import committer
from ldmrelease.targets.git.git_repository import Git, Observer
from ldmrelease.targets.git.local_repository import layout_of, open_layout
from ldmrelease.targets.git.mirror import RemoteLook, open_look
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.git.push_rejections import NO_ATOMIC, no_atomic_push, rejection
from ldmrelease.targets.results import RefusedError

_SCHEMES = {"file", "ssh", "https", "http", "git"}
_TOKENS = {"https", "http"}
"""Where a user alone may be a password."""
_SCP = re.compile(r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9.-]+:(?!:)[^\s]+")
# What a server says to a push that came second, in the C locale; everything else is its own refusal.
_MOVED = (
    "fetch first",
    "non-fast-forward",
    "stale info",
    "needs force",
    "already exists",
    "incorrect old value",
    "failed to update ref",
    "failed to lock",
    "cannot lock ref",
)
_BRANCHES = "refs/heads/"
# A branch may be another name of one. A ref of ours that was made a link would move what it points to: it is replaced.
_NOT_FOLLOWED = "option no-deref\n"

Tips = Mapping[str, str | None]


def ref_removal(where: str, ref: str, *, remote: bool) -> str:
    """The command that takes a ref out of a repository, which `where` names without a password."""
    if remote:
        return f"git push {quote(where)} --delete {ref}"
    return f"git -C {quote(where)} update-ref -d {ref}"


class GitRemote(Struct, frozen=True):
    """Where refs are read and moved.

    look: how a remote is seen and reached, None for a directory of its own. atomic: whether several refs of a remote
    are moved together; where its server cannot, the refs of fences are moved first, and looked at again afterwards.
    """

    git: Git
    where: str
    look: RemoteLook | None = None
    atomic: bool = True

    @property
    def url(self) -> str | None:
        """The remote's address."""
        return None if self.look is None else self.look.url

    def tips(self, refs: Sequence[str]) -> dict[str, str | None]:
        """Where the refs point (None: there is no such ref), with their objects at hand: now in a directory, when this
        run looked in a remote.

        Raises `GitError` where the repository cannot be reached.
        """
        return self.git.tips(refs) if self.look is None else self.look.tips(refs)

    def renew(self) -> None:
        """Somebody may have moved refs since this run looked: look again when asked next."""
        if self.look is not None:
            self.look.renew()

    def advance(self, old: Tips, new: Mapping[str, str], at: datetime) -> bool:
        """Move all the refs, or none: False where one of `old`, moved or not, is no longer there.

        Raises `Refused` (`rejected`) where the server forbids it, (`ref-in-the-way`) where a ref stands where a folder
        of one of these belongs, or the other way round; `GitError` where nobody can be asked.
        """
        try:
            moved = self._update(old, new, at) if self.look is None else self._pushed(self.look, old, new)
        except (GitError, RefusedError):
            self.renew()
            self._require_room(old, new)
            raise
        if not moved:
            self.renew()
            self._require_room(old, new)
        return moved

    def _require_room(self, old: Tips, new: Mapping[str, str]) -> None:
        for ref in new:
            if old.get(ref) is None:
                self.require_room(ref)

    def require_room(self, ref: str) -> None:
        """Raise `Refused` (`ref-in-the-way`) where git cannot make the ref, which is of ours, beside the others."""
        found = self._in_the_way(ref) if self.look is None else self.look.in_the_way(ref)
        if found is not None:
            removal = ref_removal(self.where, found, remote=self.look is not None)
            raise RefusedError("ref-in-the-way", where=self.where, found=found, wanted=ref, removal=removal)

    def _in_the_way(self, ref: str) -> str | None:
        parts = ref.split("/")
        above = ["/".join(parts[:size]) for size in range(2, len(parts))]
        return next((each for each, oid in self.git.tips(above).items() if oid), None) or self._below(ref)

    def _below(self, ref: str) -> str | None:
        """A ref in the folder that has the name of this one."""
        if not self.git.may_hold_below(ref):
            return None
        told = self.git.run("for-each-ref", "--count=1", "--format=%(refname)", f"{ref}/").decode()
        return told.partition("\n")[0].strip() or None

    def _update(self, old: Tips, new: Mapping[str, str], at: datetime) -> bool:
        lines = [
            ("" if ref.startswith(_BRANCHES) else _NOT_FOLLOWED)
            + (f"update {ref} {oid} {old[ref]}" if old[ref] else f"create {ref} {oid}")
            for ref, oid in new.items()
        ]
        lines += [f"{_NOT_FOLLOWED}verify {ref} {oid}" for ref, oid in old.items() if ref not in new and oid]
        script = "\n".join(["start", *lines, "prepare", "commit", ""]).encode()
        try:
            self.git.change("update-ref", "update-ref", "--stdin", stdin=script, env=committer(at))
        except GitError:
            if self.git.tips(list(old)) == dict(old):
                raise
            return False
        return True

    def _pushed(self, look: RemoteLook, old: Tips, new: Mapping[str, str]) -> bool:
        if self.atomic:
            return self._push(look, old, new)
        fences = [ref for ref in old if not ref.startswith(_BRANCHES)]
        moved = {ref: oid for ref, oid in new.items() if ref in fences}
        if moved and not self._push(look, {ref: old[ref] for ref in moved}, moved):
            return False
        branches = {ref: oid for ref, oid in new.items() if ref not in moved}
        if not branches:
            return True
        ours = {ref: moved.get(ref, old[ref]) for ref in fences}
        if look.now(fences) != ours or not self._push(look, {ref: old[ref] for ref in branches}, branches):
            return False
        # Whoever claims the place between the two pushes does not keep the second from being done: it is said.
        if look.now(fences) != ours:
            raise RefusedError("overtaken-push", where=self.where, commit=next(iter(branches.values())))
        return True

    def _push(self, look: RemoteLook, old: Tips, new: Mapping[str, str]) -> bool:
        held = {ref: oid for ref, oid in old.items() if oid and ref not in new}
        refspecs = [f"{oid}:{ref}" for ref, oid in (held | dict(new)).items()]
        # A ref that somebody took back to an earlier commit is not where it was, though ours would be built upon it.
        leases = [f"--force-with-lease={ref}:{old.get(ref) or ''}" for ref in (*held, *new)]
        together = ("--atomic",) if self.atomic else ()
        options = (*together, "--porcelain", "--no-verify", *leases)
        try:
            self.git.tell("before", "push")
            self.git.ask_server("push", *options, "--", look.url, *refspecs)
            self.git.tell("after", "push")
        except GitError as error:
            if any(each in error.message for each in _MOVED):
                return False
            # The line may have been cut after the server had done it.
            if look.now(list(new)) != dict(new):
                if "rejected]" in error.message:
                    raise rejection(self.where, error.message) from None
                if NO_ATOMIC in error.message:
                    raise no_atomic_push(self.where) from None
                raise
        look.moved(new)
        return True


def open_repository(spec: str, workspace: Path, observer: Observer | None = None) -> GitRemote:
    """The repository that `spec` names: a directory (relative ones start at the workspace) or a remote.

    Raises `Refused` (`no-repository`) for what is neither, `GitError` where git cannot say.
    """
    url = remote_url(spec)
    if url is not None:
        look = open_look(url, workspace.absolute(), observer)
        return GitRemote(look.git, public(url), look)
    directory = workspace / spec
    if not directory.is_dir():
        raise RefusedError("no-repository", where=spec)
    layout = layout_of(directory)
    if layout is None:
        around = (each for each in map(layout_of, directory.resolve().parents) if each is not None)
        if (outer := next(around, None)) is not None:
            # A folder inside of some repository is not the one that the workspace meant.
            raise RefusedError("no-repository", where=spec, found=f"a folder in {outer.git_directory}")
        raise RefusedError("no-repository", where=spec, found="not a git repository")
    return GitRemote(Git(open_layout(layout), observer), spec)


def remote_url(spec: str) -> str | None:
    """The spec if it names a remote, None for a directory.

    Raises `Refused` for a transport we do not use, and for a password or a token in it: everybody sees command lines.
    """
    if "://" in spec:
        address = urlsplit(spec)
        if address.scheme not in _SCHEMES:
            raise RefusedError("no-repository", where=public(spec), found="an unknown scheme")
        user = address.netloc.rpartition("@")[0]
        if ":" in user or (user and address.scheme in _TOKENS):
            raise RefusedError(
                "no-repository", where=public(spec), found="a user or a password in the address"
            )
        if has_query(spec):
            raise RefusedError(
                "no-repository", where=public(spec), found="a query or a fragment in the address"
            )
        return spec
    if "::" in spec or spec.startswith("-"):
        raise RefusedError("no-repository", where=spec, found="an unknown scheme")
    return spec if _SCP.fullmatch(spec) else None
