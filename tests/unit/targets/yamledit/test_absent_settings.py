"""A setting that is absent is added where its neighbours are, in their style, and taken away again to the byte."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ldmrelease.targets import registry
from ldmrelease.targets.results import ABSENT, Absent, Refusal, Unquoted, Value
from ldmrelease.targets.yamledit.edit_settings import FoundSetting, edit_settings, read_settings

FILE = "values-summit.yaml"
MANIFESTS = "kind: A\nmetadata: {name: x}\n---\nkind: B\nmetadata: {name: x}\nspec:\n  a: 1\n"


def read(text: str, path: str) -> FoundSetting:
    found = read_settings(text.encode(), [path], FILE, [path])
    assert isinstance(found, dict), found
    return found[path]


def edited(text: str, path: str, value: Value) -> str:
    result = edit_settings(text.encode(), {path: value}, FILE, [path])
    assert isinstance(result, bytes), result
    return result.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "image:\n  tag: v1\n"),
        ("# only this\n", "# only this\nimage:\n  tag: v1\n"),
        ("# no line end", "# no line end\nimage:\n  tag: v1"),
        ("---\n# c\n", "---\n# c\nimage:\n  tag: v1\n"),
        ("---\na: 1\n...\n", "---\na: 1\nimage:\n  tag: v1\n...\n"),
        ("b: 1", "b: 1\nimage:\n  tag: v1"),
        ("{}\n", "{image: {tag: v1}}\n"),
        ("image:\nb: 1\n", "image:\n  tag: v1\nb: 1\n"),
        ("image:  ~ # c\nb: 1\n", "image: # c\n  tag: v1\nb: 1\n"),
        ("image: {}\n", "image: {tag: v1}\n"),
        ("image: { }\n", "image: {tag: v1 }\n"),
        ("image: { a: b } # c\n", "image: { a: b, tag: v1 } # c\n"),
        ("image: {\n  a: b,\n  c: d\n}\n", "image: {\n  a: b,\n  c: d,\n  tag: v1\n}\n"),
        ('{"image": {"a": "b"}}\n', '{"image": {"a": "b", "tag": "v1"}}\n'),
        ("image:\n    a: 1 # y\n    # z\n\nb: 1\n", "image:\n    a: 1 # y\n    tag: v1\n    # z\n\nb: 1\n"),
        ("image:\n  pull: 'a'\n  x: 1\n", "image:\n  pull: 'a'\n  x: 1\n  tag: 'v1'\n"),
        ('image:\n  pull: "a b"\n  x: c\n', 'image:\n  pull: "a b"\n  x: c\n  tag: v1\n'),
        ("a:\r\n    b: 1\r\n", "a:\r\n    b: 1\r\nimage:\r\n    tag: v1\r\n"),
        ("image:\n  a: |\n    x\n\nb: 1\n", "image:\n  a: |\n    x\n  tag: v1\n\nb: 1\n"),
        ("image:\n  a: |+\n    x\n\nb: 1\n", "image:\n  a: |+\n    x\n\n  tag: v1\nb: 1\n"),
        ("image:\n  a: [1,\n   2] # c\nb: 1\n", "image:\n  a: [1,\n   2] # c\n  tag: v1\nb: 1\n"),
    ],
)  # fmt: skip
def test_a_key_is_added_as_its_neighbours_are_and_taken_away_again(before: str, after: str) -> None:
    found = read(before, "image.tag").value
    assert found == ABSENT
    assert edited(before, "image.tag", "v1") == after
    assert edited(after, "image.tag", found) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\n", "a: 1\nimages:\n  - name: w\n    newTag: v1\n"),
        ("images: []\n", "images: [{name: w, newTag: v1}]\n"),
        ("images:\n", "images:\n  - name: w\n    newTag: v1\n"),
        ("images: [{name: b, newTag: y}]\n", "images: [{name: b, newTag: y}, {name: w, newTag: v1}]\n"),
        (
            "images:\n- name: b\n  newTag: y # c\n# z\nz: 1\n",
            "images:\n- name: b\n  newTag: y # c\n- name: w\n  newTag: v1\n# z\nz: 1\n",
        ),
        ("resources:\n- a\n", "resources:\n- a\nimages:\n- name: w\n  newTag: v1\n"),
        ("images:\n  - name: w # c\n", "images:\n  - name: w # c\n    newTag: v1\n"),
    ],
)
def test_an_item_is_made_where_it_is_named(before: str, after: str) -> None:
    path = "images[name=w].newTag"
    found = read(before, path).value
    assert edited(before, path, "v1") == after
    assert edited(after, path, found) == before


def test_an_item_by_number_is_not_made() -> None:
    refusal = edit_settings(b"images: []\n", {"images[0].newTag": "x"}, FILE, ["images[0].newTag"])
    assert isinstance(refusal, Refusal)
    assert refusal.code == "absent"


def test_what_may_not_be_absent_is_not_added() -> None:
    refusal = edit_settings(b"image: {}\n", {"image.tag": "x"}, FILE)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "absent"


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ("a:\n  b: 1 # c\n  # about d\n  d: 2\n", "a.b", "a:\n  # about d\n  d: 2\n"),
        ("a:\n  b: 1\n  # about d\n  d: 2 # c\nz: 1\n", "a.d", "a:\n  b: 1\n  # about d\nz: 1\n"),
        ("a:\n  image:\n    tag: 1\nz: 1\n", "a.image.tag", "z: 1\n"),
        ("a: {b: 1, c: 2}\n", "a.b", "a: {c: 2}\n"),
        ("a: {b: 1, c: 2}\n", "a.c", "a: {b: 1}\n"),
        ("l:\n  - tag: 1\n    name: x\n", "l[x].tag", "l:\n  - name: x\n"),
        ("l:\n  - name: x\n    tag: 1\n", "l[x].tag", "l:\n  - name: x\n"),
        ("a:\n  pin:\n    - x\n    - y\nz: 1\n", "a.pin", "z: 1\n"),
        ("a: 1\n", "a", ""),
        ("a: 1\n", "b", "a: 1\n"),
    ],
)
def test_what_is_taken_away_takes_nothing_else_along(before: str, path: str, after: str) -> None:
    assert edited(before, path, ABSENT) == after


def test_null_and_a_value_change_places() -> None:
    assert edited("a:\n  tag: # c\n", "a.tag", "v1") == "a:\n  tag: v1 # c\n"
    assert edited("a:\n  tag: v1 # c\n", "a.tag", Unquoted("null")) == "a:\n  tag: null # c\n"


def test_the_line_is_that_of_the_mapping_where_it_would_stand() -> None:
    assert read("a: 1\nimage:\n  x: 1\n", "image.tag").line == 2


def test_several_are_added_and_taken_away_together() -> None:
    paths = ["image.tag", "image.digest", "a"]
    before = b"# c\na: 1 # d\n"
    found = read_settings(before, paths, FILE, paths)
    assert isinstance(found, dict)
    after = edit_settings(before, {"image.tag": "v", "image.digest": "d", "a": "x"}, FILE, paths)
    assert after == b"# c\na: x # d\nimage:\n  tag: v\n  digest: d\n"
    assert edit_settings(after, {path: each.value for path, each in found.items()}, FILE, paths) == before


def test_a_manifest_is_found_by_kind_and_name() -> None:
    after = MANIFESTS.replace("x}\n---", "x}\nspec:\n  image:\n    tag: v\n---")
    assert edited(MANIFESTS, "A/x:spec.image.tag", "v") == after
    assert edited(after, "A/x:spec.image.tag", Absent(True, 2)) == MANIFESTS
    assert edited(MANIFESTS, "B/x:spec.a", Unquoted("2")) == MANIFESTS.replace("a: 1", "a: 2")


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("C/x:spec.a", MANIFESTS, "no-manifest-of-name"),
        ("A/x:spec.a", MANIFESTS.replace("kind: B", "kind: A"), "two-manifests-of-name"),
        ("spec.a", MANIFESTS, "several-documents"),
    ],
)
def test_a_manifest_that_is_not_the_only_one_of_its_name_is_refused(path: str, text: str, code: str) -> None:
    refusal = edit_settings(text.encode(), {path: "x"}, FILE, [path])
    assert isinstance(refusal, Refusal)
    assert refusal.code == code


def test_a_journal_keeps_what_was_absent() -> None:
    values: dict[str, Value] = {"a": ABSENT, "b": Absent(True, 1, " ~"), "c": Unquoted("1"), "d": ("x",)}
    plain = registry.values_to_plain(values)
    assert plain["a"] == {"absent": True}
    back = registry.values_from_plain(plain)
    assert back == values
    assert registry.values_to_plain(back) == plain


# Laws, on documents that people might have written.

KEYS = st.sampled_from(["image", "tag", "a.b", "é", "config", "0", "on"])
SCALARS = st.sampled_from(["w_1", "24.10", "null", "", "'a b'", '"x: y"', "[1, 'b']", "{c: 1}", "~"])
COMMENTS = st.sampled_from(["", " # why: {not} 'at all", "   "])
BETWEEN = st.lists(st.sampled_from(["# a comment: x", "", "      # indented", "  "]), max_size=2)
STEPS = KEYS.map(lambda key: f'."{key}"')
# A setting that is added has a key at its end.
TAILS = st.tuples(st.lists(STEPS | st.just("[w]"), max_size=2), STEPS).map(
    lambda drawn: [*drawn[0], drawn[1]]
)
VALUES: st.SearchStrategy[Value] = st.sampled_from(
    ["w_2023_16", "24.10", "x # y", "it's", Unquoted("7"), ("a", "1.0"), ()]
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A document, and the paths of its mappings and scalars, up to their last key."""
    lines: list[str] = draw(BETWEEN)
    paths: list[str] = [""]

    def mapping(indent: int, first: str, prefix: str, depth: int) -> None:
        step = draw(st.sampled_from([2, 4]))
        for key in draw(st.lists(KEYS, min_size=1, max_size=3, unique=True)):
            path = f'{prefix}."{key}"'.removeprefix(".")
            paths.append(path)
            start = f'{first or " " * indent}"{key}":'
            first = ""
            kind = draw(
                st.sampled_from(["scalar", "scalar", "mapping", "list", "block"] if depth else ["scalar"])
            )
            if kind == "scalar":
                lines.append(f"{start} {draw(SCALARS)}{draw(COMMENTS)}")
            elif kind == "block":
                lines.extend(
                    [f"{start} {draw(st.sampled_from(['|', '>-', '|+']))}", " " * (indent + 3) + "text", ""]
                )
            elif kind == "mapping":
                lines.append(start + draw(COMMENTS))
                mapping(indent + step, "", path, depth - 1)
            else:
                lines.append(start + draw(COMMENTS))
                for index in range(draw(st.integers(1, 2))):
                    paths.append(f"{path}[{index}]")
                    mapping(indent + 2, " " * indent + "- ", f"{path}[{index}]", depth - 1)
            lines.extend(draw(BETWEEN))

    if draw(st.integers(0, 9)):
        mapping(0, "", "", 3)
    return "\n".join(lines) + draw(st.sampled_from(["\n", ""])), paths


