"""The one reader of JSON that others hand over: signed documents, and files of other tools.

What JSON leaves open is refused, each with its place: other encodings than UTF-8, a byte order mark, duplicate keys,
NaN, integers from 2**53 on, halves of surrogate pairs. Size, depth and the number of values are counted before anything
is made of them, so that no file costs more room than its limits allow.
"""

import re
from decimal import Decimal
from typing import Any, BinaryIO

from msgspec import Struct

from ldmrelease.domain.document_faults import (
    LARGEST_INTEGER,
    DocumentFault,
    DocumentFaults,
    is_short_fraction,
    position,
    refused,
)

# A text that does not end reaches to the end: looked for again at each of its quotes, it would cost the square of it.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_STRUCTURE = re.compile(rb"[][{},]")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_UTF8_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Limits(Struct, frozen=True):
    """How much is read: bytes, how deep lists and objects stand in each other, and values."""

    size: int
    depth: int
    values: int


OF_SIGNED = Limits(size=10_000_000, depth=100, values=200_000)
"""Far more than anybody signs."""


class _Suspicious(ValueError):
    """Something that the patient look has to tell."""


def read_limited(file: BinaryIO, limits: Limits = OF_SIGNED) -> bytes | DocumentFaults:
    """The bytes of a file with JSON in it. What is too large is not read to its end."""
    data = file.read(limits.size + 1)
    beyond = too_much(data, limits)
    return data if beyond is None else DocumentFaults((beyond,))


def too_much(data: bytes, limits: Limits = OF_SIGNED) -> DocumentFault | None:
    """The limit that JSON does not keep, told without reading it: `file-too-large`, `too-deep`, `too-many-values`."""
    if len(data) > limits.size:
        message = f"more than {limits.size:,} bytes, which are the most that is read"
        return DocumentFault("file-too-large", message, limit=limits.size)
    depth, values = 0, 1
    for each in _STRUCTURE.finditer(_TEXT.sub(b"", data)):
        sign = each[0]
        # A value after each comma, and a first one in whatever is opened.
        values += sign in b"[{,"
        depth += (sign in b"[{") - (sign in b"]}")
        if depth > limits.depth:
            return DocumentFault("too-deep", f"nested more than {limits.depth} deep", limit=limits.depth)
        if values > limits.values:
            return DocumentFault(
                "too-many-values", f"more than {limits.values:,} values", limit=limits.values
            )
    return None


def decode(data: bytes) -> str | DocumentFaults:
    """The text of a document, which is UTF-8 without a byte order mark."""
    if data.startswith(_UTF8_MARK):
        return _other_encoding("begins with a byte order mark")
    if data.startswith(_OTHER_MARKS) or b"\0" in data[:4]:
        return _other_encoding("is UTF-16 or UTF-32")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        line, column = position(before, len(before))
        return refused("encoding", message, line=line, column=column, expected="UTF-8")


def _other_encoding(message: str) -> DocumentFaults:
    return refused("encoding", f"{message}; save it as UTF-8 without a mark", expected="UTF-8")


def read(data: bytes, limits: Limits | None = OF_SIGNED, *, fractions: bool = False) -> Any | DocumentFaults:
    """The value of a document as dicts, lists, text, integers, booleans and None; never raises for what it is given.

    fractions: numbers with a fraction or an exponent are read, as `Decimal`; else they are refused. With `limits` None
    the caller has bounded the bytes, and the depth is that of Python's stack.
    """
    beyond = None if limits is None else too_much(data, limits)
    if beyond is not None:
        return DocumentFaults((beyond,))
    text = decode(data)
    if isinstance(text, DocumentFaults):
        return text
    try:
        plain = _quickly(text, fractions)
    except RecursionError:
        return refused("too-deep", "lists and objects are nested too deep to be read")
    except ValueError:
        return _told(text, fractions) or refused("not-json", "not JSON that can be read")
    # What is spelled so may be half of a pair, which no encoding has.
    return (_told(text, fractions) if _SURROGATE.search(text) else None) or plain


def _quickly(text: str, fractions: bool) -> Any:
    import json  # noqa: PLC0415 - what we write ourselves is never read so

    return json.loads(
        text,
        object_pairs_hook=_unique,
        parse_float=_fraction if fractions else _suspicious,
        parse_constant=_suspicious,
        parse_int=_integer,
    )


def _told(text: str, fractions: bool) -> DocumentFaults | None:
    """What the patient look finds, if it finds anything."""
    from ldmrelease.domain.json_faults import faults_of  # noqa: PLC0415 - for what is wrong alone

    faults = faults_of(text, fractions=fractions)
    return DocumentFaults(tuple(faults)) if faults else None


def _suspicious(_: str) -> Any:
    raise _Suspicious


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Suspicious
    return found


def _integer(text: str) -> int:
    if len(text) > 17 or abs(number := int(text)) > LARGEST_INTEGER:
        raise _Suspicious
    return number


def _fraction(text: str) -> Decimal:
    if not is_short_fraction(text):
        raise _Suspicious
    return Decimal(text)
