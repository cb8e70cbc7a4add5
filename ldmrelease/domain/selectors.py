"""A selector: an image's tag that is put together from parts, as charts do, such as `{cycle}[.{revision:03d}]`.

Its parts are those of the tag in the component's grammar, by their names, or `tag` (all of it) and `digest`. What may
be missing stands in `[ ]`.
"""

from functools import cache

from msgspec import Struct

from ldmrelease.domain.product_grammar import AnyGrammar, PatternGrammar
from ldmrelease.domain.release import Component
from ldmrelease.domain.tags import grammar_of, image_tag, parse, tag_pattern_match
from ldmrelease.domain.tags.patterns.parts import AsWritten, Number, Value, part_type
from ldmrelease.domain.tags.patterns.template import (
    BadPattern,
    Omissible,
    Part,
    Template,
    name_and_type,
    read_items,
    read_template,
)
from ldmrelease.domain.targets import DIGEST, TAG


class SelectorTemplate(Struct, frozen=True):
    """How the parts are put together.

    tag: the template of the tag; digest: whether the image's digest follows behind an `@`, and `digest_omissible` that
    it may be missing.
    """

    text: str
    tag: Template
    digest: bool = False
    digest_omissible: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The parts, in their order."""
        return (*(each.name for each in self.tag.parts), *((DIGEST,) if self.digest else ()))

    @property
    def omissible(self) -> frozenset[str]:
        """The parts that may be missing."""
        groups = (each.items for each in self.tag.items if isinstance(each, Omissible))
        found = {part.name for group in groups for part in group if isinstance(part, Part)}
        return frozenset(found | ({DIGEST} if self.digest_omissible else set()))

    @property
    def numbers(self) -> frozenset[str]:
        """The parts that are numbers, which the template prints by their format."""
        return frozenset(each.name for each in self.tag.parts if isinstance(each.type, Number))

    def print_tag(self, values: dict[str, Value]) -> str:
        """The tag of these parts. Raises `ValueError` for what is missing, or does not fit its format."""
        return self.tag.write({name: each for name, each in values.items() if name != DIGEST})


@cache
def read_selector(text: str) -> SelectorTemplate:
    """Read a template. Raises `BadPattern`."""
    for ending, omissible in (("[@{digest}]", True), ("@{digest}", False)):
        if text.endswith(ending):
            tag = read_items(text.removesuffix(ending), _part)
            return SelectorTemplate(text, _without_digest(tag), True, omissible)
    return SelectorTemplate(text, _without_digest(read_items(text, _part)))


def part_names(grammar: AnyGrammar) -> tuple[str, ...]:
    """The parts that the tags of a grammar have, and those that every image has."""
    if isinstance(grammar, PatternGrammar):
        templates = (read_template(each.text) for each in grammar.patterns)
        own = [part.name for each in templates for part in each.parts]
    else:
        own = [name for name, _ in parse(grammar_of(grammar).EXAMPLE, grammar).parts]
    return tuple(dict.fromkeys((*own, TAG, DIGEST)))


def parts_of(component: Component, grammar: AnyGrammar, pattern: str) -> dict[str, Value]:
    """The parts of a release's component, from its tag as its source spells it.

    pattern: how the component's tags are spelled there, such as `al9-{eups}`.
    """
    own = {TAG: component.spelling, DIGEST: component.digest}
    tag = tag_pattern_match(pattern, component.spelling, grammar)
    return {**own, **dict(tag.parts)} if tag is not None else dict(own)


def unwritable(template: SelectorTemplate, grammar: AnyGrammar, pattern: str) -> tuple[str, str] | None:
    """A tag of the grammar, and what the template makes of its parts, where it can make none of its kinds of tag; None
    where it makes one. pattern: as for `parts_of`.
    """
    found = None
    for example in _examples(grammar):
        tag = parse(example, grammar)
        try:
            spelled = image_tag(tag, pattern)
            printed = template.print_tag(_of(template, {TAG: spelled, **dict(tag.parts)}))
        except (TypeError, ValueError) as error:
            spelled, printed = example, str(error)
        if spelled == printed:
            return None
        found = found or (spelled, printed)
    return found


def _examples(grammar: AnyGrammar) -> list[str]:
    if not isinstance(grammar, PatternGrammar):
        return [grammar_of(grammar).EXAMPLE]
    return [grammar_of(PatternGrammar((each,))).EXAMPLE for each in grammar.patterns]


def _of(template: SelectorTemplate, values: dict[str, Value]) -> dict[str, Value]:
    return {name: values[name] for name in template.names if name in values}


def _without_digest(template: Template) -> Template:
    if DIGEST in (each.name for each in template.parts):
        raise BadPattern("has the digest somewhere in the tag", "@{digest} or [@{digest}] at its end")
    return template


def _part(text: str) -> Part:
    name, format_ = name_and_type(text)
    if format_ is None:
        return Part(name, AsWritten())
    found = part_type(format_)
    if not isinstance(found, Number):
        raise BadPattern(f"prints {name} as {format_!r}", "{NAME}, or {NAME:03d} for a number")
    return Part(name, found)
