"""What trees asked for in the past, by the histories that were imported: *desired* state, and nothing of what ran."""

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.events import Event
from ldmrelease.domain.events.imported import DesiredImported
from ldmrelease.domain.setting_changes import SettingChange
from ldmrelease.domain.streams import DESIRED, desired_stream
from ldmrelease.histories.composed_selectors import CYCLE, is_revision
from ldmrelease.services.audit.imports.imported_rows import ChangeRow, change_of
from ldmrelease.services.audit.imports.stored import ImportedPart, imported_parts, rows_of
from ldmrelease.services.needs import RecordLookup

ENVIRONMENTS = "environments"
"""The application that an environment's own file is of."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_Key = tuple[str, str, str]


class DesiredPart(Struct, frozen=True):
    """What one file said of an image: `line` where the history told."""

    file: str
    line: int | None
    key: str
    value: str | None


class DesiredSetting(Struct, frozen=True):
    """An image that a tree asked for. `since` is the time of the `commit` from which on it did."""

    environment: str
    application: str
    key: str
    tag: str
    parts: tuple[DesiredPart, ...]
    since: datetime
    commit: str
    author: str | None


def desired_changes(
    context: RecordLookup,
    *,
    environment: str | None = None,
    application: str | None = None,
    until: datetime | None = None,
    known: datetime | None = None,
) -> Iterator[SettingChange]:
    """The imported changes of an application in an environment; of all that are not named.

    Those of one application in one environment come in the order of its history; only its own events are read. A
    commit's time is what its author wrote: no change counts before those that were imported earlier, or whoever commits
    could change what had been asked for long ago.
    until: the latest time of a change. known: when we knew, so what was imported later is left out. Raises
    `UnreadableRows` and the errors of the ledger.
    """
    earlier = _EarlierImports()
    for part in imported_parts(context, _events(context, environment, application), DesiredImported):
        if known is not None and part.known > known:
            continue
        first = earlier.end_before(part)
        if until is not None and max(first, part.body.first) > until:
            continue
        for row in rows_of(context.ledger, part, ChangeRow):
            time = max(row.time, first)
            if until is None or time <= until:
                change = change_of(row, part.body.environment, part.body.application)
                yield change if time == row.time else replace(change, time=time)


class _EarlierImports:
    """Up to when a history was known already as more of it was imported, by its stream."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[datetime, datetime, datetime]] = {}

    def end_before(self, part: ImportedPart[DesiredImported]) -> datetime:
        """The latest time in what was imported before the import that a part is of; parts come in their order."""
        taken, before, last = self._known.get(part.stream, (part.known, _LONG_AGO, _LONG_AGO))
        if part.known > taken:
            before = last
        # A time that was to come when it was imported holds back nothing that follows.
        told = min(part.body.last, part.known)
        self._known[part.stream] = part.known, before, max(last, told)
        return before


def desired_at(
    context: RecordLookup,
    time: datetime,
    known: datetime | None = None,
    *,
    environment: str | None = None,
    application: str | None = None,
) -> list[DesiredSetting]:
    """What the imported histories asked for at a time, by environment, application and key.

    known: as of when, of what was imported; None for now. Raises as `desired_changes`.
    """
    settings: dict[_Key, _Setting] = {}
    changes = desired_changes(
        context, environment=environment, application=application, until=time, known=known
    )
    for each in changes:
        settings.setdefault((each.environment, each.application, each.key), _Setting()).take(each)
    wanted = [(key, settings[key]) for key in sorted(settings) if settings[key].now is not None]
    cycles: dict[str, DesiredPart | None] = {}
    found = []
    for (place, _, key), setting in wanted:
        if is_revision(key) and place not in cycles:
            cycles[place] = _cycle(context, place, time, known)
        found.append(setting.told(cycles.get(place) if is_revision(key) else None))
    return found


def _cycle(
    context: RecordLookup, environment: str, time: datetime, known: datetime | None
) -> DesiredPart | None:
    """Where the environment says its cycle."""
    cycle = _Setting()
    for each in desired_changes(
        context, environment=environment, application=ENVIRONMENTS, until=time, known=known
    ):
        if each.key == CYCLE:
            cycle.take(each)
    now = cycle.now
    return DesiredPart(now.path, now.line, now.key, now.tag) if now is not None else None


class _Setting:
    """What a setting says, as its changes tell."""

    def __init__(self) -> None:
        self.now: SettingChange | None = None
        self._before: SettingChange | None = None
        self._since: SettingChange | None = None
        self._revision: SettingChange | None = None
        self._removed: SettingChange | None = None

    def take(self, change: SettingChange) -> None:
        """The next change."""
        if change.tag is None:
            self._before, self._removed, self.now = self.now, change, None
            return
        before = self.now
        if before is None and self._removed is not None and self._removed.commit == change.commit:
            # The file was renamed: both rows are of one commit.
            before = self._before
        if before is None or before.tag != change.tag or self._since is None:
            self._since = change
        if not _is_by_cycle(change):
            self._revision = change
        self.now = change

    def told(self, cycle: DesiredPart | None) -> DesiredSetting:
        """What it says now."""
        now, since = self.now, self._since
        assert now is not None, "it says something"
        assert since is not None, "and has since some change"
        return DesiredSetting(
            now.environment,
            now.application,
            now.key,
            now.tag or "",
            tuple(self._parts(now, cycle)),
            since.time,
            since.commit,
            since.author,
        )

    def _parts(self, now: SettingChange, cycle: DesiredPart | None) -> Iterator[DesiredPart]:
        if cycle is None or not is_revision(now.key):
            yield DesiredPart(now.path, now.line, now.key, now.tag)
            return
        yield cycle
        own = self._revision
        if own is not None and own.part is not None:
            yield DesiredPart(own.path, own.line, own.key, own.part)


def _is_by_cycle(change: SettingChange) -> bool:
    """Whether it is the cycle that changed, which the environment's file says, and not the revision."""
    if not is_revision(change.key) or change.part is None or change.tag is None:
        return False
    return change.tag == change.part or change.tag.startswith(f"{change.part}.")


def _events(context: RecordLookup, environment: str | None, application: str | None) -> Iterator[Event]:
    if environment is not None and application is not None:
        events = context.ledger.events(desired_stream(environment, application))
    else:
        events = context.ledger.events(stream_prefix=f"{DESIRED}{environment}/" if environment else DESIRED)
    for event in events:
        if application is None or event.stream.rpartition("/")[2] == application:
            yield event
