"""Names of streams, read from a file of SQLite that is left as it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

_PATIENCE = 0.05
_MOST = 5000
_SQL = """
SELECT DISTINCT stream FROM events AS one WHERE stream >= ? AND stream < ?
AND NOT EXISTS (SELECT 1 FROM events WHERE stream = one.stream AND kind IS ?) ORDER BY stream DESC LIMIT ?
"""
_AFTER = "\U0010ffff"


def stream_names(path: Path, prefix: str, without: str | None) -> list[str]:
    """As `registry.stream_names`. Raises `OSError`, `ValueError`."""
    path.stat()
    # Without a log beside it nobody writes, and a reader that takes part in locking would make one.
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    uri = f"{path.absolute().as_uri()}?{mode}"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE)) as connection:
            rows = connection.execute(_SQL, (prefix, prefix + _AFTER, without, _MOST)).fetchall()
    except sqlite3.Error as error:
        raise ValueError(f"{path}: {error}") from error
    return [str(each) for (each,) in rows]
