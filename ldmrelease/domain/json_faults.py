"""What is wrong with a text that is to be strict JSON, and where: a patient look, without a stack of its own."""

import re
from contextlib import suppress
from typing import NoReturn

from msgspec import Struct, field

from ldmrelease.domain.document_faults import (
    LARGEST_INTEGER,
    MOST_FAULTS,
    DocumentFault,
    is_short_fraction,
    position,
    spell_path,
)

_SPACE = re.compile(r"[ \t\n\r]*+")
_TEXT = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+"', re.DOTALL)
_WORD = re.compile(r"[A-Za-z0-9_+.-]++")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_BACKSLASH = re.compile(r"\\.", re.DOTALL)
_CONSTANTS = ("true", "false", "null")


class _Open(Struct):
    """A list or an object that is being read; `step` is the key or the index of what is read in it."""

    is_object: bool
    step: str | int | None
    keys: set[str] = field(default_factory=set)


class _Stop(Exception):
    """What follows cannot be read any more."""


def faults_of(text: str, *, fractions: bool) -> list[DocumentFault]:
    """The faults of a text, the first `MOST_FAULTS` of them. Where it is no JSON at all, that is the last one."""
    look = _Look(text, fractions)
    with suppress(_Stop):
        look.document()
    return look.faults


class _Look:
    def __init__(self, text: str, fractions: bool) -> None:
        self.faults: list[DocumentFault] = []
        self._text = text
        self._fractions = fractions
        self._at = 0
        self._open: list[_Open] = []

    def document(self) -> None:
        self._value()
        while self._open:
            self._next()
        if self._sign():
            self._stop("something follows the value", "nothing")

    def _sign(self) -> str:
        """The character that comes next, white space left out; empty at the end."""
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def _next(self) -> None:
        """What may follow a value, or the first one of what was opened."""
        inside, sign = self._open[-1], self._sign()
        closing = "}" if inside.is_object else "]"
        if sign == closing:
            self._at += 1
            self._open.pop()
            return
        if inside.step is not None:
            if sign != ",":
                self._stop("a value has ended", f", or {closing}")
            self._at += 1
            if self._sign() == closing:
                self._stop("a comma before the end", "a value")
        if inside.is_object:
            self._key(inside)
        else:
            inside.step = 0 if inside.step is None else int(inside.step) + 1
        self._value()

    def _key(self, inside: _Open) -> None:
        if self._sign() != '"':
            self._stop("a key is missing", "a key in double quotes")
        start, key = self._at, self._string()
        inside.step = key
        if key in inside.keys:
            self._note("duplicate-key", f"the key {key!r} stands twice in one object", start, "each key once")
        inside.keys.add(key)
        if self._sign() != ":":
            self._stop("a key has ended", ":")
        self._at += 1

    def _value(self) -> None:
        sign = self._sign()
        if sign in ("{", "["):
            self._at += 1
            self._open.append(_Open(sign == "{", None))
        elif sign == '"':
            self._string()
        else:
            self._word()

    def _string(self) -> str:
        match = _TEXT.match(self._text, self._at)
        if match is None:
            self._stop("a text does not end, or has a control character", "text in double quotes")
        start, self._at = self._at, match.end()
        inner = match[0][1:-1]
        if any(not _ESCAPE.match(inner, each.start()) for each in _BACKSLASH.finditer(inner)):
            self._at = start
            self._stop("an escape that JSON does not have", '\\n, \\", \\u00e4 and their like')
        text = _unescaped(match[0])
        if not _is_unicode(text):
            self._note("surrogate", "half of a surrogate pair", start, "whole characters")
        return text

    def _word(self) -> None:
        match = _WORD.match(self._text, self._at)
        if match is None:
            self._stop("no value", "a value")
        start, word = self._at, match[0]
        self._at = match.end()
        if word in _CONSTANTS:
            return
        number = _NUMBER.fullmatch(word)
        if number is None and word.lstrip("+-") not in ("NaN", "Infinity"):
            self._at = start
            self._stop("no value", "a value")
        if number is None:
            self._note("not-a-number", f"{word} is not a number of JSON", start, "a number")
        elif number[1] or number[2]:
            self._fraction(word, start)
        elif len(word) > 17:
            message = f"an integer of {len(word)} digits is larger than 2**53"
            self._note("large-integer", message, start, "an integer below 2**53")
        elif abs(int(word)) > LARGEST_INTEGER:
            self._note("large-integer", f"{word} is larger than 2**53", start, "an integer below 2**53")

    def _fraction(self, word: str, start: int) -> None:
        if not self._fractions:
            message = f"{word[:60]} is not an integer; measured values are decimal strings"
            self._note("fraction", message, start, "an integer, or text")
        elif not is_short_fraction(word):
            self._note("large-number", "a number with more digits than are read", start, "a shorter number")

    def _path(self) -> str:
        return spell_path([each.step for each in self._open if each.step is not None])[:200]

    def _note(self, code: str, message: str, at: int, expected: str) -> None:
        line, column = position(self._text, at)
        found = self._text[at : at + 40].partition("\n")[0] or "the end"
        self.faults.append(DocumentFault(code, message, line, column, self._path(), found, expected))
        if len(self.faults) >= MOST_FAULTS:
            raise _Stop

    def _stop(self, message: str, expected: str) -> NoReturn:
        self._note("not-json", f"not JSON: {message}; expected {expected}", self._at, expected)
        raise _Stop


def _unescaped(spelled: str) -> str:
    import json  # noqa: PLC0415 - for what is wrong alone

    return str(json.loads(spelled))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
