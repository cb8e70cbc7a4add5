"""Values files are edited by splicing: the setting changes, and not one character besides."""

import codecs
import copy

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.value_paths import Named, parse_path
from ldmrelease.targets.results import Refusal, Unquoted, Value
from ldmrelease.targets.yamledit import edit_settings as module
from ldmrelease.targets.yamledit.edit_settings import edit_settings, read_settings

FILE = "values-summit.yaml"


def loaded(text: str) -> object:
    return yaml.load(text, Loader=yaml.CSafeLoader)


def edited(text: str, path: str, value: Value) -> str:
    result = edit_settings(text.encode(), {path: value}, FILE)
    assert isinstance(result, bytes), result
    return result.decode()


def refused(text: str, path: str, value: Value = "w_2023_16") -> Refusal:
    result = edit_settings(text.encode(), {path: value}, FILE)
    assert isinstance(result, Refusal), result
    return result


def value_at(text: str, path: str) -> Value:
    settings = read_settings(text.encode(), [path], FILE)
    assert isinstance(settings, dict), settings
    return settings[path].value


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("image.tag", ("image", "tag")),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ('a."b.c"', ("a", "b.c")),
        ('"x[0]".y', ("x[0]", "y")),
        ('"a\\"b"', ('a"b',)),
        (
            "lab.initContainers[inithome].image.tag",
            ("lab", "initContainers", Named("inithome"), "image", "tag"),
        ),
        ("autostart.jupyter#json.tag", ("autostart", "jupyter#json", "tag")),
        ("[0][1]", (0, 1)),
    ],
)
def test_paths_name_keys_items_and_keys_with_dots(path: str, parts: tuple[object, ...]) -> None:
    assert parse_path(path) == parts


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a[", "a[]", "a.[0]", 'a"b"', 'a."b', "a[0]b"])
def test_what_is_no_path_is_said(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        parse_path(path)


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("tag: w_2023_15   # keep\n", "w_2023_16", "tag: w_2023_16   # keep\n"),
        ("tag:   'a'  \n", "it's", "tag:   'it''s'  \n"),
        ('tag: "a"\n', "b", 'tag: "b"\n'),
        ('tag: "a"\n', 'b\\"', 'tag: "b\\\\\\""\n'),
        ("{tag: a, x: [1, 2]}\n", "b", "{tag: b, x: [1, 2]}\n"),
        ("tag:\n", "b", "tag: b\n"),
        ("tag: # none yet\n", "b", "tag: b # none yet\n"),
        ("tag: null\n", "b", "tag: b\n"),
        ("tag:\n  b # on its own line\n", "c", "tag:\n  c # on its own line\n"),
        ("? tag\n: b\n", "c", "? tag\n: c\n"),
        ("\ufefftag: a\r\nx: 1\r\n", "b", "\ufefftag: b\r\nx: 1\r\n"),
        ("tag: a", "b", "tag: b"),
        ("---\ntag: a\n...\n", "b", "---\ntag: b\n...\n"),
        ("x: é€𝄞 # ü\ntag: a\n", "b", "x: é€𝄞 # ü\ntag: b\n"),
        ("tag: a\n", "sha256:" + "0" * 64, "tag: sha256:" + "0" * 64 + "\n"),
        ("tag: a\n", "x # y", 'tag: "x # y"\n'),
        ("tag: a\n", "x: y", 'tag: "x: y"\n'),
        ("tag: 'a'\n", "x\ty\nz", 'tag: "x\\U00000009y\\U0000000az"\n'),
        ("tag: '1'\n", Unquoted("0"), "tag: 0\n"),
    ],
)
def test_only_the_scalar_changes(before: str, value: Value, after: str) -> None:
    assert edited(before, "tag", value) == after


@pytest.mark.parametrize(
    "tag",
    ["24.10", "1e3", "null", "on", "off", "y", "N", "yes", "0123", "0899", "0o17", "0x1f", "1_000", "~",
     "True", "12:30:45", "2023-04-20", ".5", "-1", ".inf", "", "<<", "=", "24", "+7", "1.", "190e10"],
)  # fmt: skip
def test_what_some_reader_takes_for_no_text_gets_quotes(tag: str) -> None:
    text = edited("tag: w_2023_15\n", "tag", tag)
    assert text == f'tag: "{tag}"\n'
    assert loaded(text) == {"tag": tag}


@pytest.mark.parametrize(
    "tag", ["w_2023_16", "24.0.0", "v24_0_0", "r24_0_0_rc1", "d_2023_04_22_c0030.007", "c0036"]
)
def test_ordinary_tags_stay_plain(tag: str) -> None:
    assert edited("tag: x\n", "tag", tag) == f"tag: {tag}\n"


