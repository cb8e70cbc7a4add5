"""A grammar of patterns: a tag is read by one of them, and written by it again."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from msgspec import Struct

from ldmrelease.domain.product_grammar import PATTERN, PatternGrammar
from ldmrelease.domain.tags.imagetag import image_tag_fault
from ldmrelease.domain.tags.patterns.automaton import Automaton
from ldmrelease.domain.tags.patterns.overlap import common, read_twice
from ldmrelease.domain.tags.patterns.parts import Choice, Number, PartType, SemanticVersion, Value, Word
from ldmrelease.domain.tags.patterns.template import Template, read_template
from ldmrelease.domain.tags.tag import (
    Builds,
    Kind,
    OrderKey,
    Tag,
    Version,
    parsed,
    unparsed,
)

_VERSION_NUMBERS = 3


@dataclass(slots=True)
class OwnGrammar:
    """A grammar of patterns, as one of the grammars (`interface.Grammar`)."""

    patterns: PatternGrammar
    KINDS: frozenset[Kind]
    EXAMPLE: str
    SEPARATOR: str = ""
    NAMES_IN_GIT: bool = False
    REBUILDS: bool = False
    BUILDS: Builds | None = None

    def parse(self, text: str, /) -> Tag:
        """Read a tag."""
        return parse(text, self.patterns)

    def order_key(self, tag: Tag, /) -> OrderKey:
        """The tag's own: it was found out with its parts."""
        assert tag.order is not None
        return tag.order

    def other_spellings(self, text: str, /) -> Iterator[str]:
        """What is meant by a text with other separators, case or padding, where it can be one tag alone."""
        for each in self.patterns.patterns:
            yield from _meant(read_template(each.text), text)


@cache
def own_grammar(patterns: PatternGrammar) -> OwnGrammar:
    """A workspace's patterns as a grammar."""
    first = read_template(patterns.patterns[0].text).automaton()
    return OwnGrammar(
        patterns, frozenset(Kind(each.kind) for each in patterns.patterns), common(first, first) or ""
    )


def _meant(template: Template, text: str) -> Iterator[str]:
    lenient = template.automaton(lenient=True)
    values = _values(_Reader(Kind.unknown, template, lenient), text)
    # Read in two ways it would be somebody's guess.
    if values is not None and read_twice(lenient) is None:
        with suppress(ValueError):
            yield template.write(values)


class _Reader(Struct, frozen=True):
    kind: Kind
    template: Template
    automaton: Automaton


def parse(text: str, grammar: PatternGrammar) -> Tag:
    """Read a tag; it takes time in proportion to its length."""
    fault = image_tag_fault(text.replace("+", "_"))
    if fault is not None:
        return unparsed(text, PATTERN, fault)
    for reader in _readers(grammar):
        values = _values(reader, text)
        if values is not None:
            # Without a `+`, what was read is what would be written: each value has one text.
            written = reader.template.write(values) if "+" in reader.template.text else text
            # An image tag has `_` for each `+`, not for some.
            if text in (written, written.replace("+", "_")):
                return _tag(text, written, reader, values, grammar)
    return unparsed(text, PATTERN, f"fits no pattern of its grammar: {', '.join(_texts(grammar))}")


def write(grammar: PatternGrammar, kind: Kind, values: Mapping[str, Value]) -> str:
    """The tag of a kind that has these parts. Raises `ValueError` where no pattern of the kind writes it."""
    faults = []
    for reader in _readers(grammar):
        if reader.kind is not kind:
            continue
        try:
            text = reader.template.write(values)
        except ValueError as error:
            faults.append(str(error))
            continue
        read = parse(text, grammar)
        if read.kind is kind and dict(read.parts) == dict(values):
            return text
        faults.append(f"{text!r} is {read.kind}")
    raise ValueError("; ".join(faults) or f"no pattern for {kind}")


def _types(grammar: PatternGrammar, kind: Kind) -> dict[str, PartType]:
    own = (each.template.parts for each in _readers(grammar) if each.kind is kind)
    return {part.name: part.type for parts in own for part in parts}


@cache
def ordering(grammar: PatternGrammar, kind: Kind) -> tuple[str, ...]:
    """The parts that order the tags of a kind."""
    own = _types(grammar, kind)
    if grammar.order is not None:
        return tuple(each for each in grammar.order if each in own and own[each].ordered)
    return tuple(name for name, each in own.items() if isinstance(each, Number | SemanticVersion | Choice))


@cache
def lines(grammar: PatternGrammar, kind: Kind) -> tuple[str, ...]:
    """The parts that set tags of a kind apart: those of different values are not ordered."""
    own = _types(grammar, kind)
    if grammar.within is not None:
        return tuple(each for each in grammar.within if each in own)
    order = ordering(grammar, kind)
    return tuple(name for name, each in own.items() if isinstance(each, Word) and name not in order)


@cache
def _readers(grammar: PatternGrammar) -> tuple[_Reader, ...]:
    """Fixed names first."""
    templates = [(Kind(each.kind), read_template(each.text)) for each in grammar.patterns]
    in_order = sorted(templates, key=lambda each: bool(each[1].parts))
    return tuple(_Reader(kind, each, each.automaton()) for kind, each in in_order)


def _texts(grammar: PatternGrammar) -> Iterator[str]:
    return (each.text for each in grammar.patterns)


def _values(reader: _Reader, text: str) -> dict[str, Value] | None:
    states = reader.automaton.states_of(text)
    if states is None:
        return None
    texts: dict[int, str] = {}
    for letter, state in zip(text, states, strict=True):
        owner = reader.automaton.owners[state]
        if owner >= 0:
            texts[owner] = texts.get(owner, "") + letter
    found: dict[str, Value] = {}
    for number, part in enumerate(reader.template.parts):
        if number in texts:
            value = part.type.read(texts[number])
            if value is None:
                return None
            found[part.name] = value
    return found


def _tag(text: str, written: str, reader: _Reader, values: dict[str, Value], grammar: PatternGrammar) -> Tag:
    kind = reader.kind
    image = written.replace("+", "_")
    group = "/".join(str(values.get(each, "")) for each in lines(grammar, kind))
    return parsed(
        text,
        PATTERN,
        kind,
        git=written,
        image=image,
        version=_version(kind, values, grammar),
        display_name=f"{kind.value.capitalize()} {written}",
        name=image,
        group=group,
        order=(group, *_keys(reader, values, grammar), written),
        parts=tuple(values.items()),
    )


def _keys(reader: _Reader, values: dict[str, Value], grammar: PatternGrammar) -> OrderKey:
    """In turn, what orders the tag in its group; what is absent comes first."""
    types = {each.name: each.type for each in reader.template.parts}
    keys: OrderKey = ()
    for name in ordering(grammar, reader.kind):
        keys = (*keys, 1, *types[name].key(values[name])) if name in values else (*keys, 0)
    return keys


def _version(kind: Kind, values: dict[str, Value], grammar: PatternGrammar) -> Version | None:
    """Up to three numbers that order releases; what orders candidates beside them is their pre-release."""
    base = (
        ordering(grammar, Kind.release)
        if any(each.kind == Kind.release for each in grammar.patterns)
        else ordering(grammar, kind)
    )
    numbers = [each for name in base if isinstance(each := values.get(name), int)]
    if not numbers or len(numbers) != len([each for each in base if each in values]):
        return None
    if len(numbers) > _VERSION_NUMBERS:
        return None
    major, minor, patch = (*numbers, 0, 0)[:_VERSION_NUMBERS]
    rest = [str(values[each]) for each in ordering(grammar, kind) if each not in base and each in values]
    return major, minor, patch, ".".join(rest) or None
