"""Documents in the plain style that programs print: a line for each key or item, told apart by its indentation.

Of what is written so, and of nothing else, this reads what `pruned` reads, several times as fast: all lines at once, by
one expression, without an object for each event of a parser. What it is not sure of is the parser's, and so are all
mistakes. It is never sure of what the parser reads otherwise: tests compare both.
"""

import re
from collections.abc import Collection

from ldmrelease.trees.manifests.pruned import PrunedCollection, PrunedDocument, PrunedScalar, is_null

_USUAL = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
"""Of other characters, some end lines to the parser, and some are not allowed."""
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_KEY = rb"[A-Za-z_$][A-Za-z0-9_./$-]*+"
_DOUBLE = rb'"[\x20\x21\x23-\x5b\x5d-\x7e]*+"'
_SINGLE = rb"'[\x20-\x26\x28-\x7e]*+'(?!')"
_PLAIN = (
    rb"(?:[A-Za-z0-9_./$+(<~=^;)]|-(?=[\x21-\x7e]))"
    rb"(?:[\x21\x22\x24-\x39\x3b-\x7e]|:(?=[\x21-\x7e])|\ ++(?=[^\#\r\n])|(?<=[\x21-\x7e])\#)*+"
)
_SCALAR = rb"|".join((_DOUBLE, _SINGLE, _PLAIN))
_WORDS = rb"[A-Za-z0-9_./=+@()-]++|[ ,:]|" + _DOUBLE + rb"|" + _SINGLE
_INNER = rb"[\[{](?:" + _WORDS + rb")*+[\]}]"
_FLOW = rb"[\[{](?:" + _WORDS + rb"|" + _INNER + rb")*+[\]}]"
_HEADER = rb"[|>][-+]?+"
_VALUE = rb"(" + _SCALAR + rb")|(" + _FLOW + rb")|(" + _HEADER + rb")"
_REST = rb"\ *+(?:(?<![\x21-\x7e])\#[\t\x20-\x7e]*+)?+\r?+\n"
_LINE = re.compile(
    rb"^(\ *+)(?:"
    rb"(-\ ++)?+(" + _KEY + rb"):(?=[ \r\n])(?:\ ++(?:" + _VALUE + rb"))?+"
    rb"|-\ ++(?:" + _VALUE + rb"))?+" + _REST,
    re.MULTILINE,
)
_MARKER = re.compile(rb"---" + _REST)
_BLANK = rb"\ *+\r?+\n"
_BLOCK = re.compile(
    rb"^(?P<key>\ *+)" + _KEY + rb":\ ++" + _HEADER + _REST + rb"(?:(?P=key)\ [^\n]*+\n|" + _BLANK + rb")*+"
    rb"|^(?P<item>\ *+)-\ ++" + _HEADER + _REST + rb"(?:(?P=item)\ [^\n]*+\n|" + _BLANK + rb")*+"
    rb"|^(?P<both>\ *+)-\ "
    + _KEY
    + rb":\ ++"
    + _HEADER
    + _REST
    + rb"(?:(?P=both)\ {3}[^\n]*+\n|"
    + _BLANK
    + rb")*+",
    re.MULTILINE,
)
_FLOW_KEYS = re.compile(rb"""[{,]\ *+(?:"([^"]*+)"|'([^']*+)'|([^:,}"']*+))""")
_BLANK_IN_FRONT = re.compile(rb"\ ++\r?+\n")
"""A block that begins so has its indentation from elsewhere."""
_INNER_FLOW = re.compile(_INNER)


