"""Settings that are taken away: their lines go, with what was made for them and would be left empty."""

from collections.abc import Sequence

from msgspec import Struct

from ldmrelease.domain.value_paths import Named, Path
from ldmrelease.targets.results import Absent, RefusedError, Unquoted
from ldmrelease.targets.yamledit import layout
from ldmrelease.targets.yamledit.locate import Trail, behind_colon
from ldmrelease.targets.yamledit.proof import Edit
from ldmrelease.targets.yamledit.splice import Splice
from ldmrelease.targets.yamledit.tree import Node


def removed(text: str, path: Path, trail: Trail, value: Absent) -> tuple[list[Splice], Edit]:
    """What takes the setting at the path away. A mapping that held nothing else goes too, since a null in its place
    would say something else (Helm takes it for "without the chart's defaults").

    Comments on lines of their own stay; one at the end of a line goes with it. Raises `Refused`: `layout`.
    """
    going = _Going(path, trail, value)
    at = len(path)
    while at > 1 and going.leaves_nothing(at) and going.may_go(at - 1):
        at -= 1
    holder, here = trail.steps[at - 1], trail.steps[at].here
    if not going.leaves_nothing(at):
        return _entry(text, holder.node, trail, at), Edit(removed=frozenset({id(here)}))
    if at == 1 and not holder.node.flow:
        return _entry(text, holder.node, trail, at), Edit({id(holder.node): Unquoted("")})
    climbed = len(path) - at
    null = value.null if climbed == value.parents else None
    if null is None and holder.node.flow:
        return _entry(text, holder.node, trail, at), Edit(removed=frozenset({id(here)}))
    left = null if null is not None else " []" if holder.node.kind == "sequence" else " {}"
    return _emptied(text, trail, at, left)


class _Going(Struct, frozen=True):
    path: Path
    trail: Trail
    value: Absent

    def leaves_nothing(self, at: int) -> bool:
        """Whether the collection that the step stands in holds nothing else."""
        holder = self.trail.steps[at - 1].node
        if at > 1 and isinstance(part := self.path[at - 2], Named) and self._is_made(at - 1):
            return all(
                key.value == part.key for key, value in holder.pairs if value is not self.trail.steps[at].here
            )
        return len(holder.pairs) + len(holder.items) == 1

    def may_go(self, at: int) -> bool:
        """Whether the step goes with what it holds."""
        found = self.trail.steps[at]
        climbed = len(self.path) - at
        if found.alias or found.node.anchor is not None or found.node.tag is not None:
            return False
        if self.value.null is not None and climbed > self.value.parents:
            return False
        return self._is_made(at) or not (found.node.flow or found.node.items or found.key is None)

    def _is_made(self, at: int) -> bool:
        """Whether the step was made with the setting."""
        return len(self.path) - at <= self.value.parents


def _entry(text: str, holder: Node, trail: Trail, at: int) -> list[Splice]:
    """Without the pair or the item, where others stay, or where the brackets do."""
    spans = [(key.start, layout.end_of(text, value)) for key, value in holder.pairs]
    spans = spans or [(each.start, layout.end_of(text, each)) for each in holder.items]
    values = [value for _, value in holder.pairs] or list(holder.items)
    index = next(i for i, each in enumerate(values) if each is trail.steps[at].here)
    start, end = spans[index]
    if holder.flow:
        if layout.has_comment(text, holder):
            raise RefusedError("layout", line=holder.line, found="a comment between brackets")
        if index:
            return [Splice(spans[index - 1][1], end, "")]
        return [Splice(start, spans[1][0] if len(spans) > 1 else end, "")]
    before = text[layout.line_start(text, start) : start]
    if (before.strip() and before.strip() != "-") or (before.strip() == "-" and holder.pairs):
        return [_first(text, spans, index)]
    return [_lines(text, layout.line_start(text, start), end)]


def _first(text: str, spans: Sequence[tuple[int, int]], index: int) -> Splice:
    """The first key of a list's item: the next one takes its place behind the dash."""
    start, end = spans[index]
    after = layout.line_after(text, end)
    if index or len(spans) == 1 or text[after : spans[1][0]].strip():
        raise RefusedError("layout", found=text[start:end])
    return Splice(start, spans[1][0], "")


def _lines(text: str, start: int, end: int) -> Splice:
    """Whole lines; the last of a text takes the line end before it along, where it has none."""
    after = layout.line_after(text, end)
    if after == len(text) and not layout.is_line_start(text, after):
        start = len(text[:start].removesuffix("\n").removesuffix("\r"))
    return Splice(start, after, "")


def _emptied(text: str, trail: Trail, at: int, left: str) -> tuple[list[Splice], Edit]:
    """With what is left of the collection behind its key, in place of what was in it."""
    holder = trail.steps[at - 1]
    if holder.alias or holder.node.anchor is not None or holder.node.tag is not None:
        raise RefusedError("layout", line=holder.node.line, found="an anchor or a tag")
    start = behind_colon(text, holder)
    edit = Edit(values={id(holder.node): () if left == " []" else Unquoted(left.strip())})
    if holder.node.flow:
        return [Splice(start, holder.node.end, left)], edit
    first = (holder.node.items or [key for key, _ in holder.node.pairs])[0]
    begin = layout.line_start(text, first.start)
    if begin < start:
        raise RefusedError("layout", line=holder.node.line, found=text[begin : first.end])
    return [Splice(start, start, left), _lines(text, begin, layout.end_of(text, holder.node))], edit
