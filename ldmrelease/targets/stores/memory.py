"""Texts in memory, read and written as a values file in git is: what tests and trials write to in place of one."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TypeVar

from ldmrelease.domain import canonical, times
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import MemoryFile
from ldmrelease.domain.topology import Place
from ldmrelease.domain.value_addresses import ValueAddress, file_of
from ldmrelease.targets import fence
from ldmrelease.targets.connections import Access
from ldmrelease.targets.fence import WriteGrant
from ldmrelease.targets.memory_files import MemoryState, TextVersion
from ldmrelease.targets.results import (
    Change,
    Refusal,
    RefusedError,
    SettingItem,
    Snapshot,
    Value,
    Values,
    Written,
)
from ldmrelease.targets.stores.expected import require_expected, said_already, written_settings
from ldmrelease.targets.stores.reading import PathsToRead, Texts, lines_of
from ldmrelease.targets.yamledit.edit_settings import read_settings

T = TypeVar("T")


def name_of(where: MemoryFile) -> str:
    """Its name, for people."""
    return where.name


def preflight(_where: MemoryFile, _access: Access) -> Refusal | Unavailable | None:
    """Nothing is known against it before it is read."""
    return None


def read(
    where: MemoryFile,
    paths: Sequence[str],
    access: Access,
    optional: Collection[str] = (),
    beside: Collection[str] = (),
    shared: Collection[str] = (),
) -> Snapshot | Refusal | Unavailable:
    """The settings as they are now; an `optional` one may be `ABSENT`."""

    def act() -> Snapshot:
        state = access.memory.state
        return _texts(state, where).snapshot(
            PathsToRead(paths, optional, beside, shared), _revision(state, where)
        )

    return _answer(act)


def write(
    where: MemoryFile, edits: Values, access: Access, *, expect: Values, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Write the edits where each setting still is as expected, or as wanted (`found` where all are)."""

    def act() -> Written:
        while (written := _try(where, edits, access, expect, grant)) is None:
            pass
        return written

    return _answer(act)


def restore(
    where: MemoryFile, before: Values, ours: Values, access: Access, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Put back what was there before, where the settings still are ours."""
    return write(where, before, access, expect=ours, grant=grant)


def claim(where: MemoryFile, access: Access, grant: WriteGrant) -> Written | Refusal | Unavailable:
    """Move the fence to ours."""

    def act() -> Written:
        while True:
            old = access.memory.state
            revision = _revision(old, where)
            if fence.check(old.fences.get(grant.place), grant) == grant.fence:
                return Written(revision, {}, found=True)
            if _advance(access, "claim", old, old.with_fence(grant.place, grant.signed)):
                return Written(revision, {})

    return _answer(act)


def fence_of(_where: MemoryFile, place: Place, access: Access) -> bytes | Refusal | Unavailable | None:
    """What is kept as the place's fence; None where nobody has claimed it yet."""
    return access.memory.state.fences.get(place)


def fence_removal(_where: MemoryFile, _place: Place) -> str:
    """None: it goes with the process."""
    return ""


def changed_by(
    where: MemoryFile, asked: Sequence[SettingItem], access: Access
) -> dict[SettingItem, Change | Refusal] | Refusal | Unavailable:
    """Who gave each setting, or item of one, the value that it has now."""
    return _answer(lambda: {each: _changed_by(access.memory.state, where, *each) for each in asked})


def _answer(act: Callable[[], T]) -> T | Refusal:
    try:
        return act()
    except RefusedError as refused:
        return refused.refusal


def _text(state: MemoryState, name: str) -> bytes:
    if name not in state.texts:
        raise RefusedError("no-file", file=name)
    return state.texts[name][-1].content


def _texts(state: MemoryState, where: MemoryFile) -> Texts:
    return Texts(where.name, partial(_text, state))


def _revision(state: MemoryState, where: MemoryFile) -> str:
    return canonical.digest(_text(state, where.name))


def _try(
    where: MemoryFile, edits: Values, access: Access, expect: Values, grant: WriteGrant
) -> Written | None:
    """One try on this state; None where somebody has changed something meanwhile."""
    old = access.memory.state
    fence.check(old.fences.get(grant.place), grant)
    texts, asked = _texts(old, where), written_settings(edits, expect)
    settings = texts.settings(asked)
    if all(settings[path].value == value for path, value in edits.items()):
        return Written(_revision(old, where), lines_of(settings), found=True)
    require_expected(where.name, settings, edits, expect, lambda path: _changed_by(old, where, path))
    new = old.with_fence(grant.place, grant.signed)
    author = f"{grant.note.author.name} <{grant.note.author.email}>"
    for name, changed in texts.edited(edits, asked).items():
        new = new.with_text(name, TextVersion(changed, author, times.spell(grant.note.at)))
    if not _advance(access, "write", old, new):
        return None
    return Written(_revision(new, where), lines_of(_texts(new, where).settings(asked)))


def _advance(access: Access, what: str, old: MemoryState, new: MemoryState) -> bool:
    access.tell("before", what)
    done = access.memory.advance(old, new)
    access.tell("after", what)
    return done


def _changed_by(state: MemoryState, where: MemoryFile, path: str, item: int | None = None) -> Change:
    name = file_of(path, where.name)
    _text(state, name)
    *_, last = versions = state.texts[name]
    found = _value_in(last, path)
    for each in reversed(versions):
        if not said_already(found, _value_in(each, path), item):
            break
        last = each
    return Change("", last.author, last.time)


def _value_in(version: TextVersion, address: str) -> Value | None:
    path = ValueAddress.of(address).path
    settings = read_settings(version.content, [path], "", [path], shared=[path])
    return settings[path].value if isinstance(settings, dict) else None