@given(documents(), TAILS, VALUES, st.sampled_from(["\n", "\r\n"]), st.data())
def test_what_is_added_is_all_that_is_new_and_goes_again(
    document: tuple[str, list[str]], tail: list[str], value: Value, newline: str, data: st.DataObject
) -> None:
    text, paths = document
    text = text.replace("\n", newline)
    path = (data.draw(st.sampled_from(paths)) + "".join(tail)).removeprefix(".")
    assume(not path.startswith("["))
    found = read_settings(text.encode(), [path], FILE, [path])
    assume(isinstance(found, dict) and found[path].value == ABSENT)
    assert isinstance(found, dict)
    after = edit_settings(text.encode(), {path: value}, FILE, [path])
    if isinstance(after, Refusal):
        # Text that a block runs on to the end of a file without a line end changes with one.
        assert after.code in ("absent", "layout", "not-a-mapping", "not-a-list") or text[-1:] != "\n"
        return
    assert read(after.decode(), path).value == value
    assert edit_settings(after, {path: found[path].value}, FILE, [path]) == text.encode()
    old = iter(text.splitlines())
    kept = [line for line in after.decode().splitlines() if line in text.splitlines()]
    missing = [line for line in old if line not in kept]
    assert len(missing) <= 1  # the line of a null, or of brackets, that the setting came into
