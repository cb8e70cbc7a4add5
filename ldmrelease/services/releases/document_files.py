"""Documents about releases as files of the workspace: where they are, and what they are now."""

from pathlib import Path

from msgspec import Struct

from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain import canonical
from ldmrelease.domain.release import Release
from ldmrelease.domain.workspace_facts import DocumentFile

LARGEST_DOCUMENT = 50_000_000
"""Bytes of a document that is read: far more than anybody writes."""


class NoSuchFile(Struct, frozen=True):
    """A document that is not there, or cannot be read: `code` is None, `outside`, `file-too-large` or `unreadable`."""

    code: str | None


def document_path(workspace: Workspace, release: Release, kind: str) -> str:
    """Where the document of a kind about a release is, from the workspace's folder."""
    return workspace.document_path.format(product=release.product, tag=release.tag, kind=kind)


def document_file(workspace: Workspace, release: Release, kind: str) -> DocumentFile:
    """The document as it is now. Nothing outside of the workspace's folder is read, whatever its name leads to."""
    path = document_path(workspace, release, kind)
    found = _digest(workspace.root, path)
    if isinstance(found, NoSuchFile):
        return DocumentFile(kind, path, None, found.code)
    return DocumentFile(kind, path, found)


def _digest(root: Path, path: str) -> str | NoSuchFile:
    file = root / path
    try:
        if not file.resolve().is_relative_to(root.resolve()):
            return NoSuchFile("outside")
        if not file.is_file():
            return NoSuchFile(None)
        with file.open("rb") as opened:
            data = opened.read(LARGEST_DOCUMENT + 1)
    except (OSError, ValueError):
        return NoSuchFile("unreadable")
    return NoSuchFile("file-too-large") if len(data) > LARGEST_DOCUMENT else canonical.digest(data)
