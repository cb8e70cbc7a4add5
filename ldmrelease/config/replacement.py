"""Files that are written in place of what is there, each whole or not at all."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from msgspec import Struct

from ldmrelease.atomic_files import write_aside
from ldmrelease.domain.errors import BusyError


class FileChanged(BusyError):
    """Somebody else has written the file since it was read."""


class Replacement(Struct, frozen=True):
    """A file as it was read, None where it was not there, and as it is to be."""

    file: Path
    before: bytes | None
    after: bytes


def replace_files(
    replacements: Sequence[Replacement], accept: Callable[[Path], object] = lambda _new: None
) -> None:
    """Write files in their order. None is put in its place before all are written beside theirs.

    A link stays one, and the permissions stay. accept: looks at each file as it would be, and raises where it may not
    be so. Raises `FileChanged`, `OSError` and what `accept` raises; then nothing was changed.
    """
    with ExitStack() as written:
        moves: list[tuple[Path, Path]] = []
        for each in replacements:
            file = each.file.resolve()
            new = write_aside(file, each.after)
            written.callback(partial(_discard, new))
            accept(new)
            if file.is_file():
                new.chmod(file.stat().st_mode & 0o777)
            moves.append((new, file))
        for each in replacements:
            if _content(each.file) != each.before:
                raise FileChanged(f"{each.file.name} has been changed by somebody else: nothing was written")
        for new, file in moves:
            new.replace(file)


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def _discard(file: Path) -> None:
    if file.is_file():
        file.unlink()
