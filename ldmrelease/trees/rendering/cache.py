"""What was rendered before, in the user's cache: a chart that gets the same values is not rendered again.

An entry is named by a digest of all that goes into a rendering: the program, its words, the values, every file of the
chart. Sentinels stand in the values, so the secret that they are made with is kept beside the entries: without it each
run would have other values. Who could write these files could run programs as the user (docs/decisions/0023).
"""

import hashlib
import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

_KEY_FILE = "key"
_SECRET_BYTES = 32
_MOST = 6000
"""Entries that are kept; the oldest ones go first."""
_AT_ONCE = 500
_LARGEST = 5_000_000


class RenderCache:
    """A folder of entries. One that nobody but us can have written, or none: then nothing is kept.

    folder: None where the user has no folder for caches.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder if folder is not None and _is_ours(folder) else None
        self._written = 0
        self.secret = self._kept_secret() or secrets.token_bytes(_SECRET_BYTES)

    def get(self, key: str) -> bytes | None:
        """What was kept under a key; None where nothing was."""
        return self._read(key)

    def put(self, key: str, data: bytes) -> None:
        """Keep it, if it can be kept."""
        if self._folder is None or len(data) > _LARGEST:
            return
        with suppress(OSError):
            self._write(self._folder / key, data)
        self._written += 1
        if self._written % _AT_ONCE == 1:
            self._prune()

    def _prune(self) -> None:
        """Take the oldest entries away where there are too many."""
        assert self._folder is not None
        with suppress(OSError), os.scandir(self._folder) as found:
            entries = sorted((each.stat().st_mtime, each.path) for each in found if each.name != _KEY_FILE)
            for _, path in entries[: max(len(entries) - _MOST, 0)]:
                Path(path).unlink()

    def _kept_secret(self) -> bytes | None:
        if self._folder is None:
            return None
        found = self._read(_KEY_FILE)
        if found is None:
            with suppress(OSError):
                self._write(self._folder / _KEY_FILE, secrets.token_bytes(_SECRET_BYTES))
            found = self._read(_KEY_FILE)  # of two that begin at once, one stays
        return found if found is not None and len(found) == _SECRET_BYTES else None

    def _read(self, name: str) -> bytes | None:
        if self._folder is None:
            return None
        try:
            handle = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                found = os.fstat(handle)
                whole = stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST and _is_private(found)
                return file.read() if whole else None
        except OSError:
            return None

    def _write(self, path: Path, data: bytes) -> None:
        new = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            if path.name == _KEY_FILE:
                os.link(new, path)
                new.unlink()
            else:
                new.replace(path)
        except OSError:
            new.unlink()
            raise


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """Where the user keeps caches (XDG Base Directory Specification), for what is rendered; None in CI and where
    `LDMRELEASE_NO_CACHE` is set, as for workspaces."""
    home = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "")) / ".cache")
    away = environ.get("LDMRELEASE_NO_CACHE") or environ.get("CI") or not home.is_absolute()
    return None if away else home / "ldmrelease" / "rendered"


def key_of(parts: Iterable[bytes]) -> str:
    """The name of an entry: a digest of all that goes into it, each part apart from the next."""
    digest = hashlib.sha256()
    for each in parts:
        digest.update(len(each).to_bytes(8, "big"))
        digest.update(each)
    return digest.hexdigest()


def _is_ours(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and _is_private(found)


def _is_private(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077
