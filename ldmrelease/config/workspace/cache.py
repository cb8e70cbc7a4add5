"""A workspace that was valid is not validated again: its values are kept until a byte of its files changes.

An entry of the user's cache says which files were read and the digest of each, and holds the values that came of
them. It stands for them only where every file has those bytes now, in this version of the program; whatever is
wrong with it, it is not there (docs/decisions/0023-workspace-cache.md says who could profit from a forged one).
"""

import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, Struct

import ldmrelease
from ldmrelease.checks.check_files import check_files, command_files
from ldmrelease.config.workspace.model import Workspace, WorkspaceInputs
from ldmrelease.domain import canonical

NO_CACHE = "LDMRELEASE_NO_CACHE"
_CI = "CI"

_PACKAGE = Path(ldmrelease.__file__).parent
_FOLDER = "ldmrelease/workspaces"
_A_WHILE = 3600
_ORIGIN = ("config", "domain", "trust", "checks", "policy")
"""The packages that values are made by: another version of them may read the same files differently."""


class _Entry(Struct, frozen=True):
    """`digest` is of the bytes of `workspace`, so that damage is noticed."""

    program: str
    inputs: WorkspaceInputs
    digest: str
    workspace: Raw


def open_workspace(file: Path, environ: Mapping[str, str]) -> Workspace:
    """The workspace of a file, from the cache where nothing has changed. Raises `BadInput`.

    `LDMRELEASE_NO_CACHE` keeps away from the cache; so does `CI`, since jobs of others may share its folders.
    """
    file = file.resolve()
    entry = None if environ.get(NO_CACHE) or environ.get(_CI) else _entry_path(file, environ)
    known = None if entry is None else _recall(entry)
    if known is not None and known.file == file:
        return known
    from ldmrelease.config.workspace.load import read_workspace  # noqa: PLC0415 - knows pydantic and YAML

    workspace, inputs = read_workspace(file)
    if entry is not None:
        with suppress(OSError, ValueError):
            _keep(entry, workspace, inputs)
    return workspace


def unused_entries(environ: Mapping[str, str]) -> Iterator[Path]:
    """What is left in the user's cache of workspaces whose file is gone, and of writes that were killed."""
    folder = _entry_folder(environ)
    for path in sorted(folder.iterdir()) if folder is not None and folder.is_dir() else ():
        try:
            entry = msgspec.json.decode(_own_bytes(path), type=_Entry)
            used = any(map(os.path.exists, entry.inputs.files))
        except ValueError:
            # Somebody may be writing it just now.
            used = time.time() - path.stat().st_mtime < _A_WHILE
        except OSError:
            used = True
        if not used:
            yield path


def _entry_path(file: Path, environ: Mapping[str, str]) -> Path | None:
    """Where the entry of a workspace is; None where the user has no folder for caches."""
    folder = _entry_folder(environ)
    return None if folder is None else folder / canonical.digest(os.fsencode(file)).removeprefix("sha256:")


def _entry_folder(environ: Mapping[str, str]) -> Path | None:
    home = environ.get("XDG_CACHE_HOME") or os.path.join(environ.get("HOME", ""), ".cache")  # noqa: PTH118
    # A relative path is to be ignored (XDG Base Directory Specification).
    if not os.path.isabs(home):  # noqa: PTH117 - without making a Path of what may be none
        return None
    return Path(home, _FOLDER)


def _recall(path: Path) -> Workspace | None:
    try:
        entry = msgspec.json.decode(_own_bytes(path), type=_Entry)
        if entry.program != _program() or not _unchanged(entry.inputs):
            return None
        data = bytes(entry.workspace)
        workspace = _decode(data) if canonical.digest(data) == entry.digest else None
        return workspace if workspace is not None and _same_files(workspace) else None
    except (OSError, ValueError):
        return None


def _own_bytes(path: Path) -> bytes:
    """The bytes of a file that nobody but us can have written. Raises `OSError`."""
    _require_own(path.parent.stat())
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        _require_own(found)
        if not stat.S_ISREG(found.st_mode):
            raise PermissionError("what is there is not a file")
        return file.read()


def _require_own(found: os.stat_result) -> None:
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise PermissionError("the cache is not ours alone")


def _unchanged(inputs: WorkspaceInputs) -> bool:
    names = sorted(each for each in os.listdir(inputs.folder) if each.endswith(".yaml"))  # noqa: PTH208
    return (
        tuple(names) == inputs.policies
        and all(canonical.digest(Path(path).read_bytes()) == digest for path, digest in inputs.files.items())
        and not any(map(os.path.lexists, inputs.absent))
    )


def _same_files(workspace: Workspace) -> bool:
    """Whether the files of checks and of `notify` are what they were; one that was not there may be now.

    Raises `OSError`, `ValueError`.
    """
    notify = workspace.notify
    return all(check_files(each, workspace.root) == each.contents for each in workspace.topology.checks) and (
        notify is None or command_files(notify.words, (), workspace.root) == notify.files
    )


def _keep(path: Path, workspace: Workspace, inputs: WorkspaceInputs) -> None:
    data = msgspec.json.encode(workspace, enc_hook=str)
    if _decode(data) != workspace:
        return
    entry = _Entry(_program(), inputs, canonical.digest(data), Raw(data))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_own(path.parent.stat())
    new = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(entry))
        new.replace(path)
    except OSError:
        new.unlink()
        raise


def _decode(data: bytes) -> Workspace:
    return msgspec.json.decode(data, type=Workspace, dec_hook=_path)


def _path(kind: type[Any], value: Any) -> Path:
    if kind is not Path:
        raise NotImplementedError(kind)
    return Path(value)


def _program() -> str:
    """The digest of what this program is: its version, and each module's size and time of change."""
    parts = [ldmrelease.__version__, *(each for name in _ORIGIN for each in _modules(_PACKAGE / name))]
    return canonical.digest("\n".join(parts).encode())


def _modules(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as found:
        for each in sorted(found, key=lambda entry: entry.name):
            if each.name.endswith(".py"):
                state = each.stat()
                yield f"{each.path} {state.st_size} {state.st_mtime_ns}"
            elif each.is_dir() and each.name != "__pycache__":
                yield from _modules(Path(each.path))
