"""Canonical JSON: the one spelling of a value whose bytes are hashed, signed or stored.

Keys sorted and ASCII, no white space, no floats, integers below 2**53, no duplicate keys
(trust.md section 1; a subset of RFC 8785). Times are RFC 3339 in whole seconds UTC.
"""

import hashlib
from typing import Any, TypeVar

import msgspec

from ldmrelease.domain.errors import LdmreleaseError

T = TypeVar("T")

LARGEST_INTEGER = 2**53 - 1


class NotCanonical(LdmreleaseError, ValueError):
    """The bytes or the value cannot be canonical JSON; the message says which rule is broken."""


def encode(value: object) -> bytes:
    """The canonical bytes of a JSON value or of one of the domain's structs.

    Raises `NotCanonical` for floats, large integers and keys outside ASCII.
    """
    plain = to_plain(value)
    _check(plain)
    return msgspec.json.encode(plain, order="sorted")


def to_plain(value: object) -> Any:
    """The value as dicts, lists, strings, integers, booleans and None."""
    return msgspec.to_builtins(value)


def from_plain(value: object, kind: type[T]) -> T:
    """The domain value that a plain value spells. Raises `NotCanonical` where it does not fit."""
    try:
        return msgspec.convert(value, type=kind)
    except msgspec.ValidationError as error:
        raise NotCanonical(str(error)) from error


def spells(plain: Any, value: object) -> bool:
    """Whether a plain value is the one that a domain value is spelled by."""
    return msgspec.json.encode(plain, order="sorted") == msgspec.json.encode(value, order="sorted")


def parse(data: bytes) -> Any:
    """Strictly read JSON: duplicate keys, floats and large integers are refused.

    Raises `NotCanonical`.
    """
    plain = _read_exactly(data)
    return _read_patiently(data) if plain is _OTHERWISE else plain


def _read_patiently(data: bytes) -> Any:
    """What is spelled in any way, and which rule is broken where one is."""
    from ldmrelease.domain import strict_json  # noqa: PLC0415 - what we write ourselves is never read so
    from ldmrelease.domain.document_faults import DocumentFaults  # noqa: PLC0415

    plain = strict_json.read(data, limits=None)
    if isinstance(plain, DocumentFaults):
        raise NotCanonical("; ".join(map(str, plain.faults)))
    _check(plain)
    return plain


def parse_exactly(data: bytes) -> Any:
    """Read bytes that have to be the canonical ones of their value, as they do where they are hashed.

    Raises `NotCanonical`.
    """
    plain = _read_exactly(data)
    if plain is not _OTHERWISE:
        return plain
    plain = _read_patiently(data)
    if encode(plain) != data:
        raise NotCanonical("it is not the canonical JSON of its value")
    return plain


def decode(data: bytes, kind: type[T]) -> T:
    """Read bytes as one of the domain's structs. Raises `NotCanonical`."""
    return from_plain(parse(data), kind)


def digest(data: bytes) -> str:
    """`sha256:` and the lower-case hex of the bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_of(value: object) -> str:
    """The digest of a value's canonical bytes."""
    return digest(encode(value))


def _refuse_float(text: str) -> Any:
    raise NotCanonical(f"{text} is not an integer; measured values are decimal strings")


def _read_exactly(data: bytes) -> Any:
    """The value of canonical bytes, `_OTHERWISE` for all others: ten times as fast as to look for what is wrong.

    Bytes that come out again as they were have no duplicate key, and none of the spellings that JSON leaves open.
    """
    try:
        plain = _DECODER.decode(data)
        if msgspec.json.encode(plain, order="sorted") != data:
            return _OTHERWISE
    except (ValueError, RecursionError):
        return _OTHERWISE
    # In ASCII there is no key outside it and no half of a pair, and a large integer has many digits.
    if not data.isascii() or _LONG_NUMBER in data.translate(_DIGITS):
        _check(plain)
    return plain


_OTHERWISE = object()
_DIGITS = bytes(ord("0") if chr(each).isdigit() and each < 128 else ord(" ") for each in range(256))
"""Of bytes: which of them are digits. To look for many of them in a row so is five times as fast as by a pattern."""
_LONG_NUMBER = b"0" * len(str(LARGEST_INTEGER))
_DECODER = msgspec.json.Decoder(float_hook=_refuse_float)


def _check(plain: Any) -> None:
    if isinstance(plain, str):
        if not plain.isascii() and not _is_unicode(plain):
            raise NotCanonical(f"{plain!r} has half of a surrogate pair")
    elif isinstance(plain, dict):
        for key, value in plain.items():
            if not isinstance(key, str) or not key.isascii():
                raise NotCanonical(f"the key {key!r} is not ASCII text")
            # Nearly everything is short ASCII text: it costs no call of its own.
            if type(value) is not str or not value.isascii():
                _check(value)
    elif isinstance(plain, list):
        for value in plain:
            _check(value)
    elif isinstance(plain, float):
        raise NotCanonical(f"{plain} is a float; measured values are decimal strings")
    elif isinstance(plain, int) and abs(plain) > LARGEST_INTEGER:
        raise NotCanonical(f"{plain} is larger than 2**53")


def _is_unicode(text: str) -> bool:
    # JSON can spell lone surrogates; UTF-8, and so every hash, cannot.
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
