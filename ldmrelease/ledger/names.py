"""Names of streams, read from a ledger's file without opening the ledger: for completion, which must not disturb."""

from pathlib import Path

from ldmrelease.ledger.sqlite import names as sqlite

_SCHEME = "sqlite:"


def stream_names(address: Path | str, prefix: str, *, without: str | None = None) -> list[str]:
    """The streams whose names begin with a prefix, those with an event of the kind `without` left out.

    Nothing is verified, locked or written, and no file is made beside the ledger's. Raises `OSError`, `ValueError`.
    """
    return sqlite.stream_names(Path(str(address).removeprefix(_SCHEME)), prefix, without)
