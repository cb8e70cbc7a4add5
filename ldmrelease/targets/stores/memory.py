"""A text in memory, read and written as a values file in git is: what tests and trials write to in place of one."""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from ldmrelease.domain import canonical, times
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import MemoryFile
from ldmrelease.domain.topology import Place
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
    required,
)
from ldmrelease.targets.stores.expected import may_be_absent, require_expected, said_already
from ldmrelease.targets.stores.reading import PathsToRead, snapshot_of
from ldmrelease.targets.yamledit.settings import edit_settings, read_settings

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
) -> Snapshot | Refusal | Unavailable:
    """The settings as they are now; an `optional` one may be `ABSENT`."""

    def act() -> Snapshot:
        text = _text(access.memory.state, where)
        read = PathsToRead(paths, optional, beside)
        return snapshot_of(text, read, where.name, canonical.digest(text))

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
            revision = canonical.digest(_text(old, where))
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


def _text(state: MemoryState, where: MemoryFile) -> bytes:
    if where.name not in state.texts:
        raise RefusedError("no-file", file=where.name)
    return state.texts[where.name][-1].content


def _try(
    where: MemoryFile, edits: Values, access: Access, expect: Values, grant: WriteGrant
) -> Written | None:
    """One try on this state; None where somebody has changed something meanwhile."""
    old = access.memory.state
    fence.check(old.fences.get(grant.place), grant)
    text = _text(old, where)
    optional = may_be_absent(edits, expect)
    settings = required(read_settings(text, list(edits), where.name, optional))
    lines = {path: each.line for path, each in settings.items()}
    if all(settings[path].value == value for path, value in edits.items()):
        return Written(canonical.digest(text), lines, found=True)
    require_expected(where.name, settings, edits, expect, lambda path: _changed_by(old, where, path))
    changed = required(edit_settings(text, edits, where.name, optional))
    author = f"{grant.note.author.name} <{grant.note.author.email}>"
    version = TextVersion(changed, author, times.spell(grant.note.at))
    new = old.with_text(where.name, version).with_fence(grant.place, grant.signed)
    if not _advance(access, "write", old, new):
        return None
    after = required(read_settings(changed, list(edits), where.name, optional))
    return Written(canonical.digest(changed), {path: each.line for path, each in after.items()})


def _advance(access: Access, what: str, old: MemoryState, new: MemoryState) -> bool:
    access.tell("before", what)
    done = access.memory.advance(old, new)
    access.tell("after", what)
    return done


def _changed_by(state: MemoryState, where: MemoryFile, path: str, item: int | None = None) -> Change:
    _text(state, where)
    *_, last = versions = state.texts[where.name]
    found = _value_in(last, path)
    for each in reversed(versions):
        if not said_already(found, _value_in(each, path), item):
            break
        last = each
    return Change("", last.author, last.time)


def _value_in(version: TextVersion, path: str) -> Value | None:
    settings = read_settings(version.content, [path], "")
    return settings[path].value if isinstance(settings, dict) else None
