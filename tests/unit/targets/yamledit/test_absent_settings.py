"""A setting that is absent is added where its neighbours are, in their style, and taken away again to the byte."""

import pytest

from ldmrelease.targets import registry
from ldmrelease.targets.results import ABSENT, Absent, Refusal, Unquoted, Value
from ldmrelease.targets.yamledit.settings import FoundSetting, edit_settings, read_settings

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
