"""Who gave a setting of a file in git the value that it has: by its own line, or by its history where it is a list."""

from collections.abc import Callable, Sequence
from functools import partial

from ldmrelease.domain.value_addresses import ValueAddress, file_of
from ldmrelease.targets.git.blame import Blame
from ldmrelease.targets.git.git_repository import author_of, read_blob
from ldmrelease.targets.git.program import DAMAGED, GitError
from ldmrelease.targets.results import Absent, Change, Refusal, RefusedError, SettingItem, Value, required
from ldmrelease.targets.stores.expected import said_already
from ldmrelease.targets.stores.git_session import Session
from ldmrelease.targets.yamledit.edit_settings import FoundSetting, read_settings

_MOST_MOVES = 20
"""How often a line that stayed as it was may have been written anew, before its author is no longer looked for."""


def authors(session: Session, asked: Sequence[SettingItem]) -> dict[SettingItem, Change | Refusal]:
    """Who gave each setting, or item of one, the value that is committed now."""
    tip, blame = session.tip(), Blame(session.git)
    return {each: _found(partial(_author, session, blame, tip, each)) for each in asked}


def changed_since(session: Session, tip: str, address: str) -> Change:
    """The commit since which the setting has said what it says now."""
    now = _setting_now(session, tip, address).value
    if isinstance(now, tuple):
        # What was taken out of a list is in no line of it that could be blamed.
        return author_of(session.git, _since(session, tip, address, now))
    return _author(session, Blame(session.git), tip, SettingItem(address))


def _found(act: Callable[[], Change]) -> Change | Refusal:
    try:
        return act()
    except RefusedError as refused:
        return refused.refusal


def _since(session: Session, tip: str, address: str, now: Value) -> str:
    path, file = ValueAddress.of(address).path, file_of(address, session.where.file)
    listed = session.git.run("log", f"--max-count={_MOST_MOVES}", "--format=%H", tip, "--", file)
    since = tip
    for commit in listed.decode().split():
        then = _setting_at(session, commit, file, path)
        if then is None or then.value != now:
            break
        since = commit
    return since


def _author(session: Session, blame: Blame, tip: str, asked: SettingItem) -> Change:
    """The commit of the setting's own line, or its item's: of the value, and not of a comment or of the order there.

    Raises `RefusedError`: `moved-often`, or what is wrong with the setting.
    """
    path, item = ValueAddress.of(asked.path).path, asked.item
    now = _setting_now(session, tip, asked.path)
    if isinstance(now.value, Absent):
        # Nor is what was taken away.
        return author_of(session.git, _since(session, tip, asked.path, now.value))
    revision, file, here, at = tip, file_of(asked.path, session.where.file), now, item
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
    raise RefusedError("moved-often", path=path, file=file, found=_MOST_MOVES)


def _setting_now(session: Session, tip: str, address: str) -> FoundSetting:
    """Raises `RefusedError` where it cannot be read."""
    path, file = ValueAddress.of(address).path, file_of(address, session.where.file)
    return required(read_settings(session.blob(tip, file).content, [path], file, [path], shared=[path]))[path]


def _setting_at(session: Session, revision: str, file: str, path: str) -> FoundSetting | None:
    """The setting at a revision; None where it could not be read there."""
    try:
        content = read_blob(session.git, revision, file).content
        return required(read_settings(content, [path], file, [path], shared=[path]))[path]
    except RefusedError:
        return None
