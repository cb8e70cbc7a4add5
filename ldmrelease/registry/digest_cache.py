"""Small blobs and manifests in the user's cache, by digest: what was read of an image once is not asked for again.

A file is believed for its digest alone, so it does not matter who wrote it.
"""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ldmrelease.domain import canonical

_MOST = 20_000
"""Files that are kept; the oldest ones go first."""
_AT_ONCE = 500


class DigestCache:
    """A folder of files, each named by the digest of its bytes; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._written = 0

    def get(self, digest: str, limit: int) -> bytes | None:
        """The bytes that a digest names, None where they are not there; limit: in bytes."""
        if self._folder is None:
            return None
        try:
            handle = os.open(self._path(digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                content = file.read(limit + 1)
        except OSError:
            return None
        return content if len(content) <= limit and canonical.digest(content) == digest else None

    def put(self, digest: str, content: bytes) -> None:
        """Keep it, if it can be kept."""
        if self._folder is None:
            return
        path = self._path(digest)
        new = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                new.write_bytes(content)
                new.replace(path)
            finally:
                new.unlink(missing_ok=True)
        self._written += 1
        if self._written % _AT_ONCE == 1:
            self._prune(self._folder)

    def _path(self, digest: str) -> Path:
        assert self._folder is not None
        return self._folder / digest.removeprefix("sha256:")

    def _prune(self, folder: Path) -> None:
        with suppress(OSError), os.scandir(folder) as found:
            entries = sorted((each.stat().st_mtime, each.path) for each in found)
            for _, path in entries[: max(len(entries) - _MOST, 0)]:
                Path(path).unlink()


def image_cache(environ: Mapping[str, str]) -> DigestCache:
    """That of image configurations (XDG Base Directory Specification); one that keeps nothing in CI and where
    `LDMRELEASE_NO_CACHE` is set, as for workspaces."""
    home = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "")) / ".cache")
    away = environ.get("LDMRELEASE_NO_CACHE") or environ.get("CI") or not home.is_absolute()
    return DigestCache(None if away else home / "ldmrelease" / "images")
