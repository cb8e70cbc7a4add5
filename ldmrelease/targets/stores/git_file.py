"""The one writer of a values file in git: what every kind of target reads, changes and restores with.

A write names what it expects to find, setting by setting. Another commit in between is not a reason to stop, a
changed setting is: then the answer names who changed it.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from ldmrelease.domain.addresses import public
from ldmrelease.domain.errors import Unavailable, reason_of
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Place
from ldmrelease.targets import fence
from ldmrelease.targets.connections import Access
from ldmrelease.targets.fence import WriteGrant
from ldmrelease.targets.git.commits import NewObjects, TreeEntry
from ldmrelease.targets.git.program import DAMAGED, GitError
from ldmrelease.targets.git.remote import GitRemote, remote_url
from ldmrelease.targets.git.repository import Git, GitBlob, author_of, read_blob, tree_with
from ldmrelease.targets.results import (
    Change,
    Refusal,
    RefusedError,
    SettingItem,
    Snapshot,
    Value,
    Values,
    Written,
    required,
)
from ldmrelease.targets.stores.expected import require_expected, said_already
from ldmrelease.targets.stores.reading import PathsToRead, snapshot_of
from ldmrelease.targets.yamledit.settings import FoundSetting, edit_settings, read_settings

if TYPE_CHECKING:
    from ldmrelease.targets.git.blame import Blame
    from ldmrelease.targets.git.checkout import Checkout

_TRIES = 5
_MOST_MOVES = 20
"""How often a line that stayed as it was may have been written anew, before its author is no longer looked for."""
T = TypeVar("T")


def name_of(where: GitFile) -> str:
    """The repository, for people; without a password."""
    return public(where.repository)


def preflight(_where: GitFile, _access: Access) -> Refusal | Unavailable | None:
    """Nothing is known against it before it is read."""
    return None


def read(
    where: GitFile,
    paths: Sequence[str],
    access: Access,
    optional: Collection[str] = (),
    beside: Collection[str] = (),
) -> Snapshot | Refusal | Unavailable:
    """The settings as committed now; an `optional` one that is absent is left out.

    Raises ValueError for what is not a path.
    """
    read = PathsToRead(paths, optional, beside)
    return _answer(where, lambda: _snapshot(_Session.open(where, access), read))


def write(
    where: GitFile, edits: Values, access: Access, *, expect: Values, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Commit the edits and move the fence with them, where each setting still is as expected, or as wanted.

    Nothing is committed where all are as wanted (`found`). A restore is a write that expects what we wrote.
    Raises ValueError for what is not a path, KeyError where `expect` lacks one of the edits.
    """
    return _answer(where, lambda: _write(_Session.open(where, access), edits, expect, grant))


