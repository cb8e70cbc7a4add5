"""The strict reader: what values are, where they stand, and what is refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.problems import BadInput, Problem


def faults(data: bytes) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read.parse(data, "f.yaml")
    return [str(each) for each in caught.value.problems]


def refusals(data: bytes) -> tuple[Problem, ...]:
    """What is refused, nothing where the bytes are read; any other exception is the test's failure."""
    try:
        read.parse(data, "f.yaml")
    except BadInput as refused:
        return refused.problems
    return ()


def value(text: str) -> object:
    return read.parse(f"x: {text}".encode(), "f.yaml").plain["x"]


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "on",
        "off",
        "y",
        "010",
        "0x1F",
        "0o17",
        "1_000",
        "1.50",
        "1e3",
        ".inf",
        "12:30:45",
        "2024-01-01",
        "+1",
        "<<",
    ],
)
def test_what_yaml_1_1_would_turn_into_something_else_stays_text(text):
    assert value(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-15", -15),
        ("2023", 2023),
    ],
)
def test_plain_constants_and_decimal_integers_are_what_they_look_like(text, expected):
    assert value(text) == expected
    assert type(value(text)) is type(expected)


@pytest.mark.parametrize("text", ["'true'", '"12"', "'null'", "! 12"])
def test_quoted_values_are_text(text):
    assert value(text) == text.strip("'\"! ")


def test_keys_are_text_even_where_values_would_not_be():
    assert read.parse(b"on: 1\n12: 2\ntrue: 3\n", "f.yaml").plain == {"on": 1, "12": 2, "true": 3}


def test_a_byte_order_mark_and_windows_line_ends_are_read():
    assert read.parse(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "f.yaml").plain == {"a": 1, "b": 2}


def test_every_value_and_key_has_its_place():
    document = read.parse("a:\n  - é: [x, {deep: y}]\nb: z\n".encode(), "f.yaml")
    assert document.where(("a", 0, "é", 1, "deep")) == (2, 19)
    assert document.key(("a", 0, "é", 1, "deep")) == (2, 13)
    assert document.where(("b",)) == (3, 4)
    assert document.key(("b",)) == (3, 1)


def test_the_place_of_what_is_absent_is_the_nearest_value_around_it():
    document = read.parse(b"a:\n  b: {c: 1}\n", "f.yaml")
    assert document.where(("a", "b", "missing", 3)) == (2, 6)
    assert document.key(("a", "nothing", "there")) == (2, 3)


def test_an_alias_stands_where_it_is_written():
    document = read.parse(b"a: &x {k: 1}\nb: *x\n", "f.yaml")
    assert document.plain["b"] == {"k": 1}
    assert document.where(("b",)) == (2, 4)


def test_all_duplicate_keys_are_told_at_once():
    assert faults(b"a: 1\na: 2\nb: {c: 1, 'c': 2}\n") == [
        "f.yaml:2:1: a: the key 'a' stands twice, first on line 1; keep one of them",
        "f.yaml:3:11: b.c: the key 'c' stands twice, first on line 3; keep one of them",
    ]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "f.yaml:1:1: is empty"),
        (b"# only a comment\n", "f.yaml:1:1: is empty"),
        (b"a:\n\tb: 1", "f.yaml:2:1: found character that cannot start any token, while scanning for the next token "
         "that begins on line 2; indent with spaces, not with tabs"),
        (b"a: [1,\n  2", "f.yaml:3:1: did not find expected ',' or ']', while parsing a flow sequence that begins on "
         "line 1; the file ends too early; is it cut?"),
        (b'a: "cut', "f.yaml:1:8: found unexpected end of stream, while scanning a quoted scalar that begins on line "
         "1; the file ends too early; is it cut?"),
        (b"a: b: c", "f.yaml:1:5: mapping values are not allowed in this context"),
        (b"a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document begins; keep one document in a file"),
        (b"ok: 1\nname: \xff\n", "f.yaml:2:7: the byte 0xff is not UTF-8; save the file as UTF-8"),
        (b"a: 1\nb: \x00", "f.yaml:2:4: the character U+0000 is not allowed"),
        (b"a: !!python/object:os.system x", "f.yaml:1:4: a: the tag tag:yaml.org,2002:python/object:os.system is not "
         "understood; leave it out; put text in quotes"),
        (b"? [a]\n: b", "f.yaml:1:3: a key is a list, a mapping or an alias; keys are plain text"),
        (b"a: *nobody", "f.yaml:1:4: a: *nobody names nothing"),
        (b"a: &a [*a]", "f.yaml:1:8: a[0]: *a stands inside of what it names"),
        (b"[" * 3000, "f.yaml:1:52: nested more than 50 deep"),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_with_its_place(data, fault):
    assert faults(data) == [fault]


def test_a_billion_laughs_are_refused_before_they_grow():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    (fault,) = faults("\n".join(lines).encode())
    assert fault.startswith("f.yaml:5:")
    assert fault.endswith("more than 100000 values, aliases counted each time")


def test_a_file_beyond_all_measure_is_refused_unread():
    assert faults(b"#" * 1_000_001) == ["f.yaml: more than 1000000 bytes, which are the most that is read"]


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=r"^missing\.yaml: cannot be read: No such file or directory$"):
        read.read(tmp_path / "missing.yaml")


_SNIPPETS = st.sampled_from(
    ["a", "b: ", ": ", "- ", "[", "]", "{", "}", ",", "\n", "  ", "\t", "&x ", "*x", "!!", "!", "'", '"', "|", ">", "#",
     "---", "...", "%YAML 1.2\n", "? ", "@", "`", "é", "\ufeff", "<<: ", "~", "12", "\x85", "\r"]
)  # fmt: skip


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(_SNIPPETS, max_size=30).map("".join)))
def test_any_text_is_read_or_refused_with_a_place(text):
    assert all(each.line and each.column for each in refusals(text.encode("utf-8", "surrogatepass")))


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_read_or_refused(data):
    assert all(each.message for each in refusals(data))


_PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**15) + 1, 10**15 - 1),
        st.text("abc é01:-#{}[]'\"\\\n.,&*!|>%@"),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("abc01:-", min_size=1), inner)
    ),
    max_leaves=15,
)


@settings(deadline=None)
@given(_PLAIN)
def test_json_is_yaml_and_reads_back(plain):
    assert read.parse(json.dumps({"it": plain}, ensure_ascii=False).encode(), "f.yaml").plain == {"it": plain}


def test_a_merge_key_adds_what_is_not_written_beside_it_with_its_own_places():
    text = "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\none:\n  <<: *base\n  b: 5\nall:\n  <<: [*more, *base]\n"
    document = read.parse(text.encode(), "x.yaml")
    assert document.plain["one"] == {"a": 1, "b": 5}
    assert document.plain["all"] == {"a": 1, "b": 3, "c": 4}
    assert document.where(("one", "a")) == (1, 17)


@pytest.mark.parametrize("value", ["text", "[]", "[*base, 3]"])
def test_a_merge_key_takes_mappings_alone(value):
    with pytest.raises(BadInput, match="takes a mapping") as caught:
        read.parse(f"base: &base {{a: 1}}\none:\n  <<: {value}\n".encode(), "x.yaml")
    (problem,) = caught.value.problems
    assert (problem.line, problem.field) == (3, "one")


def test_a_key_that_is_no_merge_key_stays_one():
    assert read.parse(b'"<<": 1\n', "x.yaml").plain == {"<<": 1}
