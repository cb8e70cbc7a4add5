"""What follows from changed lines is what the whole file says: for any change, or the file is read."""

from __future__ import annotations

import difflib
import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldmrelease.domain.setting_changes import SettingChange, UnreadableChange
from ldmrelease.histories.line_edits import LineEdits, ReplacedValue, edited, line_edits
from ldmrelease.histories.values_settings import SettingsReader, ValuesSetting, has_other_breaks
from ldmrelease.targets.git.mainline import Hunk
from ldmrelease.trees.values import UnreadableFile
from tests.examples import examples
from tests.unit.histories.git_histories import History

_POOL = [
    "image:", "frontend:", "  image:", "    tag: 1.2", "  tag: '2'", '  tag: "3"', "tag: 4", "    revision: 5",
    "# why", "", "replicas: 2", "  replicas: 3", "    host: a.b", "  pin:", "    - w_1", "    - w_2", "- name: x",
    "  name: y", "list:", "  - name: one", "    tag: 7", "  - name: two", "    tag: 8", "anchor: &a", "  tag: 9",
    "other: *a", "merged:", "  <<: *a", "text: |", "  tag: 10", "  # no comment", '  {"tag": "11"}', "broken: [",
    "  : x", "a: b: c", "\ttag: 12", 'quoted: "open', '  tag: 13"', "recommendedTag: w_2024", "key: {tag: 14}", "---",
    "tag: null", "tag: false", "tag: 1.20", 'tag: "a: b"', "other.key:", "?", "%x", "last: 'it''s'", "x: \u2028tag: 1",
    "image: r/a:1 # one", "    more", "  more",
]  # fmt: skip


def whole(text: str) -> dict[str, ValuesSetting] | None:
    """What a file says to somebody who has read no other."""
    try:
        return SettingsReader().values(text.encode(), "f")
    except UnreadableFile:
        return None


def hunks(before: list[str], after: list[str]) -> list[Hunk]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [
        Hunk(
            first + 1 if last > first else first,
            tuple(each.encode() for each in before[first:last]),
            tuple(each.encode() for each in after[begin:end]),
        )
        for what, first, last, begin, end in matcher.get_opcodes()
        if what != "equal"
    ]


_TEXTS = st.lists(st.sampled_from(_POOL), max_size=12)
_CHANGES = st.lists(
    st.tuples(st.sampled_from("ird"), st.integers(0, 11), st.sampled_from(_POOL)), min_size=1, max_size=3
)


@settings(max_examples=examples(3000), deadline=None)
@given(before=_TEXTS, changes=_CHANGES)
def test_changed_lines_say_what_the_file_does(before: list[str], changes: list[tuple[str, int, str]]) -> None:
    known = whole("\n".join([*before, ""]))
    if known is None or has_other_breaks("\n".join(before).encode()):
        return
    after = list(before)
    for what, at, line in changes:
        if what == "i":
            after.insert(at, line)
        elif at < len(after):
            after[at : at + 1] = [line] if what == "r" else []
    edits = line_edits(hunks(before, after))
    found = None if edits is None else edited(known, edits)
    if found is not None:
        assert whole("\n".join([*after, ""])) == found


# A block that is read by itself says what it does in its file; a reader that knows blocks reads as one that does not.
@settings(max_examples=examples(2000), deadline=None)
@given(texts=st.lists(_TEXTS, min_size=1, max_size=4))
def test_what_was_read_before_changes_nothing(texts: list[list[str]]) -> None:
    reader = SettingsReader()
    for text in texts:
        data = "\n".join([*text, ""])
        try:
            found: dict[str, ValuesSetting] | None = reader.values(data.encode(), "f")
        except UnreadableFile:
            found = None
        assert found == whole(data)
        assert found == at_once(data)


