"""Manifests whose images are named by component, resolved to digests; and where a site keeps its images."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.site_registry import site_repository
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.targets.editors.component_manifests import resolve_manifest
from ldmrelease.targets.results import Refusal

DIGEST = "sha256:" + "1" * 64
COMPONENTS = (
    Component("scipipe", ComponentKind.IMAGE, "docker.io/lsst/scipipe", "w_1", DIGEST),
    Component("lab", ComponentKind.IMAGE, "oci:images/lab", "w_1", DIGEST),
    Component(
        "phalanx", ComponentKind.CONFIGURATION, "https://git.example/phalanx", "1", "gitCommit:" + "0" * 40
    ),
)
RELEASE = Release("rsp", "w_1", "weekly", COMPONENTS, (), None)

MANIFEST = """\
# The prompt processing.   component://scipipe stays here
apiVersion: apps/v1
kind: Deployment
metadata: {name: prompt}
spec:
  template:
    spec:
      containers:
        - name: main
          image: component://scipipe  # by the release
          args: [ 'a',   "b" ]
        - {name: side, image: "component://scipipe"}
        - name: quoted
          image: 'component://lab'
---
kind: ConfigMap   # another document
"""


@pytest.mark.parametrize(
    ("source", "registry", "expected"),
    [
        ("docker.io/lsst/scipipe", "registry.base.example/lsst", "registry.base.example/lsst/lsst/scipipe"),
        ("ghcr.io/lsst-sqre/lab", "127.0.0.1:5009", "127.0.0.1:5009/lsst-sqre/lab"),
        ("oci:images/scipipe", "127.0.0.1:5009", "127.0.0.1:5009/scipipe"),
        ("oci:scipipe", "127.0.0.1:5009/", "127.0.0.1:5009/scipipe"),
        ("lsst/scipipe", None, "docker.io/lsst/scipipe"),
        ("oci:images/scipipe", None, "oci:images/scipipe"),
    ],
)
def test_a_site_keeps_an_image_under_its_path(source, registry, expected):
    assert site_repository(source, registry) == expected


def test_components_become_digests_and_everything_else_stays():
    resolved = resolve_manifest(MANIFEST, RELEASE, None)
    expected = (
        MANIFEST.replace("image: component://scipipe", f"image: docker.io/lsst/scipipe@{DIGEST}")
        .replace('"component://scipipe"', f'"docker.io/lsst/scipipe@{DIGEST}"')
        .replace("'component://lab'", f"'oci:images/lab@{DIGEST}'")
    )
    assert resolved == expected


def test_a_site_registry_is_named_in_place_of_where_images_were_built():
    resolved = resolve_manifest(MANIFEST, RELEASE, "127.0.0.1:5009/site")
    assert isinstance(resolved, str)
    images = [
        each["image"] for each in next(yaml.safe_load_all(resolved))["spec"]["template"]["spec"]["containers"]
    ]
    assert images == [
        f"127.0.0.1:5009/site/{path}@{DIGEST}" for path in ("lsst/scipipe", "lsst/scipipe", "lab")
    ]


def test_every_unknown_component_is_refused_with_its_line():
    text = "a: component://scipipe\nb: component://sciplot\nc: component://phalanx\n"
    refusal = resolve_manifest(text, RELEASE, None, "prompt.yaml")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "unknown-component"
    found = [tuple(each.values[key] for key in ("file", "line", "found")) for each in refusal.each]
    assert found == [("prompt.yaml", 2, "sciplot"), ("prompt.yaml", 3, "phalanx")]


def test_what_is_no_yaml_is_refused_with_its_line():
    refusal = resolve_manifest("a: 1\nb: [component://lab\n", RELEASE, None, "prompt.yaml")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not-yaml"
    assert refusal.values["line"] is not None


@given(
    st.recursive(
        st.text() | st.integers() | st.just("component://scipipe"),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
    st.sampled_from([None, "'", '"']),
)
def test_any_document_says_the_same_but_for_the_images(document, style):
    text = yaml.safe_dump(document, default_style=style)
    resolved = resolve_manifest(text, RELEASE, None)
    assert isinstance(resolved, str)
    assert yaml.safe_load(resolved) == _with_images(yaml.safe_load(text))


def _with_images(document):
    if isinstance(document, dict):
        return {_with_images(key): _with_images(value) for key, value in document.items()}
    if isinstance(document, list):
        return [_with_images(each) for each in document]
    return f"docker.io/lsst/scipipe@{DIGEST}" if document == "component://scipipe" else document
