"""Settings that are added, and taken away again, so that every line that is there stays as it is.

A new key follows the last one of the deepest mapping that is there, indented and quoted as its neighbours are; mappings
and items of lists that the path names are made with it. Comments and blank lines that follow stay behind it.
"""

from collections.abc import Sequence

from msgspec import Struct

from ldmrelease.domain.value_paths import Named, Path
from ldmrelease.targets.results import Absent, RefusedError, Value
from ldmrelease.targets.yamledit import layout
from ldmrelease.targets.yamledit.anchors import nodes_of
from ldmrelease.targets.yamledit.locate import Trail, absent, behind_colon
from ldmrelease.targets.yamledit.proof import Edit, added_shape
from ldmrelease.targets.yamledit.spelling import quotes_of, spelling
from ldmrelease.targets.yamledit.splice import Splice
from ldmrelease.targets.yamledit.tree import Node


def absent_at(text: str, trail: Trail) -> Absent:
    """What is there in place of a setting that is not."""
    node, above = trail.last.node, len(trail.rest) - 1
    if not node.is_null or len(trail.steps) == 1:
        return Absent(True, above)
    return Absent(True, above, text[behind_colon(text, trail.last) : node.end])


def added(text: str, root: Node, trail: Trail, value: Value) -> tuple[list[Splice], Edit]:
    """What adds a setting for which there is nothing.

    Raises `Refused`: `absent` where an item of a list would have to be made that is not named, `not-a-mapping`,
    `not-a-list`, `layout`.
    """
    node, first = trail.last.node, trail.rest[0]
    pairs = zip(trail.rest, (*trail.rest[1:], None), strict=True)
    if any(
        isinstance(each, int) or (isinstance(each, Named) and not isinstance(after, str))
        for each, after in pairs
    ):
        raise absent(trail)
    writer = _Writer(text, root, node)
    edit = Edit(added={id(node): (added_shape(trail.rest, value),)})
    if node.is_null:
        return writer.in_place_of_null(trail, value), edit
    wanted = "sequence" if isinstance(first, Named) else "mapping"
    if node.kind != wanted:
        code = "not-a-list" if isinstance(first, Named) else "not-a-mapping"
        raise RefusedError(code, line=node.line, found=node.kind)
    return [writer.in_flow(trail.rest, value) if node.flow else writer.in_block(trail.rest, value)], edit


