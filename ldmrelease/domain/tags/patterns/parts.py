"""The types of a pattern's parts: which texts each stands for, its value, and its place in the order.

{patch}  {patch:d}       a number without leading zeros
{year:4d}                exactly so many digits
{revision:03d}           padded with zeros to so many digits, and longer where the number is
{flavor:word}            letters and digits
{branch:name}            letters and digits, with `.`, `_` and `-` between them
{sha:hex}  {sha:8hex}    at least four lower-case hexadecimal digits, or exactly so many
{version:semver}         Semantic Versioning 2.0.0, without build metadata
{stage:alpha|beta}       one of these words, in this order
"""

import re
from abc import abstractmethod
from typing import Protocol, TypeAlias

from msgspec import Struct

from ldmrelease.domain.tags.patterns.automaton import Construction, Fragment
from ldmrelease.domain.tags.tag import OrderKey

DIGITS = "0123456789"
_HEX = "0123456789abcdef"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WORD = DIGITS + LETTERS
_LONGEST_NUMBER = 15
"""Fifteen digits fit the integers of every JSON reader."""
_SHORTEST_HEX, _LONGEST_HEX = 4, 64
"""git abbreviates to four digits at least; SHA-256 has 64."""

_NUMBER = re.compile(r"(?:(0?)([1-9][0-9]?))?d")
_HEXADECIMAL = re.compile(r"([1-9][0-9]?)?hex")
_CHOICES = re.compile(r"[A-Za-z0-9]+(?:\|[A-Za-z0-9]+)+")
KNOWN = "d, 4d, 03d, word, name, hex, 8hex, semver, build, or words with | between them"

Value: TypeAlias = int | str


class PartType(Protocol):
    """What a part stands for."""

    @property
    def ordered(self) -> bool:
        """Whether its values have an order that means something."""

    @abstractmethod
    def build(self, under: Construction) -> Fragment:
        """The expression of its texts, each read in one way."""

    @abstractmethod
    def read(self, text: str) -> Value | None:
        """The value that a text which the expression reads stands for; None for one that is out of its limits."""

    @abstractmethod
    def write(self, value: Value) -> str:
        """The one text of a value. Raises `ValueError`, `TypeError` for what is no value of it."""

    @abstractmethod
    def key(self, value: Value) -> OrderKey:
        """Orders values."""


class Number(Struct, frozen=True):
    """Digits. `width` of them, None for as many as it takes; `padded` are at least so many."""

    width: int | None = None
    padded: bool = False
    ordered: bool = True

    def build(self, under: Construction) -> Fragment:
        """As `PartType` says."""
        digits = [under.one_of(DIGITS) for _ in range(self.width or 0)]
        if self.width is not None and not self.padded:
            return under.sequence(*digits)
        longer = [under.one_of(DIGITS[1:]), *(under.one_of(DIGITS) for _ in range(self.width or 0))]
        more = under.sequence(*longer, under.any_number(under.one_of(DIGITS)))
        return under.either(under.sequence(*digits) if digits else under.one_of("0"), more)

    def read(self, text: str) -> Value | None:
        """As `PartType` says."""
        return int(text) if len(text) <= _LONGEST_NUMBER else None

    def write(self, value: Value) -> str:
        """As `PartType` says."""
        text = f"{value:0{self.width or 1}d}"
        exact = self.width is not None and not self.padded
        longest = self.width if exact and self.width is not None else _LONGEST_NUMBER
        if not isinstance(value, int) or value < 0 or len(text) > longest:
            raise ValueError(f"{value!r} does not fit")
        return text

    def key(self, value: Value) -> OrderKey:
        """As `PartType` says."""
        return (value,)


class _Texts(Struct, frozen=True):
    """Values that are their own text."""

    def read(self, text: str) -> Value | None:
        """As `PartType` says."""
        return text

    def write(self, value: Value) -> str:
        """As `PartType` says."""
        under = Construction()
        text = str(value)
        if not under.finish(self.build(under)).reads(text):
            raise ValueError(f"{value!r} does not fit")
        return text

    def build(self, under: Construction) -> Fragment:
        """As `PartType` says."""
        raise NotImplementedError

    def key(self, value: Value) -> OrderKey:
        """As `PartType` says."""
        return (value,)


class AsWritten(_Texts, frozen=True):
    """Whatever it is, as it stands: where parts are put together to a tag that a grammar reads as a whole."""

    ordered: bool = False

    def write(self, value: Value) -> str:
        """As `PartType` says."""
        return str(value)


