"""Words for what ran at a place before, and has no name that a rollback could go back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import listed, said, short
from ldmrelease.domain.tags import grammar_of, parse, tag_pattern_match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldmrelease.domain.topology import Place, Product
    from ldmrelease.services.inventory.history import HistoryEntry
    from ldmrelease.services.inventory.way_back import WayBack


def unnamed_words(place: Place, product: Product, way: WayBack) -> tuple[str, str]:
    """What ran there that no pin names, and what to do: the commands that give it a name, or put it back."""
    images = listed([f"{each.component} {_image(each)}" for each in way.unnamed])
    last = max(each.last for each in way.unnamed)
    what = f"what ran at {place} before has no name: {images} (seen last at {last}); nobody has pinned it"
    pins = list(_pins(product, way.unnamed))
    hint = f"pin it with `{pins[0]}`, and roll back to that" if len(pins) == 1 else _by_hand(pins)
    other = (
        f"; or go further back: `ldmrelease rollback {way.tag} --target {place}`"
        if way.tag is not None
        else ""
    )
    return what, f"{hint}{other}"


def _image(entry: HistoryEntry) -> str:
    return f"{said(entry.spelling)} ({short(entry.digest)})" if entry.digest else said(entry.spelling)


def _by_hand(pins: list[str]) -> str:
    several = "no one release has all of these images" if pins else "its tags are none of this product"
    return f"{several}: put them back in the tree by hand (git revert), then `ldmrelease observe`"


def _pins(product: Product, unnamed: tuple[HistoryEntry, ...]) -> Iterator[str]:
    """The commands that pin the releases that the images say they are of; none where one says nothing."""
    builds = grammar_of(product.grammar).BUILDS
    found: dict[str, list[str]] = {}
    for each in unnamed:
        source = product.component(each.component)
        read = (
            tag_pattern_match(source.spelling, each.spelling, product.grammar) if source is not None else None
        )
        if read is None or read.name is None:
            return
        cycle = builds.of(parse(read.name, product.grammar)) if builds is not None else None
        words = found.setdefault(cycle or read.name, [])
        if cycle is not None:
            words.append(f"--build {each.component}={read.name}")
    for tag, words in found.items():
        yield " ".join(["ldmrelease release pin", tag, "--product", product.name, *words])
