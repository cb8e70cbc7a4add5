"""Durable files of an OCI layout: written whole or not at all, and told of to whoever counts writes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ldmrelease.domain.errors import reason_of
from ldmrelease.registry.errors import RegistryError
from ldmrelease.registry.repository import Observer


class LayoutFiles:
    """Writes below one directory; `name` is what errors call it."""

    def __init__(self, directory: Path, name: str, observer: Observer | None) -> None:
        self._directory = directory
        self._name = name
        self._observer = observer

    def write(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write the file durably and atomically; an exception from `chunks` leaves nothing behind."""
        import secrets  # noqa: PLC0415 - who reads does without

        with self._observed(path), self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Beside the blobs, not among them: a leftover of a kill must not look like content.
            temporary = self._directory / f".incomplete-{secrets.token_hex(8)}"
            try:
                self._write_synced(temporary, chunks)
                temporary.rename(path)
            except BaseException:
                with suppress(OSError):
                    temporary.unlink()
                raise
            _sync_directory(path.parent)

    def link(self, source: Path, path: Path) -> bool:
        """Give a file of another layout a second name here; False where the file systems do not allow it."""
        with self._observed(path), self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, path)
            except FileExistsError:
                return True
            except OSError:
                return False
            _sync_directory(path.parent)
            return True

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep every other writer of this layout out, in this process and in others."""
        with self._explained():
            self._directory.mkdir(parents=True, exist_ok=True)
            # The directory itself is locked: index.json is replaced, and a lock file would be no part of a
            # layout.
            handle = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write_synced(self, path: Path, chunks: Iterable[bytes]) -> None:
        with path.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _observed(self, path: Path) -> Iterator[None]:
        if self._observer is not None:
            self._observer("before", "WRITE", str(path))
        yield
        if self._observer is not None:
            self._observer("after", "WRITE", str(path))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            hint = "check the disk's free space and the directory's permissions"
            raise RegistryError(reason_of(error), method="WRITE", repository=self._name, hint=hint) from error


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
