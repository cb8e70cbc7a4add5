"""Where catalogues of milestones are: beside the program, in a workspace's folder `milestones`, or in a named file."""

import re
from importlib import resources
from pathlib import Path

from ldmrelease.atomic_files import replace_file
from ldmrelease.domain.errors import InputError, reason_of
from ldmrelease.milestones.catalogue import Catalogue
from ldmrelease.milestones.chapter import ReadDocument, read_document
from ldmrelease.milestones.codec import SUFFIX, decode_catalogue, encode_catalogue

FOLDER = "milestones"
"""The folder of a workspace that has them."""
LARGEST = 4 * 1024 * 1024
"""Bytes of a document or a catalogue."""
_HEAD = re.compile(r"\b([A-Z]+-\d+) \| Latest Revision")


class BadCatalogue(InputError):
    """A file that is no catalogue, and no document that one can be read from."""


def shipped_catalogue() -> Catalogue:
    """That of LDM-564 as it was when the program was made."""
    return decode_catalogue(resources.files("ldmrelease.milestones").joinpath("ldm-564.json").read_bytes())


def catalogues_of(root: Path | None) -> tuple[Catalogue, ...]:
    """The catalogues of a workspace's folder and the one that ships, the latest revision last.

    Raises `BadCatalogue`.
    """
    found = [shipped_catalogue()]
    if root is not None and (root / FOLDER).is_dir():
        found += [read_catalogue(each) for each in sorted((root / FOLDER).glob(f"*{SUFFIX}"))]
    # Of two of one revision the workspace's own counts.
    by_revision = {(each.document, each.revision): each for each in found}
    return tuple(sorted(by_revision.values(), key=lambda each: str(each.revision or "")))


def read_catalogue(file: Path) -> Catalogue:
    """The catalogue of a file: one that was imported, or a document as it is. Raises `BadCatalogue`."""
    if file.suffix == SUFFIX:
        try:
            return decode_catalogue(_bytes(file))
        except ValueError as error:
            raise BadCatalogue(f"{file}: not a catalogue of milestones: {error}") from None
    return import_document(file).catalogue


def import_document(file: Path) -> ReadDocument:
    """A document, read. Raises `BadCatalogue` where it is none at all."""
    try:
        text = _bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadCatalogue(f"{file}: not UTF-8: {error.reason} at byte {error.start}") from None
    named = _HEAD.search(text)
    return read_document(text, named[1] if named is not None else file.stem)


def file_name(catalogue: Catalogue) -> str:
    """What a catalogue's file is called: `LDM-564-2023-04-22.json`."""
    revision = f"-{catalogue.revision}" if catalogue.revision is not None else ""
    return f"{catalogue.document}{revision}{SUFFIX}"


def write_catalogue(catalogue: Catalogue, file: Path) -> None:
    """Write it, whole or not at all. Raises `BadCatalogue`."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, encode_catalogue(catalogue))
    except OSError as error:
        raise BadCatalogue(f"{file}: cannot be written: {reason_of(error)}") from None


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        raise BadCatalogue(f"{file}: cannot be read: {reason_of(error)}") from None
    if len(data) > LARGEST:
        raise BadCatalogue(f"{file}: has more than {LARGEST:,} bytes")
    return data
