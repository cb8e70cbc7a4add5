"""What is wrong with a grammar of patterns, before any tag is read with it."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from ldmrelease.domain.tags.patterns.automaton import Automaton
from ldmrelease.domain.tags.patterns.overlap import common, read_twice, reads_everything
from ldmrelease.domain.tags.patterns.parts import PartType
from ldmrelease.domain.tags.patterns.template import BadPattern, Template, read_template
from ldmrelease.domain.tags.tag import Kind

_MOST_PATTERNS = 32
_NOT_FIRST = ".-+"

Field = tuple[str | int, ...]
"""Where in the grammar: a kind with the number of its pattern, or `order` or `within` with the number of the part."""


class GrammarFault(Struct, frozen=True):
    """Something wrong. `expected` is what could stand there."""

    field: Field
    message: str
    expected: str
    remedy: str | None = None


class _Read(Struct, frozen=True):
    field: Field
    kind: Kind
    template: Template
    automaton: Automaton


def grammar_faults(
    patterns: Mapping[Kind, Sequence[str]],
    order: Sequence[str] | None = None,
    within: Sequence[str] | None = None,
) -> tuple[GrammarFault, ...]:
    """Everything that is wrong; nothing where no tag is read in two ways and the order is of parts that are there."""
    texts = [
        ((str(kind), index), kind, text) for kind, own in patterns.items() for index, text in enumerate(own)
    ]
    if not texts:
        return (GrammarFault((), "has no pattern", "a pattern for release, or another kind"),)
    if len(texts) > _MOST_PATTERNS:
        return (GrammarFault((), f"has {len(texts)} patterns", f"at most {_MOST_PATTERNS}"),)
    faults: list[GrammarFault] = []
    read: list[_Read] = []
    for field, kind, text in texts:
        try:
            template = read_template(text)
        except BadPattern as error:
            faults.append(GrammarFault(field, str(error), error.expected, f"write {error.expected}"))
        else:
            read.append(_Read(field, kind, template, template.automaton()))
    if faults:
        # A part that is missing in the order may be that of the pattern that could not be read.
        return tuple(faults)
    return (*_alone(read), *_together(read), *_types(read), *_ordered(read, order, within))


def _alone(read: list[_Read]) -> Iterator[GrammarFault]:
    for each in read:
        if each.template.text[0] in _NOT_FIRST:
            message = f"begins with {each.template.text[0]!r}, as no image tag does"
            yield GrammarFault(each.field, message, "a letter, a digit, _ or a part first")
        twice = read_twice(each.automaton)
        if twice is not None:
            yield GrammarFault(
                each.field,
                f"reads {twice!r} in two ways",
                "one way to read each tag",
                "put a text between the parts that neither can hold, or give them narrower types",
            )
        if reads_everything(each.automaton):
            yield GrammarFault(
                each.field,
                "reads every word as a tag",
                "a pattern that leaves other texts out",
                "add a fixed text, or give the part a narrower type",
            )


def _together(read: list[_Read]) -> Iterator[GrammarFault]:
    for index, each in enumerate(read):
        for other in read[:index]:
            # A fixed name has precedence over what could read it, but not over the same name.
            if bool(each.template.parts) != bool(other.template.parts):
                continue
            shared = common(each.automaton, other.automaton)
            if shared is not None:
                yield GrammarFault(
                    each.field,
                    f"reads {shared!r}, and so does {other.template.text!r} ({other.kind})",
                    "patterns of which one alone reads a tag",
                    "tell them apart by a fixed text, or by narrower types",
                )
                break


def _types(read: list[_Read]) -> Iterator[GrammarFault]:
    """A part that is one thing in one pattern and another in the next: their values could not be compared."""
    first: dict[str, tuple[PartType, str]] = {}
    for each in read:
        for part in each.template.parts:
            known, where = first.setdefault(part.name, (part.type, each.template.text))
            if known != part.type:
                message = f"has a part {part.name} of another type than in {where!r}"
                yield GrammarFault(each.field, message, "one type for each name", "rename one of the parts")


def _ordered(
    read: list[_Read], order: Sequence[str] | None, within: Sequence[str] | None
) -> Iterator[GrammarFault]:
    types = {part.name: part.type for each in read for part in each.template.parts}
    expected = ", ".join(types) or "nothing: no pattern has a part"
    for field, names in (("order", order or ()), ("within", within or ())):
        for index, name in enumerate(names):
            if name not in types:
                yield GrammarFault((field, index), f"no pattern has a part {name!r}", expected)
            elif field == "order" and not types[name].ordered:
                ordered = ", ".join(each for each, its in types.items() if its.ordered)
                message = f"the values of {name} have no order"
                yield GrammarFault((field, index), message, ordered or "no part", "leave it out")
            elif field == "within" and name in (order or ()):
                message = f"{name} is in the order too"
                yield GrammarFault(
                    (field, index), message, "a part that is not in the order", "leave it out of one"
                )
    yield from _without_common_order(read, order)


def _without_common_order(read: list[_Read], order: Sequence[str] | None) -> Iterator[GrammarFault]:
    """Patterns of one kind that are ordered by nothing that both have."""
    first: dict[Kind, tuple[frozenset[str], str]] = {}
    for each in read:
        names = (part.name for part in each.template.parts if part.type.ordered)
        own = frozenset(name for name in names if name in order) if order is not None else frozenset()
        if own:
            known, where = first.setdefault(each.kind, (own, each.template.text))
            if not known & own:
                message = f"has no part of the order in common with {where!r}, of the same kind"
                yield GrammarFault(
                    each.field, message, "patterns of one kind with a common order", "change its kind"
                )