def test_a_plain_number_is_not_taken_for_text_and_is_put_back_as_it_was() -> None:
    text = "image: {tag: 24.10}\n"
    assert value_at(text, "image.tag") == Unquoted("24.10")
    ours = edited(text, "image.tag", "24.10")
    assert ours == 'image: {tag: "24.10"}\n'
    assert edited(ours, "image.tag", Unquoted("24.10")) == text


def test_an_item_is_found_by_its_name() -> None:
    text = "init:\n  - name: a\n    tag: 'x'\n  - tag: 'y'\n    name: b\n"
    assert value_at(text, "init[b].tag") == "y"
    assert edited(text, "init[b].tag", "z") == text.replace("'y'", "'z'")
    assert refused(text, "init[c].tag").code == "absent"
    assert refused(text.replace("name: a", "name: b"), "init[b].tag").code == "duplicate-key"


@pytest.mark.parametrize(
    ("text", "path", "code", "line"),
    [
        ("a: 1\nimage: {}\n", "image.tag", "absent", 2),
        ("a: [x]\n", "a[1]", "absent", 1),
        ("image:\n  tag: a\n  tag: b\n", "image.tag", "duplicate-key", 3),
        ("image: {x: 1}\nimage: {tag: b}\n", "image.tag", "duplicate-key", 2),
        ("a: &x v\ntag: *x\n", "tag", "alias", 2),
        ("tag: &x v\nb: *x\n", "tag", "anchor", 1),
        ("i: &x\n  tag: v\nj: *x\n", "i.tag", "anchor", 1),
        ("i: &x {tag: v}\nj: *x\n", "j.tag", "alias", 2),
        ("i: &x {tag: v}\nj:\n  <<: *x\n  a: b\n", "j.tag", "merge-key", 3),
        ("tag: |\n  v\n", "tag", "multi-line", 1),
        ("tag: >-\n  v\n", "tag", "multi-line", 1),
        ("tag: a\n  b\n", "tag", "multi-line", 1),
        ('tag: "a\n  b"\n', "tag", "multi-line", 1),
        ('x: 1\ntag: "{{ .Values.tag }}"\n', "tag", "templated", 2),
        ("tag: !!str 24\n", "tag", "tagged", 1),
        ("tag: {a: b}\n", "tag", "not-a-scalar", 1),
        ("tag: [a]\n", "tag", "not-a-scalar", 1),
        ("image: v\n", "image.tag", "not-a-mapping", 1),
        ("image: {a: b}\n", "image[0]", "not-a-list", 1),
        ("tag: a\n---\ntag: b\n", "tag", "several-documents", None),
        ("", "tag", "empty-file", None),
        ("a: b\ntag: {{ x }}: y\n", "tag", "not-yaml", None),
        ("a: b\n\ttag: c\n", "tag", "not-yaml", 2),
    ],
)
def test_what_cannot_be_edited_safely_is_refused_with_its_place(
    text: str, path: str, code: str, line: int | None
) -> None:
    refusal = refused(text, path)
    assert refusal.code == code
    assert refusal.values["file"] == FILE
    if line is not None:
        assert refusal.values["line"] == line
        assert code == "not-yaml" or refusal.values["path"] == path


def test_a_key_of_its_own_beats_the_merged_one() -> None:
    text = "i: &x {tag: v}\nj:\n  <<: *x\n  tag: w\n"
    assert edited(text, "j.tag", "z") == text.replace("w", "z")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("i: &x {tag: v}\nj:\n  tag: w\n  <<: *x\n", "merge-key"),
        ("j: {tag: w}\n<<: {j: {tag: v}}\n", "merge-key"),
        ("k: &k j\nj: {tag: w}\n*k : {tag: v}\n", "duplicate-key"),
    ],
)
def test_what_helm_takes_from_behind_a_key_is_refused(text: str, code: str) -> None:
    """Go's parser takes the last of what a merge key and a key of its own say, whatever the specification says."""
    assert refused(text, "j.tag").code == code


def test_bytes_that_are_no_utf_8_are_refused_with_their_line() -> None:
    refusal = edit_settings(b"a: 1\ntag: \xff\n", {"tag": "x"}, FILE)
    assert refusal == Refusal("not-utf-8", {"file": FILE, "line": 2})


def test_all_settings_that_cannot_be_read_are_told_in_one_go() -> None:
    refusal = read_settings(b"a: |\n  x\n", ["a", "b"], FILE)
    assert isinstance(refusal, Refusal)
    assert [each.code for each in refusal.each] == ["multi-line", "absent"]


