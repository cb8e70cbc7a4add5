"""Of which cycle an image is, by its tag: `c0044.007`, `w_2025_09_c0044.007` and `recommended_c0044` are of `c0044`."""

import re

from ldmrelease.domain.product_grammar import AnyGrammar
from ldmrelease.domain.tags.pattern import tag_pattern_match
from ldmrelease.domain.tags.tag import Tag
from ldmrelease.domain.tags.tag_reading import parse

PART = "cycle"
"""The part of a workspace's own pattern that names a cycle."""
_CYCLE = re.compile(r"([ck])?([0-9]{1,9})")
_NAMED = re.compile(r"(?:.*_)?([ck])([0-9]{1,9})(?:\.[0-9]+)?(?:_.*)?(?:-[a-z0-9]+)?")
_GRAMMARS = ("cycle", "rsp")
"""Those whose tags name cycles: a component of another grammar may have a notebook image's tag all the same."""


def cycle_of_image(tag: str, pattern: str, grammar: AnyGrammar) -> str | None:
    """The cycle that an image's tag names, read as its component's: in its `pattern` and its product's `grammar`.

    Where that does not read it, as the tags of cycles and of notebook images are. None where it names no cycle.
    """
    match = tag_pattern_match(pattern, tag, grammar)
    read = (match,) if match is not None else (parse(tag, each) for each in _GRAMMARS)
    return next((cycle for each in read if (cycle := cycle_of_tag(each)) is not None), None)


def cycle_of_tag(tag: Tag) -> str | None:
    """The cycle that a tag names, such as `c0044` or `k0003`; of a workspace's own pattern its part `cycle`."""
    part = dict(tag.parts).get(PART)
    if part is not None:
        return numbered(str(part)) or str(part)
    if tag.cycle is not None:
        return _written("c", tag.cycle)
    # A cycle of another line than `c` is no SAL cycle: the grammars leave it as it stands.
    match = _NAMED.fullmatch(tag.extra or "")
    return _written(match[1], int(match[2])) if match is not None else None


def numbered(text: str) -> str | None:
    """The cycle of a number, as a menu has it, or of a cycle's own name."""
    match = _CYCLE.fullmatch(text)
    return _written(match[1] or "c", int(match[2])) if match is not None else None


def _written(line: str, number: int) -> str:
    return f"{line}{number:04d}"
