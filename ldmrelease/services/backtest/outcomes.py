"""What became of the changes of a history: which ones it took back within thirty days, and what that says of them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from ldmrelease.domain.tags import Kind
from ldmrelease.services.backtest.guessed_grammars import GuessingReader, is_menu, tag_of
from ldmrelease.services.backtest.history_replay import ReplayedChange
from ldmrelease.services.backtest.levels import UNKNOWN
from ldmrelease.services.backtest.settings import SettingId, id_of

DAYS = 30
_WITHIN = timedelta(days=DAYS)


class Fate(StrEnum):
    """What became of a change.

    good: it stayed for thirty days, or something else took its place. mistake: another tag was there before, and came
    back to stay. trial: so it was, but of a branch at a development system, or of a literal tag in place of a menu's
    moving name: both are tried to be taken away again. withdrawn: what it had added was taken away; nobody can tell
    from tags whether the chart had caught up. restored: what it had taken away came back. open: the history ends before
    that is known. moved: nothing changed but a name.
    """

    GOOD = "good"
    MISTAKE = "mistake"
    TRIAL = "trial"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    OPEN = "open"
    MOVED = "moved"


class Became(Struct, frozen=True):
    """What became of a change; `returned` and `by` say when and by which commit it was taken back."""

    fate: Fate
    returned: datetime | None = None
    by: str | None = None


def outcomes(changes: Sequence[ReplayedChange]) -> list[Became]:
    """What became of each change of a whole history, in its order."""
    end = changes[-1].change.time if changes else None
    found: list[Became] = []
    later: defaultdict[SettingId, dict[str | None, _Later]] = defaultdict(dict)
    for each in reversed(changes):
        seen = later[id_of(each.change)]
        became = _became(each, seen.get(_text(each.previous)), end)
        found.append(became)
        if not each.moved:
            seen[_text(each.change.tag)] = _Later(each, became.fate not in _LASTED)
    return found[::-1]


class _Later(Struct, frozen=True):
    """The next change to what a setting says; `undone`: it was itself taken back."""

    replayed: ReplayedChange
    undone: bool


_LASTED = frozenset({Fate.GOOD, Fate.OPEN, Fate.MOVED})


def _became(each: ReplayedChange, back: _Later | None, end: datetime | None) -> Became:
    if each.moved or _text(each.change.tag) == _text(each.previous):
        return Became(Fate.MOVED)
    time = each.change.time
    # What was taken back by a mistake, and stood again when that was undone, was none itself.
    if back is not None and not back.undone and back.replayed.change.time - time <= _WITHIN:
        return Became(_fate(each), back.replayed.change.time, back.replayed.change.commit)
    open_ = end is not None and end - time < _WITHIN
    return Became(Fate.OPEN if open_ else Fate.GOOD)


def _fate(each: ReplayedChange) -> Fate:
    if each.previous is None:
        return Fate.WITHDRAWN
    if each.change.tag is None:
        return Fate.RESTORED
    return Fate.TRIAL if _is_trial(each) else Fate.MISTAKE


def _is_trial(each: ReplayedChange) -> bool:
    reader, change = GuessingReader(), each.change
    assert change.tag is not None
    assert each.previous is not None
    before, after = (reader.read(change, tag).kind for tag in (each.previous, change.tag))
    if is_menu(change.application, change.key) and before == Kind.alias:
        return after != Kind.alias
    return each.level == UNKNOWN and after == Kind.branch and not each.goes_back


def _text(value: str | None) -> str | None:
    return None if value is None else tag_of(value)
