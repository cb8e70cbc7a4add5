"""The one writer of values files in git, several in one commit: every kind of target reads, changes, restores by it.

A write names what it expects to find, setting by setting. Another commit in between is not a reason to stop, a
changed setting is: then the answer names who changed it.
"""

import random
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from ldmrelease.domain.addresses import public
from ldmrelease.domain.errors import Unavailable, reason_of
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Place
from ldmrelease.targets import fence
from ldmrelease.targets.connections import Access
from ldmrelease.targets.fence import WriteGrant
from ldmrelease.targets.git.commits import NewObjects, TreeEntry
from ldmrelease.targets.git.git_remote import ref_removal, remote_url
from ldmrelease.targets.git.git_repository import GitBlob, tree_with
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.git.signed_commits import add_commit
from ldmrelease.targets.results import (
    Change,
    Refusal,
    RefusedError,
    SettingItem,
    Snapshot,
    Values,
    Written,
)
from ldmrelease.targets.stores.expected import require_expected, written_settings
from ldmrelease.targets.stores.git_session import Session
from ldmrelease.targets.stores.reading import PathsToRead, files_of, lines_of

_TRIES = 100
"""How often a write is tried beside others who push: somebody's push has succeeded each time."""
_IN_A_ROW = 3
"""So many tries follow at once; before the others there is a pause, not to be in step with a hand that pushes."""
_PAUSE = 0.3
"""Seconds that such a pause is at most."""
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
    shared: Collection[str] = (),
) -> Snapshot | Refusal | Unavailable:
    """The settings as committed now; an `optional` one may be `ABSENT`.

    Raises ValueError for what is not a path.
    """
    read = PathsToRead(paths, optional, beside, shared)
    return _answer(where, lambda: _snapshot(Session.open(where, access), read))