def test_several_settings_change_together() -> None:
    result = edit_settings(b"a: 1 # x\nb: {c: 2}\nd: 3\n", {"a": "v1", "b.c": "v2"}, FILE)
    assert result == b"a: v1 # x\nb: {c: v2}\nd: 3\n"


@pytest.mark.parametrize(("start", "end"), [(0, 1), (0, 4), (3, 3), (-5, -4)])
def test_a_splice_that_hits_the_wrong_place_is_noticed(
    monkeypatch: pytest.MonkeyPatch, start: int, end: int
) -> None:
    right = module._scalar_splice

    def shifted(text: str, node: module.Node, value: module.Scalar) -> module.Splice:
        splice = right(text, node, value)
        return module.Splice(splice.start + start, splice.end + end, splice.text)

    monkeypatch.setattr(module, "_scalar_splice", shifted)
    assert refused("{tag: a, b: c}\n", "tag").code == "unsafe"


LIST = """\
images:
  # newest first
  pin:
    # for the course
    - "w_2023_10"  # until May
    - "w_2023_09"
  cycle: null
"""


@pytest.mark.parametrize(
    ("before", "items", "after"),
    [
        ("pin: []\n", ("a",), "pin: [a]\n"),
        ("pin: []  # none\n", ("a", "1.0"), 'pin: [a, "1.0"]  # none\n'),
        ("pin: [a, 'b' ]\n", ("a", "b", "c"), "pin: [a, 'b', c ]\n"),
        ("pin: [a, b]\n", ("b",), "pin: [b]\n"),
        ("pin: [ a, b ]\n", (), "pin: [  ]\n"),
        ("pin:\n- a\n- b\nx: 1\n", ("n", "a", "b"), 'pin:\n- "n"\n- a\n- b\nx: 1\n'),
        ("pin:\n- a\n- b\nx: 1\n", ("a", "c", "b"), "pin:\n- a\n- c\n- b\nx: 1\n"),
        ("pin:\n  -  a\n  -  b", ("a", "b", "c"), "pin:\n  -  a\n  -  b\n  -  c"),
        ("pin:\r\n  - a\r\n", ("a", "c"), "pin:\r\n  - a\r\n  - c\r\n"),
        ("pin:\n  - a\n  - b\nx: 1\n", (), "pin: []\nx: 1\n"),
        ("pin:\n", ("a",), "pin: [a]\n"),
        ("pin: null # none\n", ("a",), "pin: [a] # none\n"),
    ],
)
def test_items_come_and_go_line_by_line(
    before: str, items: tuple[str, ...] | None, after: str | None
) -> None:
    if items is None:
        assert refused(before, "pin", ("a",)).code in {"not-yaml", "not-a-mapping"}
    else:
        assert edited(before, "pin", items) == after


def test_comments_stay_with_the_item_they_are_about() -> None:
    added = edited(LIST, "images.pin", ("w_2023_16", "w_2023_10", "w_2023_09"))
    assert added == LIST.replace("    # for", '    - "w_2023_16"\n    # for')
    assert edited(added, "images.pin", ("w_2023_10", "w_2023_09")) == LIST
    fewer = edited(LIST, "images.pin", ("w_2023_10",))
    assert fewer == LIST.replace('    - "w_2023_09"\n', "")


@pytest.mark.parametrize(
    "text",
    ["pin: [a, # why\n  b]\n", "pin:\n  - - a\n", "x:\n  - - a\n", "pin:\n  -\n    a\n  - b\n"],
)
def test_lists_in_another_layout_are_refused(text: str) -> None:
    path = "x[0]" if text.startswith("x") else "pin"
    assert refused(text, path, ()).code in {"layout", "not-a-scalar"}


# Laws, on documents that people might have written.

Document = tuple[list[str], list[tuple[int, str]]]
KEYS = st.sampled_from(["image", "tag", "a.b", "x y", "lab", "é", "config", "0"])
TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=12)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}", fullmatch=True)
COMMENTS = st.sampled_from(["", " # why: {not} [yaml] 'at all", "   ", "\t# tab", " #"])
BETWEEN = st.lists(st.sampled_from(["# a comment: x", "", "   # indented", "  "]), max_size=2)


