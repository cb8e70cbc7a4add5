"""Values files as data with places, merged as Helm merges them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.trees.values import (
    DEEPEST,
    EMPTY,
    LARGEST_FILE,
    UnreadableFile,
    YamlMapping,
    YamlScalar,
    YamlSequence,
    YamlValue,
    child,
    layered,
    merged,
    read_documents,
    read_mapping,
    text_at,
)


def read(text: str, file: str = "values.yaml") -> YamlMapping:
    return read_mapping(text.encode(), file)


def scalar(text: str, *names: str) -> YamlScalar:
    found = child(read(text), *names)
    assert isinstance(found, YamlScalar)
    return found


def plain(value: YamlValue) -> object:
    if isinstance(value, YamlMapping):
        return {key: plain(each) for key, each in value.entries.items()}
    if isinstance(value, YamlSequence):
        return [plain(each) for each in value.items]
    return value.printed()


def test_a_scalar_knows_its_file_line_and_path() -> None:
    found = scalar("a:\n  b: x\n", "a", "b")
    assert (found.text, found.file, found.line, found.path) == ("x", "values.yaml", 2, ("a", "b"))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("0.50", "0.5"),
        ('"0.50"', "0.50"),
        ("20230401", "2.0230401e+07"),
        ("~", None),
        ("null", None),
        ("on", "true"),
    ],
)
def test_a_scalar_is_printed_as_templates_print_it(text: str, printed: str | None) -> None:
    assert scalar(f"tag: {text}\n", "tag").printed() == printed


def test_an_alias_is_where_its_anchor_is() -> None:
    found = scalar("one:\n  tag: &tag v1\ntwo:\n  tag: *tag\n", "two", "tag")
    assert (found.line, found.path) == (2, ("one", "tag"))


def test_merge_keys_are_read_and_give_way() -> None:
    text = "base: &base {tag: v1, name: a}\nother:\n  <<: *base\n  name: b\n"
    assert plain(read(text).entries["other"]) == {"tag": "v1", "name": "b"}
    assert scalar(text, "other", "tag").line == 1


def test_a_key_before_a_merge_key_that_brings_it_again_is_not_read() -> None:
    with pytest.raises(UnreadableFile, match="tag is there twice"):
        read("base: &base {tag: v1}\nother:\n  tag: v2\n  <<: *base\n")


def test_the_last_file_wins_lists_as_a_whole_and_null_stays() -> None:
    base = read("a: {x: 1, y: 2}\nlist: [1, 2]\ngone: v1\n", "base.yaml")
    over = read("a: {y: 3}\nlist: [9]\ngone: null\n", "over.yaml")
    found = layered([base, over])
    assert plain(found) == {"a": {"x": "1", "y": "3"}, "list": ["9"], "gone": None}
    assert text_at(found, "gone") is None
    last = child(found, "a", "y")
    assert isinstance(last, YamlScalar)
    assert last.file == "over.yaml"


_VALUES = st.recursive(
    st.sampled_from(["v1", "2", "null"]),
    lambda each: st.dictionaries(st.sampled_from("abc"), each, max_size=3),
    max_leaves=8,
)


def located(value: object, file: str) -> YamlMapping:
    made: dict[str, YamlValue] = {}
    assert isinstance(value, dict)
    for key, each in value.items():
        made[key] = (
            located(each, file) if isinstance(each, dict) else YamlScalar(each, False, file, 1, (key,))
        )
    return YamlMapping(made, file, 1)


_FILES = st.dictionaries(st.sampled_from("abc"), _VALUES, max_size=3)


@given(_FILES)
def test_a_file_laid_on_itself_or_on_nothing_is_itself(a: object) -> None:
    one = located(a, "a")
    assert plain(merged(one, one)) == plain(merged(EMPTY, one)) == plain(merged(one, EMPTY)) == plain(one)


@given(_FILES, _FILES)
def test_what_the_upper_file_says_holds(a: object, b: object) -> None:
    upper = located(b, "b")
    found = merged(located(a, "a"), upper)

    def holds(upper: YamlValue, found: YamlValue) -> bool:
        if isinstance(upper, YamlMapping) and isinstance(found, YamlMapping):
            return all(holds(each, found.entries[key]) for key, each in upper.entries.items())
        return plain(upper) == plain(found)

    assert holds(upper, found)


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a: [\n", "did not find expected node content", 2),
        ("- a\n", "not a mapping", 1),
        ("a: 1\n---\nb: 2\n", "2 documents; a values file has one", None),
        ("a" * (LARGEST_FILE + 1), "10,000,001 bytes; at most 10,000,000 are read", None),
        ("a: " + "[" * (DEEPEST + 2) + "]" * (DEEPEST + 2), "nested too deeply", 1),
    ],
)
def test_what_is_no_values_file_is_named(text: str, reason: str, line: int | None) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(text, "bad.yaml")
    assert (refused.value.file, refused.value.reason, refused.value.line) == ("bad.yaml", reason, line)


def test_an_empty_file_says_nothing() -> None:
    assert read("# nothing\n").entries == {}
    assert read("null\n").entries == {}


def test_references_that_multiply_are_counted_each_time() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    with pytest.raises(UnreadableFile, match="too many values"):
        read_documents("\n".join(lines).encode(), "laughs.yaml")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "- ? "])
def test_what_is_nested_deeply_is_refused_before_it_ends_the_process(opening: str) -> None:
    with pytest.raises(UnreadableFile, match="nested too deeply"):
        read_documents((opening * 50_000).encode(), "deep.yaml")


def test_an_anchor_that_holds_itself_is_refused() -> None:
    with pytest.raises(UnreadableFile):
        read_documents(b"a: &a [*a]\n", "circle.yaml")