def write(
    where: GitFile, edits: Values, access: Access, *, expect: Values, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Commit the edits and move the fence with them, where each setting still is as expected, or as wanted.

    Nothing is committed where all are as wanted (`found`). A restore is a write that expects what we wrote.
    Raises ValueError for what is not a path, KeyError where `expect` lacks one of the edits.
    """
    return _answer(where, lambda: _write(Session.open(where, access), edits, expect, grant))


def restore(
    where: GitFile, before: Values, ours: Values, access: Access, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Put back what was there before, where the settings still are ours."""
    return write(where, before, access, expect=ours, grant=grant)


def claim(where: GitFile, access: Access, grant: WriteGrant) -> Written | Refusal | Unavailable:
    """Move the fence alone to ours, before the first write. `found`: it was there already.

    On a server it is left to that write where nobody can be late: each write moves both, or neither.
    """
    return _answer(where, lambda: _claim(Session.open(where, access), grant))


def fence_of(where: GitFile, place: Place, access: Access) -> bytes | Refusal | Unavailable | None:
    """What is kept as the fence of the place; None where nobody has written there yet."""

    def read() -> bytes | None:
        session = Session.open(where, access)
        ref = fence.fence_ref(place)
        tip = session.repository.tips([ref])[ref]
        if tip is None:
            session.repository.require_room(ref)
            return None
        return fence.kept_at(session.git, tip)

    return _answer(where, read)


def fence_removal(where: GitFile, place: Place) -> str:
    """The command that takes the fence of the place away."""
    remote = remote_url(where.repository) is not None
    return ref_removal(public(where.repository), fence.fence_ref(place), remote=remote)


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
        from ldmrelease.targets.stores.git_authors import authors  # noqa: PLC0415 - whoever reads asks nobody

        return authors(Session.open(where, access), asked)

    return _answer(where, read)


def _answer(where: GitFile, act: Callable[[], T | Refusal | Unavailable]) -> T | Refusal | Unavailable:
    try:
        return act()
    except RefusedError as refused:
        return refused.refusal
    except (GitError, OSError) as error:
        return Unavailable(public(where.repository), reason_of(error))


def _snapshot(session: Session, paths: PathsToRead) -> Snapshot:
    tip = session.tip()
    own = session.where.file
    blob = session.blob(tip, own).oid if own in files_of((*paths.settings, *paths.beside), own) else ""
    return session.texts(tip).snapshot(paths, tip, blob)


def _claim(session: Session, grant: WriteGrant) -> Written:
    ref = fence.fence_ref(grant.place)
    for tried in range(_TRIES):
        _let_others_push(session, tried)
        tips = session.repository.tips([ref])
        objects = session.git.new_objects()
        new = _fence_commit(session, objects, tips[ref], grant)
        if new is None:
            return Written(tips[ref] or "", {}, found=True)
        if grant.uncontested and session.repository.look is not None:
            return Written(tips[ref] or "", {})
        session.git.store(objects)
        if session.repository.advance(tips, {ref: new}, grant.note.at):
            return Written(new, {})
    raise GitError("push", 1, "the fence moves faster than it can be written")


def _fence_commit(session: Session, objects: NewObjects, old: str | None, grant: WriteGrant) -> str | None:
    """The next commit of the fence, added to `objects`; None where it is ours already.

    Raises `Refused` where we may not write.
    """
    fence.check(fence.kept_at(session.git, old) if old else None, grant)
    return fence.next_fence(session.git, objects, old, grant)


def _write(
    session: Session, edits: Values, expect: Values, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    fence_ref = fence.fence_ref(grant.place)
    for tried in range(_TRIES):
        _let_others_push(session, tried)
        tips = session.repository.tips([session.ref, fence_ref])
        tip = session.require(tips[session.ref])
        fence.check(fence.kept_at(session.git, held) if (held := tips[fence_ref]) else None, grant)
        asked = written_settings(edits, expect)
        settings = session.texts(tip).settings(asked)
        if all(settings[path].value == value for path, value in edits.items()):
            return Written(tip, lines_of(settings), found=True, unsynced=_sync(session, edits, tip))
        require_expected(session.where.file, settings, edits, expect, partial(_changed_by, session, tip))
        against = grant.examine(tip)
        if against is not None:
            return against
        written = _commit(session, tips, edits, asked, grant)
        if written is not None:
            # What was as wanted before is in no line of the commit.
            same = {path for path, value in edits.items() if settings[path].value == value}
            return replace(written, lines={key: at for key, at in written.lines.items() if key not in same})
    raise GitError("push", 1, "the branch moves faster than it can be written")


def _let_others_push(session: Session, tried: int) -> None:
    if tried >= _IN_A_ROW and session.repository.look is not None:
        time.sleep(random.uniform(0, _PAUSE))  # noqa: S311 - no secret


def _commit(
    session: Session, tips: dict[str, str | None], edits: Values, asked: PathsToRead, grant: WriteGrant
) -> Written | None:
    """One try on this tip, one commit whatever files it changes; None where branch or fence has moved meanwhile."""
    tip = session.require(tips[session.ref])
    changed = session.texts(tip).edited(edits, asked)
    checkouts = session.checkouts(files_of(edits, session.where.file))
    if checkouts is not None:
        checkouts.require_clean(tip)
    objects = session.git.new_objects()
    before = {file: session.blob(tip, file) for file in changed}
    entries = {file: _entry(objects, file, before[file], content) for file, content in changed.items()}
    tree = tree_with(session.git, objects, tip, entries)
    new = {session.ref: add_commit(session.git, objects, tree, tip, grant.note)}
    fence_ref = fence.fence_ref(grant.place)
    fence_commit = _fence_commit(session, objects, tips[fence_ref], grant)
    if fence_commit is not None:
        new[fence_ref] = fence_commit
    session.git.store(objects)
    if checkouts is not None:
        checkouts.announce({file: (before[file].oid, entry.oid) for file, entry in entries.items()})
    if not session.repository.advance(tips, new, grant.note.at):
        if checkouts is not None:
            checkouts.withdraw()
        return None
    after = session.texts(new[session.ref]).settings(asked)
    return Written(new[session.ref], lines_of(after), unsynced=_sync(session, edits, new[session.ref]))


def _entry(objects: NewObjects, file: str, before: GitBlob, content: bytes) -> TreeEntry:
    return TreeEntry(before.mode, Path(file).name.encode(errors="surrogateescape"), objects.blob(content))


def _sync(session: Session, edits: Values, tip: str) -> str | None:
    """Bring a checked-out copy to the tip; why that could not be done, None if it is done."""
    try:
        if (checkouts := session.checkouts(files_of(edits, session.where.file))) is not None:
            checkouts.catch_up(tip)
    except RefusedError as refused:
        return refused.refusal.code
    except (GitError, OSError) as error:
        return reason_of(error)
    return None


def _changed_by(session: Session, tip: str, path: str) -> Change:
    from ldmrelease.targets.stores.git_authors import changed_since  # noqa: PLC0415 - of a conflict alone

    return changed_since(session, tip, path)
