"""What is read without the parser is what the parser reads: images, names, lines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldmrelease.trees.manifests.manifest_images import ManifestImage, ManifestReader
from ldmrelease.trees.manifests.plain_blocks import PlainBlocks
from ldmrelease.trees.manifests.pruned import (
    LEAVES,
    NAMES,
    PrunedDocument,
    PrunedScalar,
    UnreadableDocument,
    read_pruned,
)
from tests.examples import examples

PLAIN = PlainBlocks(LEAVES, NAMES)
KEYS = [
    "spec",
    "containers",
    "image",
    "name",
    "kind",
    "metadata",
    "volumes",
    "reference",
    "a",
    "app.io/b-c",
    "items",
]
SCALARS = [
    "a",
    "a:1",
    "'a'",
    '"a # b"',
    "a#b",
    "http://x/y:1",
    "-x",
    "--flag=1",
    "null",
    "'null'",
    "~",
    "1.5",
    "true",
    "{}",
    "[]",
    "{x: 1}",
    "{x: 1, x: 2}",
    "[a, 'b: c', \"d\"]",
    "[{x: 1}, {x: 2}]",
    "[{x: 1, x: 2}]",
    "{image: b}",
    "[{name: a, image: b}]",
    "{x: {y: 1}}",
    "a b c",
    "a: b",
    "'it''s'",
    '"a\\nb"',
    "*x",
    "&x a",
    "!!str a",
    "a # comment",
    "{{ .Values.x }}",
    "a, b",
    "@x",
    "",
]
PLAIN_SCALARS = SCALARS[:16]
BLOCKS = ["|", ">", "|-", ">+", "|2", "| # comment"]
CONTENTS = ["x", "image: no", "- image: no", "# no", "", "  deeper", "key: |", "---x"]


@st.composite
def texts(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """The lines of a collection at column 0."""
    lines: list[str] = []
    is_sequence = draw(st.booleans()) if depth else draw(st.sampled_from([False, False, True]))
    unused = draw(st.permutations(KEYS))
    for _ in range(draw(st.integers(1, 4))):
        key = "" if is_sequence else f"{unused.pop()}:"
        if draw(st.integers(0, 30)) == 0:
            unused.append(key.rstrip(":") or "a")
        shape = draw(st.sampled_from(["scalar", "scalar", "scalar", "below", "below", "block", "blank"]))
        if shape == "below" and depth < 4:
            below = draw(texts(depth=depth + 1))
            width = draw(st.sampled_from([0 if below[0].startswith("- ") else 2, 1, 2, 2, 4]))
            if is_sequence:
                dash = "-" + " " * draw(st.sampled_from([1, 1, 1, 3]))
                lines += [dash + below[0], *(" " * len(dash) + each for each in below[1:])]
            else:
                lines += [key, *(" " * width + each for each in below)]
        elif shape == "block":
            head = f"{key or '-'} {draw(st.sampled_from(BLOCKS))}"
            width = draw(st.sampled_from([0, 1, 2, 2, 2, 2, 3]))
            content = draw(st.lists(st.sampled_from(CONTENTS), max_size=3))
            first = ["first"] if draw(st.booleans()) else []
            lines += [head, *(" " * width + each if each else "" for each in (*first, *content))]
        elif shape == "blank":
            lines.append(draw(st.sampled_from(["", "# image: no", "  # more", "   "])))
        else:
            scalars = SCALARS if draw(st.integers(0, 3)) == 0 else PLAIN_SCALARS
            lines.append(f"{key or '-'} {draw(st.sampled_from(scalars))}")
    return lines or ["a: b"]


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A text as people and programs write it, in which now and then something is wrong."""
    lines = draw(texts())
    if draw(st.integers(0, 3)) == 0:
        lines.insert(0, draw(st.sampled_from(["---", "--- # Source: x", "---  ", "--- a"])))
    if draw(st.integers(0, 5)) == 0 and lines:
        at = draw(st.integers(0, len(lines) - 1))
        lines[at] = draw(
            st.sampled_from(
                [" " + lines[at], lines[at][1:], lines[at] + " ", lines[at] + ":", "\t" + lines[at]]
            )
        )
    text = draw(st.sampled_from(["\n", "\n", "\r\n"])).join(lines)
    return (text + draw(st.sampled_from(["\n", "", "\n\n"]))).encode()


