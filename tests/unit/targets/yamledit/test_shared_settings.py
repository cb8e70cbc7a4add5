"""Anchors are written where they stand, for all who read them, and it can be asked who that is."""

import pytest

from ldmrelease.targets.results import ABSENT, Refusal, Unquoted, Value
from ldmrelease.targets.yamledit.edit_settings import edit_settings, read_settings
from ldmrelease.targets.yamledit.readers import MOST_READERS, readers_of

FILE = "values.yaml"


def edited(text: str, path: str, value: Value) -> str | Refusal:
    result = edit_settings(text.encode(), {path: value}, FILE, [path], [path])
    return result if isinstance(result, Refusal) else result.decode()


def read(text: str, path: str) -> tuple[Value, int]:
    found = read_settings(text.encode(), [path], FILE, [path], shared=[path])
    assert isinstance(found, dict), found
    return found[path].value, found[path].line


def said(text: str, path: str) -> Value:
    found = read_settings(text.encode(), [], FILE, beside=[path])
    assert isinstance(found, dict), found
    return found[path].value


@pytest.mark.parametrize(
    ("text", "path", "line", "after", "readers"),
    [
        ("a: &x v # c\nb: *x\n", "a", 1, "a: &x w # c\nb: *x\n", ("b",)),
        ("a: &x v # c\nb: *x\n", "b", 1, "a: &x w # c\nb: *x\n", ("a",)),
        ("a: &x 'v'\nb: *x\nc:\n  - name: d\n    t: *x\n", "b", 1, None, ("a", "c[d].t")),
        ("a: &x\n  tag: v\nb: *x\n", "b.tag", 2, "a: &x\n  tag: w\nb: *x\n", ("a.tag",)),
        ("a: &x v\nb: *x\nc: &x u\nd: *x\n", "b", 1, "a: &x w\nb: *x\nc: &x u\nd: *x\n", ("a",)),
        ("a: &x\n  tag: v\nb: {<<: *x}\nc: {<<: *x, tag: u}\n", "a.tag", 2, None, ("b.tag",)),
        ("l:\n  - &x v\n  - *x\n", "l[0]", 2, "l:\n  - &x w\n  - *x\n", ("l[1]",)),
        ("a: v\nb: v\n", "a", 1, "a: w\nb: v\n", ()),
    ],
)
def test_a_scalar_is_written_at_its_anchor_for_all_its_readers(
    text: str, path: str, line: int, after: str | None, readers: tuple[str, ...]
) -> None:
    value, found = read(text, path)
    assert found == line
    written = edited(text, path, "w")
    assert isinstance(written, str)
    assert after is None or written == after
    assert read(written, path)[0] == "w"
    assert readers_of(text.encode(), path) == readers
    for each in readers:
        assert said(text, each) == value
        assert said(written, each) == "w"


def test_an_anchor_on_a_null_takes_a_value() -> None:
    assert edited("a: &x\nb: *x\n", "b", "w") == "a: &x w\nb: *x\n"


@pytest.mark.parametrize("value", ["v", "w", ABSENT])
def test_what_is_merged_is_not_hidden_by_a_key_of_its_own(value: Value) -> None:
    text = "base: &x\n  tag: v\nb:\n  <<: *x\n  c: 1\nd:\n  <<: *x\n"
    for found in (
        edited(text, "b.tag", value),
        read_settings(text.encode(), ["b.tag"], FILE, ["b.tag"], shared=["b.tag"]),
        readers_of(text.encode(), "b.tag"),
    ):
        assert isinstance(found, Refusal)
        assert (found.code, found.values["line"]) == ("merge-key", 4)
    assert readers_of(text.encode(), "base.tag") == ("b.tag", "d.tag")


def test_beside_a_merge_its_own_keys_are_written_and_put_back() -> None:
    text = "base: &x\n  tag: v\nb:\n  <<: *x\n  tag: u\n"
    assert edited(text, "b.tag", "w") == text.replace("u", "w")
    without = text.replace("tag: u", "c: 1")
    added = edited(without, "b.own", "w")
    assert added == f"{without}  own: w\n"
    assert edited(added, "b.own", ABSENT) == without


def test_a_key_below_a_merged_one_is_refused_since_a_merge_is_shallow() -> None:
    text = "base: &x\n  image: {tag: v, pull: y}\nb:\n  <<: *x\n"
    refusal = edited(text, "b.image.tag", "w")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "merge-key"


def test_a_key_that_is_added_to_an_anchored_mapping_is_read_by_its_aliases() -> None:
    text = "a: &x\n  c: 1\nb: *x\nd:\n  <<: *x\n"
    assert edited(text, "b.tag", "w") == text.replace("c: 1\n", "c: 1\n  tag: w\n")
    assert readers_of(text.encode(), "b.tag") == ("a.tag", "d.tag")


@pytest.mark.parametrize("text", ["a: &x v\nb: *x\n", "c: &x {a: v}\na: *x\nb: *x\n"])
def test_an_alias_is_taken_away_and_what_has_readers_is_not(text: str) -> None:
    assert edited(text, "b", ABSENT) == text.replace("b: *x\n", "")
    refusal = edited("a: &x v\nb: *x\n", "a", ABSENT)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "anchor"


def test_who_does_not_ask_for_it_writes_nothing_for_others() -> None:
    for path in ("a", "b"):
        refusal = edit_settings(b"a: &x v\nb: *x\n", {path: "w"}, FILE)
        assert isinstance(refusal, Refusal)
        assert refusal.code in ("anchor", "alias")


def test_one_anchor_takes_one_value() -> None:
    text = b"a: &x 1\nb: *x\n"
    same: dict[str, Value] = {"a": Unquoted("2"), "b": Unquoted("2")}
    assert edit_settings(text, same, FILE, shared=["a", "b"]) == b"a: &x 2\nb: *x\n"
    refusal = edit_settings(text, same | {"b": Unquoted("3")}, FILE, shared=["a", "b"])
    assert isinstance(refusal, Refusal)
    assert refusal.code == "overlap"


def test_aliases_of_aliases_are_told_up_to_a_bound() -> None:
    lines = ["a0: &a0 {t: v}"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 12)]
    found = readers_of("\n".join(lines).encode(), "a0.t")
    assert isinstance(found, tuple)
    assert len(found) == MOST_READERS
    assert readers_of(b"a: &x\n  t: v\n  b: *x\n", "a.t") == ()
