"""A file of manifests cut into its documents, so that a bad one leaves its neighbours readable.

A marker at the beginning of a line ends a document, whatever it stands in (YAML 1.2, 9.1; kubectl cuts there, too).
"""

import codecs
import re
from collections.abc import Iterator

from msgspec import Struct

_MARKER = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_DIRECTIVE = re.compile(rb"^%", re.MULTILINE)
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class DocumentText(Struct, frozen=True):
    """A part of a file that the parser is given at once; `line` is the number of its first line."""

    data: bytes
    line: int


def as_utf8(data: bytes) -> bytes:
    """The bytes of a file in UTF-8, without a byte order mark. Raises `UnicodeDecodeError`."""
    for mark, name in _WIDE:
        if data.startswith(mark):
            return data.decode(name).encode()
    return data.removeprefix(codecs.BOM_UTF8)


def documents(data: bytes) -> Iterator[DocumentText]:
    """The documents of a file in UTF-8, each with its marker.

    A file with directives stays whole: they are about the document that follows their marker.
    """
    if _DIRECTIVE.search(data):
        yield DocumentText(data, 1)
        return
    start, line = 0, 1
    for marker in _MARKER.finditer(data):
        if marker.start() > start:
            yield DocumentText(data[start : marker.start()], line)
            line += data.count(b"\n", start, marker.start())
            start = marker.start()
    yield DocumentText(data[start:], line)
