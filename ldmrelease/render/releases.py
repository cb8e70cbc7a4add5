"""Releases for people: what is pinned, what is in it, and what differs between two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import counted, listed, said, short
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.render.tables import table

if TYPE_CHECKING:
    from ldmrelease.answers.releases import RevisionAnswer
    from ldmrelease.domain.release import Component
    from ldmrelease.services.releases.compare import (
        ComparedVersion,
        Comparison,
        ComponentChange,
        ProductChange,
    )
    from ldmrelease.services.releases.listing import PinnedRelease
    from ldmrelease.services.releases.pin import Pinned


def pinned_text(pinned: Pinned) -> str:
    """A pin with its components."""
    release = pinned.release
    lines = [f"{release.name} ({release.kind}) {state_words(release.missing)}", f"  release  {pinned.digest}"]
    if release.content:
        lines.append(f"  content  {release.content}")
    return "\n".join([*lines, "", _components(release.components)])


def state_words(missing: Sequence[str]) -> str:
    """Whether a release is complete, and what it lacks."""
    return f"is open: {listed(missing)} still missing" if missing else "is complete"


def _components(components: Iterable[Component]) -> str:
    rows = [(each.name, str(each.kind), each.source, each.spelling, _what(each)) for each in components]
    return table(["component", "kind", "source", "tag", "digest"], rows, spare=("kind", "source"))


def _what(component: Component) -> str:
    platforms = ", ".join(each.platform for each in component.platforms)
    return f"{component.digest}{f' ({platforms})' if platforms else ''}"


def revisions_text(revisions: Sequence[RevisionAnswer]) -> str:
    """The pins of one tag, oldest first."""
    rows = [
        (
            str(each.revision),
            each.pinned,
            each.by,
            "complete" if each.complete else "open",
            short(each.digest),
            each.reason or "",
        )
        for each in revisions
    ]
    return table(["revision", "pinned", "by", "state", "release", "reason"], rows, spare=("release", "by"))


def releases_table(rows: Sequence[PinnedRelease]) -> str:
    """The list of pinned releases."""
    if not rows:
        return "no releases are pinned"
    cells = [
        (
            f"{each.product}/{each.tag}",
            each.kind,
            _state(each),
            str(each.revision),
            each.pinned,
            short(each.digest),
        )
        for each in rows
    ]
    headers = ["release", "kind", "state", "revision", "pinned", "digest"]
    return table(headers, cells, spare=("kind", "revision", "digest"))


def _state(row: PinnedRelease) -> str:
    state = "complete" if row.complete else "open"
    return f"{state}, second spelling of {row.second_spelling_of}" if row.second_spelling_of else state


def second_spelling_words(tag: str, first: str) -> str:
    """That a release is one that was pinned before, under another tag."""
    known = said(first)
    return (
        f"the images of {said(tag)} are those of {known}: a second spelling; what runs keeps the name {known}"
    )


def comparison_text(found: Comparison) -> str:
    """What differs, component by component and product by product."""
    lines = [f"{found.before} -> {found.after}" + (": the same, but for spellings" if found.same else "")]
    lines += [f"  {each}" for change in found.components for each in _change(change)]
    if found.products is None:
        # What is made of no build has no list that could be lacking.
        if any(each.kind == ComponentKind.BUILD for each in found.components):
            lines.append("  EUPS products: one of the two has no build list, so they cannot be compared")
    else:
        lines.append(
            f"  EUPS products: {counted(len(found.products), 'differs', 'differ')} of {found.listed}"
        )
        lines += [f"    {_product(each)}" for each in found.products]
    return "\n".join(lines)


def _change(change: ComponentChange) -> Iterator[str]:
    before, after = change.before, change.after
    what = f"{change.kind} {change.component}"
    if before is None or after is None:
        there = before or after
        assert there is not None
        yield f"{what}: {'added' if before is None else 'removed'}: {_version(there)}"
    elif change.differs:
        yield f"{what}: {_version(before)} -> {_version(after)}"
    else:
        spelled = (
            "" if before.spelling == after.spelling else f", tagged {before.spelling} and {after.spelling}"
        )
        yield f"{what}: the same ({short(after.digest)}{spelled})"


def _version(version: ComparedVersion) -> str:
    return said(f"{version.source} {version.spelling} ") + short(version.digest)


def _product(change: ProductChange) -> str:
    if change.before is None:
        return f"+ {change.name} {change.after}"
    if change.after is None:
        return f"- {change.name} {change.before}"
    return f"~ {change.name} {change.before[:12]} -> {change.after[:12]}"
