"""The kinds of history that can be imported."""

from ldmrelease.domain.events.imported import (
    DesiredImported,
    Sighting,
    SightingsImported,
    SyncEntry,
    SyncsImported,
)
from ldmrelease.domain.streams import DESIRED, SEEN, SYNCED
from ldmrelease.services.audit.imports.imported_rows import ChangeRow
from ldmrelease.services.audit.imports.recorded import ImportKind

DESIRED_HISTORY = ImportKind(
    DesiredImported,
    ChangeRow,
    DESIRED,
    # Who is the author, and in which line it stands, is told by some histories and not by others.
    lambda row: (row.time, row.key, row.tag, row.previous, row.commit, row.path, row.part),
    lambda row: row.time,
)
SYNCS = ImportKind(
    SyncsImported,
    SyncEntry,
    SYNCED,
    # The images are told of the last sync alone.
    lambda row: (row.time, row.tool, row.revision, row.repository, row.path),
    lambda row: row.time,
    # A tool keeps the last ones alone.
    lambda row: (row.time, row.tool),
)
SIGHTINGS = ImportKind(
    SightingsImported,
    Sighting,
    SEEN,
    lambda row: row,
    lambda row: row.time,
    lambda row: (row.time, row.by, row.component),
)