def at_once(text: str) -> dict[str, ValuesSetting] | None:
    """What the parser reads of the file as a whole."""
    from ldmrelease.histories import values_settings  # noqa: PLC0415 - its private part

    try:
        return {
            key: ValuesSetting(value, line) for key, value, line in values_settings._read(text.encode(), "f")
        }
    except UnreadableFile:
        return None


def test_a_value_is_replaced_in_its_line() -> None:
    edits = line_edits([Hunk(1, (), (b"# one", b"# two")), Hunk(3, (b"  tag: 'a' # x",), (b'  tag: "b"',))])
    assert edits == LineEdits((ReplacedValue(3, "tag", "a", "b"),), ((1, 2),))
    before = {"image.tag": ValuesSetting("a", 3), "tag": ValuesSetting("c", 1)}
    assert edited(before, edits) == {"image.tag": ValuesSetting("b", 5), "tag": ValuesSetting("c", 1)}


@pytest.mark.parametrize(
    "hunk",
    [
        Hunk(1, (b"a:",), (b"b:",)),
        Hunk(1, (), (b"tag: 5",)),
        Hunk(1, (b"tag: 5",), ()),
        Hunk(1, (b"tag: 5",), (b"  tag: 6",)),
        Hunk(1, (b"tag: 5",), (b"tag: &x 6",)),
        Hunk(1, (b"tag: 5",), (b"tag: null",)),
        Hunk(1, (b"name: a",), ()),
        Hunk(1, (), (b"  - x",)),
        Hunk(1, (), (b"a: b: c",)),
    ],
    ids=str,
)
def test_what_is_not_sure_is_read(hunk: Hunk) -> None:
    assert line_edits([hunk]) is None


def test_a_long_history_says_what_each_of_its_files_does(tmp_path: Path) -> None:
    chance = random.Random(7)
    history = History(tmp_path / "tree")
    path = "applications/portal/values-prod.yaml"
    lines = [
        "image:",
        "  tag: '1'",
        "replicas: 2",
        "frontend:",
        "  image:",
        '    tag: "2"',
        "    pullPolicy: Always",
        "",
    ]
    versions: list[str] = []
    stream = b""
    for number in range(400):
        at = chance.randrange(len(lines))
        what = chance.random()
        if what < 0.6:
            lines = [
                f'{each.partition("tag: ")[0]}tag: "{number}"'
                if "tag: " in each and chance.random() < 0.5
                else each
                for each in lines
            ]
        elif what < 0.8:
            lines = [
                *lines[:at],
                chance.choice(["# c", "host: x", "  host: y", "", "    host: z"]),
                *lines[at:],
            ]
        elif what < 0.9 and len(lines) > 6:
            lines = [*lines[:at], *lines[at + 1 :]]
        else:
            lines = (
                [*lines[:at], chance.choice(_POOL), *lines[at:]]
                if number % 3
                else ["image:", "  tag: '0'", "a: b"]
            )
        text = "\n".join(lines)
        versions.append(text)
        data = text.encode()
        head = f"commit refs/heads/main\ncommitter A <a> {1_700_000_000 + 60 * number} +0000\ndata 0\n"
        stream += f"{head}M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
    subprocess.run(["git", "fast-import", "--quiet"], cwd=history.folder, input=stream, check=True)
    history.git("symbolic-ref", "HEAD", "refs/heads/main")
    said: dict[str, str | None] = {}
    entries = history.read()
    commits = history.git("log", "--reverse", "--format=%H").split()
    unreadable = {each.commit for each in entries if isinstance(each, UnreadableChange)}
    expected: dict[str, str] = {}
    before = ""
    for commit, text in zip(commits, versions, strict=True):
        for each in entries:
            if isinstance(each, SettingChange) and each.commit == commit:
                said[each.key] = each.tag
        now = whole(text)
        if now is not None:
            expected = {key: each.value for key, each in now.items()}
        elif text != before:
            assert commit in unreadable, text
        before = text
        assert {key: tag for key, tag in said.items() if tag is not None} == expected, text
