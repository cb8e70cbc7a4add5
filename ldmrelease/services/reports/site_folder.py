"""The folder of a site: only what differs is written, what is no longer part of it goes, and nothing else is touched.

`ldmrelease-site.json` in it says which files are the site's, and of what each was made: a page whose inputs are the
same and whose file is as it was written is not made again.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from msgspec import Struct

from ldmrelease.atomic_files import replace_file
from ldmrelease.domain.errors import InputError

MANIFEST = "ldmrelease-site.json"
_FORMAT = 1


class NotASite(InputError):
    """The folder has something in it, and is not a site of ours."""


class SiteFile(Struct, frozen=True):
    """A file of a site at `address` (relative, with slashes). `inputs` is everything that it is made of, as bytes;
    `make` makes it.
    """

    address: str
    inputs: bytes
    make: Callable[[], str]


class SiteChanges(Struct, frozen=True):
    """What was done: addresses that were `written` anew or differently, and `removed`; `files` and `size` (in bytes)
    are of the whole site, and `written_size` of what was written.
    """

    files: int
    size: int
    written: tuple[str, ...]
    written_size: int
    removed: tuple[str, ...]


class _Entry(Struct, frozen=True):
    inputs: str
    content: str
    size: int


def update_site(folder: Path, files: Iterable[SiteFile], maker: str) -> SiteChanges:
    """Make the folder what `files` say. `maker` is what makes them: another one makes all anew.

    Raises `NotASite`, and `OSError` where it cannot be written.
    """
    before = _manifest(folder)
    folder.mkdir(parents=True, exist_ok=True)
    root, parents = folder.resolve(), set[Path]()
    entries: dict[str, _Entry] = {}
    written: list[str] = []
    size = 0
    for each in files:
        inputs = _digest(maker.encode() + b"\0" + each.inputs)
        known, path = before.get(each.address), root / each.address
        if known is not None and known.inputs == inputs and _has(path, known.content):
            entries[each.address] = known
            continue
        content = each.make().encode()
        entries[each.address] = _Entry(inputs, _digest(content), len(content))
        if not _has(path, entries[each.address].content):
            if not written:
                # Before the first file: should this end halfway, the next one still knows what is its own.
                _note(root, before)
            _put(path, content, root, parents)
            written.append(each.address)
            size += len(content)
    gone = [each for each in before if each not in entries]
    removed = tuple(each for each in gone if _remove(root, each, before[each]))
    if gone or written or entries != before:
        _note(root, entries)
    return SiteChanges(
        len(entries), sum(each.size for each in entries.values()), tuple(written), size, removed
    )


def _manifest(folder: Path) -> dict[str, _Entry]:
    """What is known of the folder's files. Raises `NotASite`."""
    if not folder.is_dir() or not any(folder.iterdir()):
        if folder.exists() and not folder.is_dir():
            raise NotASite(f"{folder} is not a folder")
        return {}
    try:
        told = json.loads((folder / MANIFEST).read_bytes())
        known = told["files"].items() if told["format"] == _FORMAT else ()
        return {str(address): _Entry(*entry) for address, entry in known if _is_below(address)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise NotASite(
            f"{folder} has files in it, and is not a site that `ldmrelease site build` made; name another folder"
        ) from None


def _is_below(address: str) -> bool:
    """Whether an address names a file in the folder, whoever wrote it there."""
    path = PurePosixPath(address)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in address and address != MANIFEST


def _has(path: Path, content: str) -> bool:
    try:
        return not path.is_symlink() and _digest(path.read_bytes()) == content
    except OSError:
        return False


def _put(path: Path, content: bytes, root: Path, parents: set[Path]) -> None:
    """In one step, so that nobody reads half a page."""
    if path.parent not in parents:
        # Before it is made: a folder may be a link, and nothing is made where that leads.
        if not path.parent.resolve().is_relative_to(root):
            raise NotASite(f"{path.parent} leads out of {root}; remove that link")
        path.parent.mkdir(parents=True, exist_ok=True)
        parents.add(path.parent)
    replace_file(path, content)


def _remove(root: Path, address: str, known: _Entry) -> bool:
    """Whether a file went: one that is not as it was written is not ours, whatever the list of files says."""
    path = root / address
    if not path.parent.resolve().is_relative_to(root) or not _has(path, known.content):
        return False
    path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        # Only an empty folder goes.
        while path.parent != root:
            path = path.parent
            path.rmdir()
    return True


def _note(root: Path, entries: dict[str, _Entry]) -> None:
    told = {
        "format": _FORMAT,
        "files": {name: [each.inputs, each.content, each.size] for name, each in sorted(entries.items())},
    }
    _put(root / MANIFEST, json.dumps(told, indent=0).encode(), root, {root})


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
