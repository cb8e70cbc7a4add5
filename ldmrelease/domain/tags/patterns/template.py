"""A pattern as it is written: `release-{year:4d}.{month:2d}[-{patch}]`.

Outside of braces a character stands for itself; `[` and `]` enclose what may be missing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from ldmrelease.domain.tags.patterns import parts
from ldmrelease.domain.tags.patterns.automaton import Automaton, Construction, Fragment
from ldmrelease.domain.tags.patterns.parts import Number, PartType, Value

_TOKEN = re.compile(r"\{(?P<part>[^{}\[\]]*)\}|(?P<text>[A-Za-z0-9_.+-]+)|(?P<mark>[\[\]])")
_PART = re.compile(r"([a-z][a-z0-9_]*)(?::(.*))?")
_LONGEST = 200
_MOST_STATES = 256
"""Of an automaton: two patterns are compared state by state."""


_PLUS = {"+": "+_"}
_ALIKE = dict.fromkeys("._-+", "._-+") | {each: each + each.swapcase() for each in parts.LETTERS}
"""What may stand for a character of a pattern where somebody's spelling is read leniently."""


class BadPattern(ValueError):
    """What is wrong with a pattern, and in `expected` what could stand there."""

    def __init__(self, message: str, expected: str) -> None:
        super().__init__(message)
        self.expected = expected


class Part(Struct, frozen=True):
    """A named part."""

    name: str
    type: PartType


class Omissible(Struct, frozen=True):
    """What may be missing, all of it at once."""

    items: "tuple[str | Part, ...]"


Item: TypeAlias = str | Part | Omissible


class Template(Struct, frozen=True):
    """A pattern that could be read. `text` is how it is written."""

    text: str
    items: tuple[Item, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its parts, from left to right."""
        return tuple(each for each in _flat(self.items) if isinstance(each, Part))

    def automaton(self, *, lenient: bool = False) -> Automaton:
        """What reads its tags. A `+` is read as `_` too: that is how an image tag spells it.

        lenient: reads any case and any separators, too, and numbers with and without zeros in front.
        """
        under = Construction()
        numbers = iter(range(len(self.parts)))
        return under.finish(
            under.sequence(*_fragments(self.items, under, numbers, _ALIKE if lenient else {}))
        )

    def write(self, values: Mapping[str, Value]) -> str:
        """The tag of these values; what may be missing is, where any part of it has no value.

        Raises `ValueError` for a value that its part does not take, or that has no part, or is missing.
        """
        written: list[str] = []
        used: set[str] = set()
        for item in self.items:
            within = item.items if isinstance(item, Omissible) else (item,)
            names = {each.name for each in within if isinstance(each, Part)}
            if isinstance(item, Omissible) and not names & values.keys():
                continue
            if names - values.keys():
                raise ValueError(f"no value for {', '.join(sorted(names - values.keys()))}")
            used |= names
            written += [
                each if isinstance(each, str) else each.type.write(values[each.name]) for each in within
            ]
        if values.keys() - used:
            raise ValueError(f"no part {', '.join(sorted(values.keys() - used))}")
        return "".join(written)


def read_template(text: str) -> Template:
    """Read a pattern. Raises `BadPattern`."""
    template = read_items(text, _part)
    if len(template.automaton().owners) > _MOST_STATES:
        raise BadPattern("is too large", "fewer or shorter parts")
    return template


def read_items(text: str, part: Callable[[str], Part]) -> Template:
    """Read what stands in braces by `part`, and what is around it. Raises `BadPattern`."""
    if not text or len(text) > _LONGEST:
        raise BadPattern(f"has {len(text)} characters", f"1 to {_LONGEST} characters")
    items = tuple(_items(text, part))
    template = Template(text, items)
    names = [each.name for each in template.parts]
    for each in names:
        if names.count(each) > 1:
            raise BadPattern(f"the part {each} stands twice in it", "each part once")
    if not _required(items):
        raise BadPattern("all of it may be missing", "a part, or some text, outside of [ ]")
    return template


def _items(text: str, part: Callable[[str], Part]) -> Iterator[Item]:
    within: list[str | Part] | None = None
    for item in _tokens(text, part):
        if item == "[":
            if within is not None:
                raise BadPattern("has a [ within [ ]", "one [ ] after the other")
            within = []
        elif item == "]":
            if not within:
                raise BadPattern("has a ] and nothing to close", "[ ] with a part in it")
            if not any(isinstance(each, Part) for each in within):
                raise BadPattern(
                    "has no part in [ ], so nothing says whether it is there", "[ ] with a part in it"
                )
            yield Omissible(tuple(within))
            within = None
        elif within is not None:
            within.append(item)
        else:
            yield item
    if within is not None:
        raise BadPattern("has a [ that is not closed", "a ] after it")


def _tokens(text: str, part: Callable[[str], Part]) -> Iterator[str | Part]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadPattern(
                f"has {text[at]!r} at character {at + 1}", "letters, digits, _ . - +, {NAME:TYPE}, and [ ]"
            )
        yield match[0] if match["part"] is None else part(match["part"])
        at = match.end()


def name_and_type(text: str) -> tuple[str, str | None]:
    """What stands in braces. Raises `BadPattern`."""
    match = _PART.fullmatch(text)
    if match is None:
        raise BadPattern(
            f"has a part {{{text}}}", "{NAME} or {NAME:TYPE}, the name of small letters, digits and _"
        )
    return match[1], match[2]


def _part(text: str) -> Part:
    name, type_ = name_and_type(text)
    found = parts.part_type("d" if type_ is None else type_)
    if found is None:
        raise BadPattern(f"has a part {name} of the type {type_!r}", parts.KNOWN)
    return Part(name, found)


def _required(items: tuple[Item, ...]) -> bool:
    return any(not isinstance(each, Omissible) for each in items)


def _flat(items: tuple[Item, ...]) -> Iterator[str | Part]:
    for each in items:
        yield from each.items if isinstance(each, Omissible) else (each,)


def _fragments(
    items: tuple[Item, ...], under: Construction, numbers: Iterator[int], alike: Mapping[str, str]
) -> Iterator[Fragment]:
    for each in items:
        if isinstance(each, Omissible):
            yield under.optional(under.sequence(*_fragments(each.items, under, numbers, alike)))
        elif isinstance(each, Part):
            under.owner = next(numbers)
            loose = alike and isinstance(each.type, Number)
            yield under.repeated(under.one_of(parts.DIGITS)) if loose else each.type.build(under)
            under.owner = -1
        else:
            yield under.sequence(
                *(under.one_of(alike.get(letter, _PLUS.get(letter, letter))) for letter in each)
            )
