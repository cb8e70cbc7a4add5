"""A strict reader of XML: elements and attributes as they come, in bounded memory.

Expat reads; a document type is refused, and with it every entity that is not XML's own: no bomb and no other file.
"""

from typing import Protocol
from xml.parsers import expat

from ldmrelease.domain.document_faults import DocumentFaults, refused
from ldmrelease.domain.strict_json import decode
from ldmrelease.evidence_formats.interface import OF_OUTSIDERS

_CHUNK = 65_536


class ElementHandler(Protocol):
    """Is told of elements."""

    def start(self, tag: str, attributes: dict[str, str], line: int) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """It ends."""


class _Refused(Exception):
    def __init__(self, code: str, message: str, expected: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.expected = code, message, expected


def read_xml(data: bytes, handler: ElementHandler) -> DocumentFaults | None:
    """Tell a handler of all elements; what is wrong with the document as XML."""
    if len(data) > OF_OUTSIDERS.size:
        message = f"more than {OF_OUTSIDERS.size:,} bytes, which are the most that is read"
        return refused("file-too-large", message, limit=OF_OUTSIDERS.size)
    text = decode(data)
    if isinstance(text, DocumentFaults):
        return text
    parser = expat.ParserCreate("UTF-8")
    _prepare(parser, handler)
    try:
        for start in range(0, len(data), _CHUNK):
            parser.Parse(data[start : start + _CHUNK], False)
        parser.Parse(b"", True)
    except _Refused as found:
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        return refused(found.code, found.message, line=line, column=column, expected=found.expected)
    except expat.ExpatError as error:
        message = f"not XML: {expat.ErrorString(error.code)}"
        return refused("not-xml", message, line=error.lineno, column=error.offset + 1)
    return None


def _prepare(parser: expat.XMLParserType, handler: ElementHandler) -> None:
    depth, count = 0, 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1 + len(attributes)
        if depth > OF_OUTSIDERS.depth:
            raise _Refused("too-deep", f"nested more than {OF_OUTSIDERS.depth} deep")
        if count > OF_OUTSIDERS.values:
            raise _Refused("too-many-values", f"more than {OF_OUTSIDERS.values:,} elements and attributes")
        handler.start(tag, attributes, parser.CurrentLineNumber)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(tag)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.XmlDeclHandler = _declared
    parser.StartDoctypeDeclHandler = _doctype


def _declared(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii", "ascii"):
        raise _Refused("encoding", f"it says that its encoding is {encoding[:40]}", "UTF-8")


def _doctype(*_: object) -> None:
    raise _Refused("document-type", "it has a document type (<!DOCTYPE>), which may define entities")