class Word(_Texts, frozen=True):
    """Letters and digits; a name has `.`, `_` and `-` between them."""

    marks: str = ""
    ordered: bool = True

    def build(self, under: Construction) -> Fragment:
        """As `PartType` says."""
        begin, rest = under.one_of(_WORD), under.one_of(_WORD)
        if not self.marks:
            return under.sequence(begin, under.any_number(rest))
        marks = under.any_number(under.one_of(self.marks))
        return under.sequence(begin, under.any_number(under.sequence(marks, rest)))


class Hexadecimal(_Texts, frozen=True):
    """Of a commit, say: such texts have no order. Exactly `width` digits, None for four or more."""

    width: int | None = None
    ordered: bool = False

    def build(self, under: Construction) -> Fragment:
        """As `PartType` says."""
        digits = [under.one_of(_HEX) for _ in range(self.width or _SHORTEST_HEX)]
        more = () if self.width is not None else (under.any_number(under.one_of(_HEX)),)
        return under.sequence(*digits, *more)

    def read(self, text: str) -> Value | None:
        """As `PartType` says."""
        return text if len(text) <= _LONGEST_HEX else None


class BuildMetadata(_Texts, frozen=True):
    """Letters, digits and hyphens, with dots between them (Semantic Versioning 2.0.0, section 10)."""

    ordered: bool = False

    def build(self, under: Construction) -> Fragment:
        """As `PartType` says."""
        letters = _WORD + "-"
        first, more = under.repeated(under.one_of(letters)), under.repeated(under.one_of(letters))
        return under.sequence(first, under.any_number(under.sequence(under.one_of("."), more)))


class Choice(_Texts, frozen=True):
    """One of some words, in their order."""

    words: tuple[str, ...]
    ordered: bool = True

    def build(self, under: Construction) -> Fragment:
        """As `PartType` says."""
        return under.either(*(under.sequence(*map(under.one_of, each)) for each in self.words))

    def key(self, value: Value) -> OrderKey:
        """As `PartType` says."""
        return (self.words.index(str(value)),)


class SemanticVersion(_Texts, frozen=True):
    """Major, minor, patch, and a pre-release where there is one. The order is that of the specification, section 11."""

    ordered: bool = True

    def build(self, under: Construction) -> Fragment:
        """As `PartType` says."""
        numbers = [Number().build(under)]
        for _ in range(2):
            numbers += [under.one_of("."), Number().build(under)]
        first, more = _identifier(under), _identifier(under)
        list_ = under.sequence(first, under.any_number(under.sequence(under.one_of("."), more)))
        return under.sequence(*numbers, under.optional(under.sequence(under.one_of("-"), list_)))

    def read(self, text: str) -> Value | None:
        """As `PartType` says."""
        long = any(each.isdigit() and len(each) > _LONGEST_NUMBER for each in re.split(r"[.-]", text))
        return None if long else text

    def key(self, value: Value) -> OrderKey:
        """As `PartType` says."""
        numbers, dash, pre_release = str(value).partition("-")
        identifiers = pre_release.split(".") if dash else []
        keys = tuple((0, int(each), "") if each.isdigit() else (1, 0, each) for each in identifiers)
        return (*map(int, numbers.split(".")), int(not dash), keys)


def _identifier(under: Construction) -> Fragment:
    """A number without leading zeros, or letters, digits and hyphens that are not digits alone."""
    beginning = under.any_number(under.one_of(DIGITS))
    other = under.one_of(LETTERS + "-")
    rest = under.any_number(under.one_of(_WORD + "-"))
    return under.either(Number().build(under), under.sequence(beginning, other, rest))


_NAMED: dict[str, PartType] = {
    "word": Word(),
    "name": Word("._-"),
    "semver": SemanticVersion(),
    "build": BuildMetadata(),
}


def part_type(text: str) -> PartType | None:
    """The type that is written behind a part's name; None where there is none such."""
    if text in _NAMED:
        return _NAMED[text]
    if _CHOICES.fullmatch(text):
        words = tuple(text.split("|"))
        return Choice(words) if len({*words}) == len(words) else None
    return _number(text) or _hexadecimal(text)


def _number(text: str) -> PartType | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    width = int(match[2]) if match[2] else None
    return Number(width, padded=bool(match[1])) if (width or 1) <= _LONGEST_NUMBER else None


def _hexadecimal(text: str) -> PartType | None:
    match = _HEXADECIMAL.fullmatch(text)
    if match is None:
        return None
    width = int(match[1]) if match[1] else None
    return Hexadecimal(width) if (width or 1) <= _LONGEST_HEX else None
