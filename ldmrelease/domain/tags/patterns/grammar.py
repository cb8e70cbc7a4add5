"""A grammar of patterns: a tag is read by one of them, and written by it again."""

from collections.abc import Iterator, Mapping
from functools import cache

from msgspec import Struct

from ldmrelease.domain.tags.imagetag import image_tag_fault
from ldmrelease.domain.tags.model import (
    PATTERN,
    Kind,
    OrderKey,
    PatternGrammar,
    Tag,
    Version,
    parsed,
    unparsed,
)
from ldmrelease.domain.tags.patterns.automaton import Automaton
from ldmrelease.domain.tags.patterns.parts import Choice, Number, SemanticVersion, Value, Word
from ldmrelease.domain.tags.patterns.template import Template, read_template

_VERSION_NUMBERS = 3


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
            written = reader.template.write(values)
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


@cache
def ordering(grammar: PatternGrammar, kind: Kind) -> tuple[str, ...]:
    """The parts that order the tags of a kind."""
    own = {
        part.name: part.type
        for each in _readers(grammar)
        if each.kind is kind
        for part in each.template.parts
    }
    if grammar.order is not None:
        return tuple(each for each in grammar.order if each in own and own[each].ordered)
    return tuple(name for name, each in own.items() if isinstance(each, Number | SemanticVersion | Choice))


@cache
def lines(grammar: PatternGrammar, kind: Kind) -> tuple[str, ...]:
    """The parts that set tags of a kind apart: those of different values are not ordered."""
    own = {
        part.name: part.type
        for each in _readers(grammar)
        if each.kind is kind
        for part in each.template.parts
    }
    if grammar.within is not None:
        return tuple(each for each in grammar.within if each in own)
    order = ordering(grammar, kind)
    return tuple(name for name, each in own.items() if isinstance(each, Word) and name not in order)


@cache
def _readers(grammar: PatternGrammar) -> tuple[_Reader, ...]:
    """Fixed names first."""
    templates = [(each.kind, read_template(each.text)) for each in grammar.patterns]
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
    base = ordering(grammar, Kind.release) if Kind.release in grammar.kinds else ordering(grammar, kind)
    numbers = [each for name in base if isinstance(each := values.get(name), int)]
    if not numbers or len(numbers) != len([each for each in base if each in values]):
        return None
    if len(numbers) > _VERSION_NUMBERS:
        return None
    major, minor, patch = (*numbers, 0, 0)[:_VERSION_NUMBERS]
    rest = [str(values[each]) for each in ordering(grammar, kind) if each not in base and each in values]
    return major, minor, patch, ".".join(rest) or None