class PlainBlocks:
    """Reads documents; the arguments are those of `read_pruned`."""

    def __init__(self, leaves: Collection[str], names: Collection[str]) -> None:
        self._leaves = frozenset(each.encode() for each in leaves)
        self._kept = self._leaves.union(each.encode() for each in names)
        self._in_flow = re.compile(b"|".join(re.escape(each) for each in sorted(self._leaves)))

    def read(self, data: bytes, line: int) -> PrunedDocument | None:  # noqa: PLR0912, PLR0915 - see `pruned`
        """The document of a text in UTF-8 whose first line is number `line`; None where the parser has to read it."""
        lines = _lines(data)
        if lines is None:
            return None
        number = line - 1 if data[:3] != b"---" else line
        kept_keys, leaves, is_plain = self._kept, self._leaves, self._is_plain
        # Of the collection that is read now: its column, whether it is a sequence, the key of its last entry or the
        # index, whether that has no value yet, its keys, what is kept of it, and whether it leads to an image.
        column, is_sequence, is_open = -1, True, True
        at: bytes | int = 0
        keys, kept, leads = set[bytes](), PrunedCollection(), False
        stack: list[tuple[int, bool, bytes | int, set[bytes], PrunedCollection, bool]] = []
        size = 0
        for indent, dash, key, scalar, flow, header, item, item_flow, item_header in lines:
            number += 1
            if scalar and not is_sequence and not dash and len(indent) == column and key not in kept_keys:
                # Most lines are such.
                if key in keys:
                    return None
                keys.add(key)
                is_open = False
                continue
            if not key and not item and not item_flow and not item_header:
                continue
            here = len(indent)
            is_key = bool(key) and not dash
            while column > here or (column == here and is_sequence and is_key):
                ended, ended_leads = kept, leads
                column, is_sequence, at, keys, kept, leads = stack.pop()
                is_open = False
                if ended and (ended_leads or at == b"metadata"):
                    kept[at.decode() if isinstance(at, bytes) else at] = ended
                    leads = leads or ended_leads
                elif at == b"image":
                    return None
            if column != here or (not is_key and not is_sequence):
                if not is_open:
                    return None
                stack.append((column, is_sequence, at, keys, kept, leads))
                size += 1
                column, is_sequence, at = here, not is_key, -1
                keys, kept, leads = set(), {}, False
            if not is_key:
                at += 1  # type: ignore[operator]
                is_open = False
                if not key:
                    if stack[-1][2] in kept_keys or (item_flow and not is_plain(item_flow)):
                        return None
                    continue
                stack.append((column, is_sequence, at, keys, kept, leads))
                size += 1
                column, is_sequence = here + len(dash), False
                keys, kept, leads = set(), {}, False
            if key in keys:
                return None
            keys.add(key)
            at = key
            is_open = not scalar and not flow and not header
            if key in kept_keys:
                if scalar:
                    quoted = scalar[0] in b"\"'"
                    text = (scalar[1:-1] if quoted else scalar).decode()
                    says_nothing = is_null(text, plain=not quoted)
                    kept[key.decode()] = PrunedScalar(text, number, True, says_nothing)
                    leads = leads or (key in leaves and not says_nothing)
                elif not is_open:
                    return None
            elif flow and (key == b"metadata" or not is_plain(flow)):
                return None
        while stack:
            ended, ended_leads = kept, leads
            column, is_sequence, at, keys, kept, leads = stack.pop()
            if ended and (ended_leads or at == b"metadata"):
                kept[at.decode() if isinstance(at, bytes) else at] = ended
                leads = leads or ended_leads
            elif at == b"image":
                return None
        return PrunedDocument(kept.get(0), line, size)

    def _is_plain(self, flow: bytes) -> bool:
        """Whether nothing of a value in brackets is kept, and no key of it stands twice."""
        if self._in_flow.search(flow):
            return False
        if b"," not in flow or b"{" not in flow:
            return True
        inner = _INNER_FLOW.findall(flow, 1)
        if inner and flow[0] == ord(b"{"):
            return False
        for each in inner or (flow,):
            keys = [b"".join(key).strip() for key in _FLOW_KEYS.findall(each)] if each[0] == ord(b"{") else ()
            if len(set(keys)) != len(keys):
                return False
        return True


def _lines(data: bytes) -> list[tuple[bytes, ...]] | None:
    """What stands on each line after the document's marker; None where one is not plain. A block of text is as many
    empty lines: nothing in it is a key."""
    if data.translate(None, _USUAL) or (b"\r" in data and _LONE_RETURN.search(data)):
        return None
    marker = _MARKER.match(data)
    text = data[marker.end() :] if marker is not None else data
    if not text.endswith(b"\n"):
        text += b"\n"
    if b"|" in text or b">" in text:
        text = _BLOCK.sub(_without_content, text)
    lines = _LINE.findall(text)
    return lines if len(lines) == text.count(b"\n") else None


def _without_content(block: re.Match[bytes]) -> bytes:
    """The first line of a block, and an empty line for each other; no line at all where the parser refuses it."""
    first, _, content = block[0].partition(b"\n")
    columns = [len(each) - len(each.lstrip(b" ")) for each in content.split(b"\n") if each.strip(b" \r")]
    if (columns and min(columns) < columns[0]) or _BLANK_IN_FRONT.match(content):
        return b"\0\n"
    return first + b"\n" * (content.count(b"\n") + 1)
