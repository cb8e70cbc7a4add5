"""Files that are replaced in one step: whoever reads one sees it as it was or as it is, and never half of it."""

import os
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in the place of what is there; a link there is replaced and not followed. Raises `OSError`."""
    aside = write_aside(path, content)
    try:
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def write_aside(path: Path, content: bytes) -> Path:
    """Write what is to come in the place of a file beside it, and say where. Raises `OSError`; then nothing is left."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    # Left over, or put there by somebody who can guess the name, as a link to a file of somebody else.
    aside.unlink(missing_ok=True)
    file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(file, "wb") as out:
            out.write(content)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    return aside