class _Writer(Struct, frozen=True):
    """Writes new entries into one node of a text."""

    text: str
    root: Node
    node: Node

    def in_block(self, path: Path, value: Value) -> Splice:
        """Lines below the last entry of a mapping or a list."""
        if self.node.items:
            dash = layout.dash_before(self.text, self.node.items[-1])
            if dash is None:
                raise RefusedError("layout", line=self.node.items[-1].line, found="a list of lists")
            indent = layout.column(self.text, dash)
        else:
            indent = layout.column(self.text, self.node.pairs[0][0].start)
        return self._lines(layout.end_of(self.text, self.node), indent, path, value)

    def in_flow(self, path: Path, value: Value) -> Splice:
        """An entry between the brackets, on a line of its own where the others are."""
        entry = self._flow_entry(path, value)
        ends = [each.end for _, each in self.node.pairs] or [each.end for each in self.node.items]
        starts = [each.start for each, _ in self.node.pairs] or [each.start for each in self.node.items]
        if not ends:
            # Behind the bracket, whatever anchor stands before it.
            at = self.text.rindex("[" if self.node.kind == "sequence" else "{", 0, self.node.end) + 1
            return Splice(at, at, entry)
        if "#" in self.text[ends[-1] : self.node.end]:
            raise RefusedError("layout", line=self.node.line, found="a comment between brackets")
        before = ends[-2] if len(ends) > 1 else self.node.start
        between = self.text[before : starts[-1]]
        start = layout.line_start(self.text, starts[-1])
        has_lines = "\n" in between and not self.text[start : starts[-1]].strip()
        gap = layout.newline_of(self.text) + self.text[start : starts[-1]] if has_lines else " "
        return Splice(ends[-1], ends[-1], f",{gap}{entry}")

    def in_place_of_null(self, trail: Trail, value: Value) -> list[Splice]:
        """What a null becomes: lines below its key, or a mapping in brackets between brackets."""
        if len(trail.steps) == 1:
            if self.node.start != self.node.end:
                raise RefusedError("layout", line=self.node.line, found=self.node.value)
            return [self._lines(self.node.end, 0, trail.rest, value)]
        start = behind_colon(self.text, trail.last)
        if trail.steps[-2].node.flow:
            return [Splice(start, self.node.end, " " + self._flow_value(trail.rest, value))]
        if "\n" in self.text[start : self.node.end]:
            raise RefusedError("layout", line=self.node.line, found=self.node.value)
        assert trail.last.key is not None
        indent = layout.column(self.text, trail.last.key.start)
        indent += self._dash if isinstance(trail.rest[0], Named) else self._step
        lines = self._lines(self.node.end, indent, trail.rest, value)
        return [Splice(start, self.node.end, ""), lines]

    def _lines(self, behind: int, indent: int, path: Path, value: Value) -> Splice:
        """The entry as lines of its own, below the line where `behind` is."""
        newline = layout.newline_of(self.text)
        at = layout.line_after(self.text, behind)
        lines = newline.join(" " * indent + each for each in self._block_entry(path, value))
        if at and not layout.is_line_start(self.text, at):
            # The last line of the file has no end; neither has it afterwards.
            return Splice(at, at, newline + lines)
        return Splice(at, at, lines + newline)

    def _block_entry(self, path: Path, value: Value) -> list[str]:
        part, rest = path[0], path[1:]
        if isinstance(part, Named):
            inside = self._block_entry(rest, value)
            return [f"- {self._key(part.key)}: {self._scalar(part.name)}", *("  " + each for each in inside)]
        key = self._key(str(part))
        if rest:
            width = self._dash if isinstance(rest[0], Named) else self._step
            return [f"{key}:", *(" " * width + each for each in self._block_entry(rest, value))]
        if isinstance(value, tuple) and value:
            items = (spelling(each, self._quotes) for each in value)
            return [f"{key}:", *(f"{' ' * self._dash}- {each}" for each in items)]
        return [f"{key}: {self._flow_value((), value)}".rstrip(" ")]

    def _flow_entry(self, path: Path, value: Value) -> str:
        part, rest = path[0], path[1:]
        if isinstance(part, Named):
            name = f"{self._key(part.key)}: {self._scalar(part.name)}"
            return f"{{{name}, {self._flow_entry(rest, value)}}}"
        return f"{self._key(str(part))}: {self._flow_value(rest, value)}"

    def _flow_value(self, path: Path, value: Value) -> str:
        if path:
            entry = self._flow_entry(path, value)
            return f"[{entry}]" if isinstance(path[0], Named) else f"{{{entry}}}"
        if isinstance(value, tuple):
            return "[" + ", ".join(spelling(each, self._quotes) for each in value) + "]"
        assert not isinstance(value, Absent)
        return spelling(value, self._quotes)

    def _key(self, key: str) -> str:
        return spelling(key, self._key_quotes)

    def _scalar(self, text: str) -> str:
        return spelling(text, self._quotes)

    @property
    def _mappings(self) -> Sequence[Node]:
        return self.node.items if self.node.kind == "sequence" else (self.node,)

    @property
    def _quotes(self) -> str:
        found = [value for each in self._mappings for _, value in each.pairs]
        if any(each.kind == "scalar" and isinstance(each.scalar, str) for each in found):
            return quotes_of(found)
        return quotes_of(value for each in nodes_of(self.root) for _, value in each.pairs) or self._key_quotes

    @property
    def _key_quotes(self) -> str:
        return quotes_of(key for each in self._mappings for key, _ in each.pairs)

    @property
    def _step(self) -> int:
        return layout.step_of(self.text, self.root)

    @property
    def _dash(self) -> int:
        return layout.dash_of(self.text, self.root)
