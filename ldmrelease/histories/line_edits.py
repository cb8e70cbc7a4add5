"""What a file says after lines of it were changed, without reading it again: where that is sure.

Sure are comments, and lines `key: value` with another value: nothing else of the file depends on it. All other changes
are read, since they may break a file.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from ldmrelease.histories.values_settings import LONGEST_VALUE, ValuesSetting, has_other_breaks
from ldmrelease.targets.git.mainline import Hunk
from ldmrelease.trees.values import YamlScalar

_COMMENT = re.compile(rb"[ ]*(?:#[^\r]*)?")
_LINE = re.compile(
    rb"""([ ]*)([A-Za-z_][A-Za-z0-9_-]*):[ ]+
    (?:"([^"\\\r]*)"|'([^'\r]*)'|([A-Za-z0-9_./][A-Za-z0-9_./+@-]*(?::[A-Za-z0-9_./+@-]+)*))
    [ ]*(?:[ ]\#[^\r]*)?""",
    re.VERBOSE,
)
_MATTERS = re.compile(r"tag|image|revision|digest|pin|alias|name|version|json", re.IGNORECASE)
"""What stands in the keys of settings, and of what names the items of lists that they are in."""


class ReplacedValue(Struct, frozen=True):
    """A line whose value was replaced; both values as templates print them."""

    line: int
    key: str
    before: str
    after: str


class LineEdits(Struct, frozen=True):
    """What was changed of a file: settings that may have another value, and by how much lines were shifted, each from
    behind a line on."""

    replacements: tuple[ReplacedValue, ...]
    shifts: tuple[tuple[int, int], ...]


def line_edits(hunks: Sequence[Hunk]) -> LineEdits | None:
    """What changed lines change; None where the file has to be read."""
    replacements: list[ReplacedValue] = []
    shifts: list[tuple[int, int]] = []
    for start, removed, added in hunks:
        if any(map(has_other_breaks, added)):
            return None
        if all(map(_COMMENT.fullmatch, (*removed, *added))):
            shifts.append((start + max(len(removed), 1) - 1, len(added) - len(removed)))
            continue
        if len(removed) != len(added):
            return None
        for index, (old, new) in enumerate(zip(removed, added, strict=True)):
            if _COMMENT.fullmatch(old) and _COMMENT.fullmatch(new):
                continue
            found = _replacement(start + index, old, new)
            if found is None:
                return None
            replacements.append(found)
    return LineEdits(tuple(replacements), tuple(shifts))


def edited(settings: Mapping[str, ValuesSetting], edits: LineEdits) -> dict[str, ValuesSetting] | None:
    """The settings of a file, whose lines git and the parser count alike, after the edits; None where it has to be
    read."""
    if any("#json." in key or " " in each.value or "\n" in each.value for key, each in settings.items()):
        # Any line may be one of the text that is JSON, or of a value of several lines.
        return None
    values: dict[int, ReplacedValue] = {each.line: each for each in edits.replacements}
    used = set[int]()
    found: dict[str, ValuesSetting] = {}
    for key, setting in settings.items():
        value, line = setting.value, setting.line
        change = values.get(line)
        if change is not None:
            if change.before != value or not (key == change.key or key.endswith(f".{change.key}")):
                return None
            value = change.after
            used.add(line)
        found[key] = ValuesSetting(value, line + _shift(line, edits.shifts))
    is_sure = all(each.line in used or not _MATTERS.search(each.key) for each in edits.replacements)
    return found if is_sure else None


def _shift(line: int, shifts: Iterable[tuple[int, int]]) -> int:
    return sum(by for behind, by in shifts if line > behind)


def _replacement(number: int, old: bytes, new: bytes) -> ReplacedValue | None:
    """Another value of one key, at the same column."""
    before, after = _LINE.fullmatch(old), _LINE.fullmatch(new)
    if before is None or after is None or before.group(1, 2) != after.group(1, 2):
        return None
    if not _MATTERS.search(before[2].decode()) and bool(before[5]) != bool(after[5]):
        # It may go on in the next line.
        return None
    first, second = _value(before), _value(after)
    if first is None or second is None:
        return None
    return ReplacedValue(number, before[2].decode(), first, second)


def _value(match: re.Match[bytes]) -> str | None:
    """What a template prints of the value; None where it is none, or not text."""
    double, single, plain = match.group(3, 4, 5)
    quoted = next((each for each in (double, single) if each is not None), None)
    try:
        text = (plain if quoted is None else quoted).decode()
    except UnicodeDecodeError:
        return None
    scalar = YamlScalar(text, quoted is not None, "", 0, ())
    printed = scalar.printed()
    return printed if printed and not scalar.is_false and len(printed) <= LONGEST_VALUE else None