@st.composite
def scalars(draw: st.DrawFn) -> str:
    style = draw(st.sampled_from(["plain", "single", "double"]))
    if style == "plain":
        return draw(st.sampled_from(["w_2023_15", "24.10", "null", "a b", "x:y", "1", "", "x/#y", "é"]))
    text = draw(TEXTS)
    if style == "single":
        return "'" + text.replace("'", "''") + "'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Lines of a document, and the (line, path) of every scalar in it."""
    lines: list[str] = []
    paths: list[tuple[int, str]] = []

    def line_end() -> str:
        scalar, comment = draw(scalars()), draw(COMMENTS)
        # libyaml takes no tab behind a dash or colon.
        return scalar + (comment if scalar else comment.replace("\t", " "))

    def mapping(indent: int, prefix: str, depth: int) -> None:
        for key in draw(st.lists(KEYS, min_size=1, max_size=3, unique=True)):
            lines.extend(draw(BETWEEN))
            path = f'{prefix}"{key}"'
            start = f'{" " * indent}"{key}":{draw(st.sampled_from([" ", "   "]))}'
            kind = draw(
                st.sampled_from(["scalar", "scalar", "mapping", "list", "flow"] if depth else ["scalar"])
            )
            if kind == "scalar":
                paths.append((len(lines), path))
                lines.append(start + line_end())
            elif kind == "flow":
                paths.append((len(lines), path + ".t"))
                lines.append(f"{start}{{t: w_1, u: [1, 'x']}}{draw(COMMENTS)}")
            elif kind == "mapping":
                lines.append(start + draw(COMMENTS).replace("\t", " "))
                mapping(indent + 2, path + ".", depth - 1)
            else:
                lines.append(start + draw(COMMENTS).replace("\t", " "))
                for index in range(draw(st.integers(1, 3))):
                    lines.extend(draw(BETWEEN))
                    paths.append((len(lines), f"{path}[{index}]"))
                    lines.append(f"{' ' * indent}- {line_end()}")

    mapping(0, "", 3)
    return lines, paths


def put_at(document: object, path: str, value: str) -> object:
    result = copy.deepcopy(document)
    inner = result
    *parts, last = parse_path(path)
    for part in parts:
        inner = inner[part]  # type: ignore[index]
    inner[last] = value  # type: ignore[index]
    return result


@given(documents(), TAGS | TEXTS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.data())
def test_every_other_line_stays_byte_for_byte(
    document: Document,
    value: str,
    newline: str,
    bom: bool,
    data: st.DataObject,
) -> None:
    lines, paths = document
    text = ("\ufeff" if bom else "") + newline.join([*lines, ""])
    at, path = data.draw(st.sampled_from(paths))
    after = edited(text, path, value)
    new_lines = after.split(newline)
    assert [line for number, line in enumerate(new_lines) if number != at] == [
        line for number, line in enumerate(text.split(newline)) if number != at
    ]
    assert loaded(after) == put_at(loaded(text), path, value)
    assert value_at(after, path) == value


@given(documents(), TAGS, st.data())
def test_what_was_there_can_be_put_back(document: Document, value: str, data: st.DataObject) -> None:
    lines, paths = document
    text = "\n".join([*lines, ""])
    path = data.draw(st.sampled_from(paths))[1]
    back = edited(edited(text, path, value), path, value_at(text, path))
    assert loaded(back) == loaded(text)
    assert value_at(back, path) == value_at(text, path)


@given(
    st.lists(st.tuples(TAGS, COMMENTS, BETWEEN), min_size=1, max_size=5, unique_by=lambda each: each[0]),
    st.lists(TAGS, max_size=3, unique=True),
    st.data(),
)
def test_lists_keep_every_line_of_the_items_that_stay(
    items: list[tuple[str, str, list[str]]], new: list[str], data: st.DataObject
) -> None:
    kept = [each for each in items if data.draw(st.booleans())]
    wanted = [tag for tag, _, _ in kept]
    for tag in new:
        if tag not in wanted:
            wanted.insert(data.draw(st.integers(0, len(wanted))), tag)
    lines = [line for tag, comment, above in items for line in (*above, f"  - '{tag}'{comment}")]
    text = "\n".join(["a: 1", "pin:", *lines, "z: 'x'  # end", ""])
    after = edited(text, "pin", tuple(wanted))
    assert loaded(after) == {"a": 1, "pin": wanted, "z": "x"}
    remaining = after.split("\n")
    for tag, comment, _ in kept:
        assert f"  - '{tag}'{comment}" in remaining
    assert remaining[-2] == "z: 'x'  # end"


def test_a_second_byte_order_mark_is_refused() -> None:
    text = codecs.BOM_UTF8 + b"a: b\n"
    assert edit_settings(text, {"a": "c"}, FILE) == codecs.BOM_UTF8 + b"a: c\n"
    twice = codecs.BOM_UTF8 + text
    for found in (read_settings(twice, ["a"], FILE), edit_settings(twice, {"a": "c"}, FILE)):
        assert isinstance(found, Refusal)
        assert (found.code, found.values["line"]) == ("not-yaml", 1)
