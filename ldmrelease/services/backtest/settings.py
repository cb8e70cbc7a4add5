"""What every setting of a history has said, as far as rules look at it: what is there, and what it has left."""

from collections import defaultdict
from datetime import datetime

from msgspec import Struct, field

from ldmrelease.domain.setting_changes import SettingChange
from ldmrelease.services.backtest.guessed_grammars import ReadTag

SettingId = tuple[str, str, str]
"""Environment, application and key."""


class Stay(Struct):
    """When a setting said something: from `first` on, and until `last` where it has left that; `seconds` in all."""

    first: datetime
    last: datetime | None = None
    seconds: int = 0


class SettingState(Struct):
    """One setting. `tag` is what it says, None where it says nothing; `stays` are by tag. `kept` is there while what it
    says was refused: what had been let in last, and what stood there just before.
    """

    tag: ReadTag | None = None
    since: datetime | None = None
    known: bool = False
    kept: tuple[str | None, ...] = ()
    stays: dict[str, Stay] = field(default_factory=dict)

    def begins_with(self, tag: ReadTag | None) -> None:
        """What it said before the first change that is known."""
        self.known = True
        self.tag = tag

    def undoes(self, text: str | None) -> bool:
        """Whether to say this is to undo a change that was refused: nothing that would have to be asked again."""
        return text in self.kept

    def says(self, tag: ReadTag | None, now: datetime, *, let_in: bool) -> None:
        """A change: what it said ends."""
        said = None if self.tag is None else self.tag.text
        self.kept = () if let_in else (*self.kept[:1], said)
        if self.tag is not None:
            stay = self.stays.setdefault(self.tag.text, Stay(self.since or now))
            stay.last = now
            if self.since is not None:
                stay.seconds += max(0, int((now - self.since).total_seconds()))
        self.tag, self.since = tag, now
        if tag is not None:
            stay = self.stays.setdefault(tag.text, Stay(now))
            stay.last = None

    def has_left(self, text: str) -> bool:
        """Whether it said this before, and something else since."""
        stay = self.stays.get(text)
        return stay is not None and stay.last is not None

    def goes_back(self, tag: ReadTag) -> bool:
        """Whether a tag is an older version than what is there, or, where the two have no order, what it had left."""
        if self.tag is None or tag.text == self.tag.text:
            return False
        older = tag.is_older(self.tag)
        return self.has_left(tag.text) if older is None else older


class SettingStates:
    """All settings of a history at one time."""

    def __init__(self) -> None:
        self._states: dict[SettingId, SettingState] = {}
        self.elsewhere: defaultdict[tuple[str, str], dict[str, SettingState]] = defaultdict(dict)
        """By application and key, then by environment."""

    def of(self, change: SettingChange) -> SettingState:
        """The setting that a change is of."""
        return self._states.get(id_of(change)) or self._placed(change, SettingState())

    def rename(self, old: SettingChange, new: SettingChange) -> None:
        """What a setting has said goes with it to its new name."""
        state = self._states.pop(id_of(old), None)
        if state is not None:
            self.elsewhere[old.application, old.key].pop(old.environment, None)
            self._placed(new, state)

    def _placed(self, change: SettingChange, state: SettingState) -> SettingState:
        self._states[id_of(change)] = state
        self.elsewhere[change.application, change.key][change.environment] = state
        return state


def id_of(change: SettingChange) -> SettingId:
    """Which setting a change is of."""
    return change.environment, change.application, change.key
