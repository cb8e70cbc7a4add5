"""Import what deployment tools and other observers say: rows that each tell where and when."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import IO, Any

from ldmrelease.domain.events.imported import Sighting, SyncEntry
from ldmrelease.domain.setting_changes import UnreadableChange
from ldmrelease.domain.times import spell
from ldmrelease.histories.bounded import Placed, read_json
from ldmrelease.histories.deployment_tools import read_argocd, read_flux
from ldmrelease.histories.seen_by_others import read_sightings
from ldmrelease.services.audit.imports.recorded import (
    ImportedHistory,
    ImportKind,
    Progress,
    R,
    Where,
    name_problem,
    record,
)
from ldmrelease.services.audit.imports.row_kinds import SIGHTINGS, SYNCS
from ldmrelease.services.needs import RecordKeeping

_LEEWAY = timedelta(minutes=5)
_READERS: dict[str, Callable[..., Iterable[Placed[SyncEntry] | UnreadableChange]]] = {
    "argocd": read_argocd,
    "flux": read_flux,
}


def import_syncs(
    context: RecordKeeping,
    tool: str,
    stream: IO[bytes],
    source: str,
    *,
    environment: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> ImportedHistory:
    """Import what `argocd` or `flux` say that they applied; `environment` is where it was. Raises as `record`."""
    rows = _READERS[tool](read_json(stream, source), source, environment)
    return _import(context, SYNCS, rows, source, dry_run, progress)


def import_sightings(
    context: RecordKeeping,
    stream: IO[bytes],
    source: str,
    *,
    by: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> ImportedHistory:
    """Import what others saw; `by` is who saw what does not say it. Raises as `record`."""
    rows: Iterable[Placed[Sighting] | UnreadableChange] = read_sightings(
        read_json(stream, source), source, by
    )
    return _import(context, SIGHTINGS, rows, source, dry_run, progress)


def _import(
    context: RecordKeeping,
    kind: ImportKind[R],
    rows: Iterable[Placed[Any] | UnreadableChange],
    source: str,
    dry_run: bool,
    progress: Progress,
) -> ImportedHistory:
    latest = context.now() + _LEEWAY
    placed: dict[Where, list[R]] = {}
    unreadable: list[UnreadableChange] = []
    for each in rows:
        if isinstance(each, UnreadableChange):
            unreadable.append(each)
        elif (reason := _problem(each, kind.time(each.row), latest)) is not None:
            unreadable.append(UnreadableChange(source, None, reason))
        else:
            placed.setdefault((each.environment, each.application), []).append(each.row)
    for found in placed.values():
        found.sort(key=kind.time)
    recorded = record(context, kind, source, placed, dry_run=dry_run, progress=progress)
    return ImportedHistory(source, recorded, tuple(unreadable))


def _problem(placed: Placed[Any], time: datetime, latest: datetime) -> str | None:
    if time > latest:
        return f"{placed.environment}/{placed.application}: {spell(time)} is to come"
    return name_problem(placed.environment, placed.application)