def restore(
    where: GitFile, before: Values, ours: Values, access: Access, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Put back what was there before, where the settings still are ours."""
    return write(where, before, access, expect=ours, grant=grant)


def claim(where: GitFile, access: Access, grant: WriteGrant) -> Written | Refusal | Unavailable:
    """Move the fence alone to ours, before the first write. `found`: it was there already."""
    return _answer(where, lambda: _claim(_Session.open(where, access), grant))


def fence_of(where: GitFile, place: Place, access: Access) -> bytes | Refusal | Unavailable | None:
    """What is kept as the fence of the place; None where nobody has written there yet."""

    def read() -> bytes | None:
        session = _Session.open(where, access)
        ref = fence.fence_ref(place)
        tip = session.repository.tips([ref])[ref]
        return fence.kept_at(session.git, tip) if tip else None

    return _answer(where, read)


def fence_removal(where: GitFile, place: Place) -> str:
    """The command that takes the fence of the place away."""
    ref, repository = fence.fence_ref(place), quote(public(where.repository))
    if remote_url(where.repository) is None:
        return f"git -C {repository} update-ref -d {ref}"
    return f"git push {repository} --delete {ref}"


def read_fences(
    repository: str, places: Sequence[Place], access: Access
) -> dict[Place, bytes | None] | Refusal | Unavailable:
    """What is kept as the fences of several places of one repository, in one look; None where nobody has written."""

    def read() -> dict[Place, bytes | None]:
        opened = access.repository(repository)
        refs = {each: fence.fence_ref(each) for each in places}
        tips = opened.tips(list(refs.values()))
        known = fence.all_kept_at(opened.git, [tip for tip in tips.values() if tip is not None])
        return {each: known.get(tips[ref] or "") for each, ref in refs.items()}

    return _answer(GitFile(repository, "", ""), read)


def changed_by(
    where: GitFile, asked: Sequence[SettingItem], access: Access
) -> dict[SettingItem, Change | Refusal] | Refusal | Unavailable:
    """Who gave each setting, or item of one, the value that is committed now."""

    def read() -> dict[SettingItem, Change | Refusal]:
        session = _Session.open(where, access)
        tip, blame = session.tip(), session.blame()
        return {each: found(partial(_author, session, blame, tip, each)) for each in asked}

    def found(act: Callable[[], Change]) -> Change | Refusal:
        try:
            return act()
        except RefusedError as refused:
            return refused.refusal

    return _answer(where, read)


def _answer(where: GitFile, act: Callable[[], T]) -> T | Refusal | Unavailable:
    try:
        return act()
    except RefusedError as refused:
        return refused.refusal
    except (GitError, OSError) as error:
        return Unavailable(public(where.repository), reason_of(error))


class _Session(Struct, frozen=True):
    """A values file in an opened repository."""

    where: GitFile
    repository: GitRemote

    @classmethod
    def open(cls, where: GitFile, access: Access) -> "_Session":
        if {"", ".", "..", ".git"} & set(where.file.split("/")):
            raise RefusedError("bad-file", file=where.file)
        return cls(where, access.repository(where.repository))

    @property
    def git(self) -> Git:
        return self.repository.git

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.where.branch}"

    def tip(self) -> str:
        return self.require(self.repository.tips([self.ref]).get(self.ref))

    def require(self, tip: str | None) -> str:
        """The branch's tip, or `Refused` (`no-branch`)."""
        if tip is None:
            raise RefusedError("no-branch", where=self.repository.where, branch=self.where.branch)
        return tip

    def blob(self, revision: str) -> GitBlob:
        return read_blob(self.git, revision, self.where.file)

    def settings(self, revision: str, paths: Sequence[str]) -> dict[str, FoundSetting]:
        return required(read_settings(self.blob(revision).content, paths, self.where.file))

    def blame(self) -> "Blame":
        """Says who wrote which line."""
        from ldmrelease.targets.git.blame import Blame  # noqa: PLC0415 - whoever reads asks nobody

        return Blame(self.git)

    def checkout(self) -> "Checkout | None":
        """The copy to keep up to date; a mirror has none."""
        from ldmrelease.targets.git.checkout import checkout_of  # noqa: PLC0415 - for writers alone

        if self.repository.url is not None:
            return None
        return checkout_of(self.git, self.where.branch, self.where.file)


def _snapshot(session: _Session, paths: PathsToRead) -> Snapshot:
    tip = session.tip()
    blob = session.blob(tip)
    return snapshot_of(blob.content, paths, session.where.file, tip, blob.oid)


def _claim(session: _Session, grant: WriteGrant) -> Written:
    ref = fence.fence_ref(grant.place)
    for _ in range(_TRIES):
        tips = session.repository.tips([ref])
        objects = session.git.new_objects()
        new = _fence_commit(session, objects, tips[ref], grant)
        if new is None:
            return Written(tips[ref] or "", {}, found=True)
        session.git.store(objects)
        if session.repository.advance(
            tips, {ref: new}, grant.note.at, _not_built_upon(session, tips[ref], ref)
        ):
            return Written(new, {})
    raise GitError("push", 1, "the fence moves faster than it can be written")


def _fence_commit(session: _Session, objects: NewObjects, old: str | None, grant: WriteGrant) -> str | None:
    """The next commit of the fence, added to `objects`; None where it is ours already.

    Raises `Refused` where we may not write.
    """
    fence.check(fence.kept_at(session.git, old) if old else None, grant)
    return fence.next_fence(session.git, objects, old, grant)


def _not_built_upon(session: _Session, old: str | None, ref: str) -> tuple[str, ...]:
    """The ref of the fence, where what it names is no commit: the next one has no parent."""
    return () if old is None or fence.is_commit(session.git, old) else (ref,)


def _write(session: _Session, edits: Values, expect: Values, grant: WriteGrant) -> Written:
    fence_ref = fence.fence_ref(grant.place)
    for _ in range(_TRIES):
        tips = session.repository.tips([session.ref, fence_ref])
        tip = session.require(tips[session.ref])
        fence.check(fence.kept_at(session.git, held) if (held := tips[fence_ref]) else None, grant)
        settings = session.settings(tip, list(edits))
        lines = {path: each.line for path, each in settings.items()}
        if all(settings[path].value == value for path, value in edits.items()):
            return Written(tip, lines, found=True, unsynced=_sync(session, tip))
        require_expected(session.where.file, settings, edits, expect, partial(_changed_by, session, tip))
        written = _commit(session, tips, edits, grant)
        if written is not None:
            return written
    raise GitError("push", 1, "the branch moves faster than it can be written")


def _commit(
    session: _Session, tips: dict[str, str | None], edits: Values, grant: WriteGrant
) -> Written | None:
    """One try on this tip; None where branch or fence has moved meanwhile."""
    tip = session.require(tips[session.ref])
    fence_ref = fence.fence_ref(grant.place)
    before = session.blob(tip)
    content = required(edit_settings(before.content, edits, session.where.file))
    checkout = session.checkout()
    if checkout is not None:
        checkout.require_clean(tip)
    objects = session.git.new_objects()
    file = session.where.file
    entry = TreeEntry(before.mode, Path(file).name.encode(errors="surrogateescape"), objects.blob(content))
    tree = tree_with(session.git, objects, tip, file, entry)
    new = {session.ref: objects.commit(tree, tip, grant.note)}
    fence_commit = _fence_commit(session, objects, tips[fence_ref], grant)
    if fence_commit is not None:
        new[fence_ref] = fence_commit
    session.git.store(objects)
    if checkout is not None:
        checkout.announce(before.oid, entry.oid)
    orphaned = _not_built_upon(session, tips[fence_ref], fence_ref)
    if not session.repository.advance(tips, new, grant.note.at, orphaned):
        if checkout is not None:
            checkout.withdraw()
        return None
    lines = {path: each.line for path, each in session.settings(new[session.ref], list(edits)).items()}
    return Written(new[session.ref], lines, unsynced=_sync(session, new[session.ref]))


def _sync(session: _Session, tip: str) -> str | None:
    """Bring a checked-out copy to the tip; why that could not be done, None if it is done."""
    try:
        if (checkout := session.checkout()) is not None:
            checkout.catch_up(tip)
    except RefusedError as refused:
        return refused.refusal.code
    except (GitError, OSError) as error:
        return reason_of(error)
    return None


def _changed_by(session: _Session, tip: str, path: str) -> Change:
    """The commit since which the setting has said what it says now."""
    now = session.settings(tip, [path])[path].value
    if isinstance(now, tuple):
        # What was taken out of a list is in no line of it that could be blamed.
        return author_of(session.git, _list_since(session, tip, path, now))
    return _author(session, session.blame(), tip, SettingItem(path))


def _list_since(session: _Session, tip: str, path: str, now: Value) -> str:
    listed = session.git.run(
        "log", f"--max-count={_MOST_MOVES}", "--format=%H", tip, "--", session.where.file
    )
    since = tip
    for commit in listed.decode().split():
        then = _setting_at(session, commit, session.where.file, path)
        if then is None or then.value != now:
            break
        since = commit
    return since


def _author(session: _Session, blame: "Blame", tip: str, asked: SettingItem) -> Change:
    """The commit of the setting's own line, or its item's: of the value, and not of a comment or of the order there.

    Raises `RefusedError`: `moved-often`, or what is wrong with the setting.
    """
    path, item = asked
    now = session.settings(tip, [path])[path]
    revision, file, here, at = tip, session.where.file, now, item
    for _ in range(_MOST_MOVES):
        found = blame.line(revision, file, here.line_of(at))
        if found is None:
            raise GitError("blame", DAMAGED, f"{file} has no line {here.line_of(at)} at {revision}")
        then = _setting_at(session, *found.before, path) if found.before is not None else None
        if found.before is None or then is None or not said_already(now.value, then.value, item):
            return author_of(session.git, found.commit)
        # Its line was written anew and says what it said: whoever wrote it before is meant.
        (revision, file), here = found.before, then
        if item is not None and isinstance(now.value, tuple) and isinstance(then.value, tuple):
            at = then.value.index(now.value[item])
    raise RefusedError("moved-often", path=path, file=session.where.file, found=_MOST_MOVES)


def _setting_at(session: _Session, revision: str, file: str, path: str) -> FoundSetting | None:
    """The setting at a revision; None where it could not be read there."""
    try:
        content = read_blob(session.git, revision, file).content
        return required(read_settings(content, [path], file))[path]
    except RefusedError:
        return None
