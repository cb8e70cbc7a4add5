"""Images of manifests: every container of every kind, with the line that it is written on."""

import pytest

from ldmrelease.domain.value_paths import parse_path
from ldmrelease.trees.manifests.manifest_images import (
    CustomImages,
    ManifestImage,
    ManifestReader,
    UnreadableManifest,
)

CUSTOM = (
    CustomImages("Workflow", {"one": parse_path("spec.image"), "two": parse_path("spec.images[0]")}),
    CustomImages("Runner", {"main": parse_path("spec.parts[main].from")}),
)


def read(text: str | bytes) -> list[ManifestImage | UnreadableManifest]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(ManifestReader(CUSTOM).read(data, "m.yaml"))


def told(text: str | bytes) -> list[tuple[object, ...]]:
    return [
        (each.line, each.path, each.image) if isinstance(each, ManifestImage) else (each.line, each.code)
        for each in read(text)
    ]


TEMPLATE = "spec: {containers: [{name: main, image: 'a:1'}]}"


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        (f"kind: Pod\n{TEMPLATE}", "spec"),
        *(
            (f"kind: {kind}\nspec: {{template: {{{TEMPLATE}}}}}", "spec.template.spec")
            for kind in (
                "Deployment",
                "StatefulSet",
                "DaemonSet",
                "ReplicaSet",
                "ReplicationController",
                "Job",
                "Rollout",
            )
        ),
        (f"kind: PodTemplate\ntemplate: {{{TEMPLATE}}}", "template.spec"),
        (
            f"kind: CronJob\nspec: {{jobTemplate: {{spec: {{template: {{{TEMPLATE}}}}}}}}}",
            "spec.jobTemplate.spec.template.spec",
        ),
        (
            f"kind: ScaledJob\nspec: {{jobTargetRef: {{template: {{{TEMPLATE}}}}}}}",
            "spec.jobTargetRef.template.spec",
        ),
        (f"apiVersion: v1\nkind: List\nitems: [{{kind: Pod, {TEMPLATE}}}]", "items[0].spec"),
        (f"kind: PodList\nitems: [{{}}, {{kind: Pod, {TEMPLATE}}}]", "items[1].spec"),
        (
            f"kind: List\nitems: [{{kind: List, items: [{{kind: Pod, {TEMPLATE}}}]}}]",
            "items[0].items[0].spec",
        ),
    ],
)
def test_the_template_of_each_kind_is_found(manifest: str, path: str) -> None:
    assert [each[1:] for each in told(manifest)] == [(f"{path}.containers[0].image", "a:1")]


def test_an_item_of_a_list_is_told_by_its_own_name() -> None:
    (found,) = read("kind: List\nitems:\n- kind: Pod\n  metadata: {name: p, namespace: n}\n  " + TEMPLATE)
    assert isinstance(found, ManifestImage)
    assert (found.kind, found.name, found.namespace, found.container) == ("Pod", "p", "n", "main")


def test_every_list_of_containers_and_image_volumes_are_read() -> None:
    text = """\
kind: Pod
spec:
  initContainers:
  - {name: side, image: init:1, restartPolicy: Always}
  containers:
  - name: main
    image: main:1
  ephemeralContainers:
  - image: debug:1
    name: debug
  volumes:
  - name: data
    image:
      reference: data:1
      pullPolicy: Always
  - name: other
    emptyDir: {}
"""
    found = read(text)
    assert [(each.line, each.container, each.image) for each in found if isinstance(each, ManifestImage)] == [
        (4, "side", "init:1"),
        (7, "main", "main:1"),
        (9, "debug", "debug:1"),
        (14, "volume/data", "data:1"),
    ]


def test_custom_resources_are_read_at_the_paths_that_are_known() -> None:
    text = """\
kind: Workflow
spec:
  image: a:1
  images: [b:1]
---
kind: Runner
spec:
  parts:
  - name: other
    from: no:1
  - name: main
    from: c:1
---
kind: Unknown
spec: {image: d:1}
"""
    assert told(text) == [
        (3, "spec.image", "a:1"),
        (4, "spec.images[0]", "b:1"),
        (12, "spec.parts[1].from", "c:1"),
    ]


def test_an_alias_and_a_merge_are_told_where_the_image_is_written_and_where_it_is_used() -> None:
    text = """\
x: &main
  name: main
  image: &image a:1
spec:
  containers:
  - *main
  - <<: *main
    name: second
  - <<: [*main]
    image: b:1
  - name: third
    image: *image
"""
    assert told(text) == [
        (3, "spec.containers[0].image", "a:1"),
        (3, "spec.containers[1].image", "a:1"),
        (3, "spec.containers[3].image", "a:1"),
        (10, "spec.containers[2].image", "b:1"),
    ]


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (["image: good:1", "<<: {image: evil:1}"], 4),
        (["image: good:1", "<<: [{name: a}, {image: evil:1}]"], 4),
        (["? &m <<", ": {image: good:1}", "*m : {image: evil:1}"], 5),
        (["&k image: good:1", "*k : evil:1"], 4),
        (["image: good:1", "name: &m <<", "*m : {image: evil:1}"], 5),
    ],
)
def test_a_merge_or_an_alias_that_kubernetes_puts_over_an_image_is_refused(
    keys: list[str], line: int
) -> None:
    """kubectl takes what a merge key brings over what stands before it: other parsers never do."""
    first, *others = keys
    text = "\n".join(["spec:", "  containers:", f"  - {first}", *(f"    {each}" for each in others), ""])
    assert told(text) == [(line, "duplicate-key")]


