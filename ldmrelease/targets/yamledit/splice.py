"""Splices: spans of a text and what stands in their place."""

from collections.abc import Sequence

from msgspec import Struct

from ldmrelease.targets.results import RefusedError


class Splice(Struct, frozen=True, order=True):
    """The characters from `start` up to `end` are replaced by `text`."""

    start: int
    end: int
    text: str


def apply(text: str, splices: Sequence[Splice]) -> str:
    """The text with every splice made. Raises `Refused` (`overlap`) where two touch the same characters."""
    parts: list[str] = []
    position = 0
    for splice in sorted(splices):
        if splice.start < position:
            raise RefusedError("overlap")
        parts += [text[position : splice.start], splice.text]
        position = splice.end
    return "".join([*parts, text[position:]])
