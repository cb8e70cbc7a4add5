"""What is told of history that others wrote: what trees asked for, what was synced, what others saw.

None of it is what we observed or decided: no soak, no `after`, no receipt and no admission rests on these kinds. Each
event is signed for who imported it, and when; what it tells is a blob of many rows, by its digest.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain.events.kinds import OBSERVER, EventKind, EventType
from ldmrelease.domain.streams import desired_stream, seen_stream, synced_stream

IMPORT = "import"
"""What a role has to list for its keys to sign imported history."""


class SyncEntry(Struct, frozen=True):
    """A deployment tool says that it applied a revision of a tree, at `time`. `images` is what it says of them, if it
    does: of the last sync alone. `tool` is `argocd` or `flux`."""

    time: datetime
    tool: str
    revision: str
    repository: str | None = None
    path: str | None = None
    images: tuple[str, ...] = ()


class Sighting(Struct, frozen=True):
    """Somebody, `by`, says to have seen an image or a digest in a container or component, at `time`."""

    time: datetime
    by: str
    component: str | None
    image: str | None
    digest: str | None


class ImportedRows(Struct, frozen=True):
    """A part of a history: `rows` is the digest of the blob that has them, `count` how many there are, in the order of
    the history; `first` and `last` are the earliest and the latest time that they speak of.

    `source` is what was read: a repository with its branch, or a file's name.
    """

    environment: str
    application: str
    source: str
    rows: str
    count: int
    first: datetime
    last: datetime


class DesiredImported(ImportedRows, frozen=True):
    """What a tree's history asked for: rows of `SettingChange`."""


class SyncsImported(ImportedRows, frozen=True):
    """What a deployment tool says that it applied: rows of `SyncEntry`."""


class SightingsImported(ImportedRows, frozen=True):
    """What others say to have seen: rows of `Sighting`."""


def _environment(body: ImportedRows) -> tuple[str, ...]:
    return (body.environment,)


def _last(body: ImportedRows) -> datetime:
    return body.last


def _stream(name: Any) -> Any:
    return lambda body: name(body.environment, body.application)


TYPES = tuple(
    EventType(kind, body, OBSERVER, IMPORT, _stream(name), _environment, time)
    for kind, body, name, time in (
        (EventKind.DESIRED_IMPORTED, DesiredImported, desired_stream, lambda _: None),
        (EventKind.SYNCS_IMPORTED, SyncsImported, synced_stream, _last),
        (EventKind.SIGHTINGS_IMPORTED, SightingsImported, seen_stream, _last),
    )
)