def kept(value: object) -> object:
    """What is kept, without collections of which nothing is, and without what says nothing."""
    if not isinstance(value, dict):
        return None if isinstance(value, PrunedScalar) and value.is_null else value
    below = {key: kept(each) for key, each in value.items()}
    return {key: each for key, each in below.items() if each not in (None, {})}


def images(document: PrunedDocument) -> list[object]:
    return list(ManifestReader()._images(document, "f"))


@given(documents())
@settings(max_examples=examples(5000), deadline=None)
def test_the_plain_reader_reads_what_the_parser_reads(data: bytes) -> None:
    plain = PLAIN.read(data, 7)
    try:
        parsed = list(read_pruned(data, 7))
    except UnreadableDocument as error:
        parsed, code = [], error.code
    else:
        code = ""
    # Of what is no YAML, nothing is applied.
    assert plain is None or code in ("", "not-yaml"), data
    if plain is None or code:
        return
    assert len(parsed) <= 1, data
    assert (kept(plain.root) or {}) == ((kept(parsed[0].root) or {}) if parsed else {}), data
    assert images(plain) == (images(parsed[0]) if parsed else []), data


@given(documents())
@settings(max_examples=examples(2000), deadline=None)
def test_an_image_is_on_the_line_that_is_told(data: bytes) -> None:
    text = b"kind: Pod\n---\n# \xe2\x80\xa8 not a line\n---\nspec:\n  containers:\n" + b"".join(
        b"  - x:\n"
        + b"".join(b"      " + each + b"\n" for each in data.splitlines())
        + b"    image: %d:1\n" % at
        for at in range(3)
    )
    lines = text.split(b"\n")
    for each in ManifestReader().read(text, "f"):
        if isinstance(each, ManifestImage):
            assert each.image.encode() in lines[(each.line or 0) - 1]


MANIFEST = b"""\
# Source: shop/templates/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app.kubernetes.io/name: web
  annotations: {a: "1", b: x}
spec:
  template:
    spec:
      containers:
      - args: [--level, "2"]
        command:
          - sh
          - -c
          - |
            image: none
            exec web
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
        image: "example.org/web:1"   # the web
        name: web
      -   name: side
          image: example.org/side
      volumes:
        - name: data
          image:
            reference: 'example.org/data'
"""


def test_what_charts_print_is_read_without_the_parser() -> None:
    document = PLAIN.read(MANIFEST, 1)
    assert document is not None
    assert images(document) == [each for one in read_pruned(MANIFEST, 1) for each in images(one)]
    assert [(each.line, each.container, each.image) for each in images(document)] == [  # type: ignore[attr-defined]
        (21, "web", "example.org/web:1"),
        (24, "side", "example.org/side"),
        (28, "volume/data", "example.org/data"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "image: a\nimage: b\n",
        "x: {image: a}\n",
        "x: &a b\n",
        "<<: {image: a}\n",
        '"image": a\n',
        "image: |\n  a\n",
        "a: b\n  image: c\n",
        "a: 'b\n  image: c'\n",
        "- - image: a\n",
        "? image\n: a\n",
        "a: b\n...\nimage: c\n",
        "a: \u2028image: b\n",
        "a: b\rimage: c\n",
        "a: |\n  x\rimage: c\n",
        "a: |\n    x\n  image: c\n",
        "a: |\n   \n  x\n",
        "a:\n\timage: b\n",
        "metadata: {name: a}\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(text: str) -> None:
    assert PLAIN.read(text.encode(), 1) is None