def test_a_merge_over_a_list_of_containers_is_refused() -> None:
    text = "spec:\n  containers: []\n  <<: {containers: [{image: evil:1}]}\n"
    assert told(text) == [(3, "duplicate-key")]


@pytest.mark.parametrize(
    "text",
    [
        "spec:\r\n  containers:\r\n  - image: a\r\n---\r\nspec:\r\n  containers:\r\n  - image: b\r\n",
        "spec:\n  containers:\n  - image: a\n---\nspec:\n  containers:\n  - image: b\n",
        "\ufeffspec:\n  containers:\n  - image: a\n--- # next\nspec:\n  containers:\n  - image: b\n",
        "spec:\r  containers:\r  - image: a\r---\rspec:\r  containers:\r  - image: b\r",
        "%YAML 1.1\n---\nspec: {containers: [\n{image: a}]}\n---\nspec: {containers: [\n\n{image: b}]}\n",
    ],
    ids=["CRLF", "LF", "BOM", "CR", "directive"],
)
def test_lines_are_those_of_editors(text: str) -> None:
    lines = [each[0] for each in told(text)]
    assert lines == ([4, 8] if text.startswith("%") else [3, 7])


def test_other_line_breaks_of_yaml_are_none_of_an_editor() -> None:
    text = 'a: "x\u2028y\u0085z"\nspec:\n  containers:\n  - image: a\n'
    assert told(text) == [(4, "spec.containers[0].image", "a")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_encodings_are_read_by_their_mark(encoding: str) -> None:
    assert told(TEMPLATE.encode(encoding)) == [(1, "spec.containers[0].image", "a:1")]


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("image: {{ .Values.image }\n", 1, "template"),
        ("x: 1\n{{- if .Values.image }}\ny: 2\n", 2, "template"),
        ("spec:\n\timage: a\n", 2, "not-yaml"),
        ("image: [a\n", 1, "not-yaml"),
        ("image: \x01\n", 1, "not-yaml"),
        (b"image: \xff\n", 1, "not-yaml"),
        ("a: 1\nspec:\n  image: a\n  image: b\n", 4, "duplicate-key"),
        ("a: &a {image: x}\nb: &b {image: y}\nc:\n  <<: *a\n  <<: *b\n", 5, "duplicate-key"),
        ("a: *image\n", 1, "unknown-alias"),
        ("spec:\n  containers:\n  - name: a\n    image: {{ .Values.image }}\n", 4, "image-not-text"),
        ("spec:\n  containers:\n  - name: a\n    image: [a]\n", 4, "image-not-text"),
        ("spec:\n  containers:\n  - image: !!int 3\n", 3, "image-not-text"),
        ("spec:\n  containers:\n  - !!binary aW1hZ2U=: YTox\n", 3, "binary-tag"),
        ("image: " + "[" * 20_000 + "]" * 20_000, 1, "nested-too-deeply"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_and_its_neighbours_are_read(
    text: str | bytes, line: int, code: str
) -> None:
    bad = text if isinstance(text, bytes) else text.encode()
    good = TEMPLATE.encode()
    if bad[:8] != b"image: \xff":
        assert told(b"\n".join((good, b"---", bad, b"---", good)))[1] == (line + 2, code)
        assert len(told(b"\n".join((good, b"---", bad, b"---", good)))) == 3
    assert told(bad) == [(line, code)]


def test_an_image_in_a_key_with_escapes_is_found() -> None:
    assert told('spec:\n  "c\\u006fntainers":\n  - "im\\u0061ge": a\n') == [
        (3, "spec.containers[0].image", "a")
    ]


def test_thousands_of_levels_are_read() -> None:
    deep = "".join(f"{' ' * level}a:\n" for level in range(3000))
    found = told(f"{deep}{' ' * 3000}containers: [{{image: a}}]\n")
    assert [(each[0], each[2]) for each in found] == [(3001, "a")]
    assert told("image: " + "[" * 3000 + "]" * 3000) == []


def test_aliases_that_repeat_themselves_without_end_are_refused() -> None:
    bomb = "a0: &a0 [{containers: [{image: x}]}]\n"
    for level in range(9):
        bomb += f"a{level + 1}: &a{level + 1} [{', '.join([f'*a{level}'] * 9)}]\n"
    assert told(bomb) == [(1, "too-many-aliases")]


@pytest.mark.parametrize(("count", "last"), [(1, "x"), (2, "too-many-aliases")])
def test_so_are_those_that_the_objects_of_a_list_repeat_together(count: int, last: str) -> None:
    """Each of them alone repeats few enough."""
    few = f"a: &a [{', '.join(['{image: x}'] * 300)}]\nb: &b [{', '.join(['*a'] * 200)}]\n"
    items = ", ".join(["{containers: [{image: x}], b: *b}"] * count)
    found = told(f"{few}kind: PodList\nitems: [{items}]\n")
    assert [each[-1] for each in found] == [last]


@pytest.mark.parametrize("text", ['"null"', "'~'", "!!str null"])
def test_what_is_null_in_quotes_is_an_image(text: str) -> None:
    image = text.removeprefix("!!str ").strip("'\"")
    written = f"spec:\n  containers:\n  - image: {text}\n"
    assert told(written) == [(3, "spec.containers[0].image", image)]


def test_a_text_that_is_no_image_is_passed_over() -> None:
    assert told("kind: ConfigMap\ndata: {x: 'containers: [{image: a}]'}\n") == []
    assert (
        told("spec: {containers: [{name: a}, {image: null}, {image: ''}], volumes: [{image: {x: y}}]}") == []
    )
