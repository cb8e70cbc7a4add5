"""What came of an import of history that others wrote."""

from collections.abc import Iterable
from typing import Any

import msgspec

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.domain import canonical
from ldmrelease.domain.setting_changes import UnreadableChange
from ldmrelease.services.audit.imports.recorded import ImportedHistory, RecordedPart, RewrittenHistory


class ImportedApplicationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An application in an environment: how many rows of the history are new, and how many were imported before."""

    environment: str
    application: str
    new: int
    known: int


class RewrittenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A history that says something else than was imported of it, of which nothing was taken: the first row that
    differs, as it was imported, and what stands there now, null where nothing does."""

    environment: str
    application: str
    imported: dict[str, Any]
    found: dict[str, Any] | None


class UnreadableAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A line, or a file of a commit, that could not be read, and why. `line` counts from 1."""

    source: str
    line: int | None
    commit: str | None
    reason: str


class ImportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was imported from `source`: *desired* (what a tree asked for), *synced* (what a tool says that it applied)
    or *seen* (what others say to have seen).

    `events` is how many were appended, or would be with `dry_run`; `left_out` counts rows that name no image, such as
    filters of menus.
    """

    state: str
    source: str
    dry_run: bool
    new: int
    known: int
    events: int
    left_out: int
    applications: tuple[ImportedApplicationAnswer, ...]
    rewritten: tuple[RewrittenAnswer, ...]
    unreadable: tuple[UnreadableAnswer, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Refused where the history was rewritten; bad input where nothing of it could be read; else done, whatever
        single lines could not be."""
        if self.rewritten:
            return ExitCode.REFUSED
        return ExitCode.BAD_INPUT if self.unreadable and not self.applications else ExitCode.OK


def import_answer(found: ImportedHistory, state: str, *, dry_run: bool) -> ImportAnswer:
    """What came of an import."""
    recorded = found.recorded
    return ImportAnswer(
        state=state,
        source=found.source,
        dry_run=dry_run,
        new=sum(each.new for each in recorded.parts),
        known=sum(each.known for each in recorded.parts),
        events=recorded.events,
        left_out=found.left_out,
        applications=_applications(recorded.parts),
        rewritten=tuple(map(_rewritten, recorded.differences)),
        unreadable=tuple(map(_unreadable, found.unreadable)),
    )


def _applications(parts: Iterable[RecordedPart]) -> tuple[ImportedApplicationAnswer, ...]:
    return tuple(
        ImportedApplicationAnswer(
            environment=each.environment, application=each.application, new=each.new, known=each.known
        )
        for each in sorted(parts, key=lambda each: (each.environment, each.application))
    )


def _rewritten(each: RewrittenHistory) -> RewrittenAnswer:
    return RewrittenAnswer(
        environment=each.environment,
        application=each.application,
        imported=_plain(each.imported),
        found=_plain(each.found) if each.found is not None else None,
    )


def _plain(row: Any) -> dict[str, Any]:
    """A row by the names of its fields; of rows that are kept as lists, too."""
    return {name: canonical.to_plain(getattr(row, name)) for name in row.__struct_fields__}


def _unreadable(each: UnreadableChange) -> UnreadableAnswer:
    return UnreadableAnswer(source=each.source, line=each.line, commit=each.commit, reason=each.reason)
