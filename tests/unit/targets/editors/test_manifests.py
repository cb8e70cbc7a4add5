"""Kustomizations, HelmReleases and plain manifests are settings like any other: exactly the lines they must."""

import pytest

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.targets import ImageSettingsTarget, MemoryFile, Setting, Writes
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.targets.editors import image_settings
from ldmrelease.targets.results import Refusal, Snapshot
from ldmrelease.targets.stores.reading import PathsToRead, one_text

OLD, NEW = ("sha256:" + each * 64 for each in "12")
SOURCE = "ghcr.io/shop/web"
RELEASE = Release(
    "shop", "2.0", "release", (Component("web", ComponentKind.IMAGE, SOURCE, "2.0", NEW),), (), None
)
TAG = f"images[name={SOURCE}].newTag"
DIGEST = f"images[name={SOURCE}].digest"
FILE = "kustomization.yaml"
HELM_RELEASES = """\
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
  namespace: shop
spec:
  interval: 10m
  values:
    image:
      repository: ghcr.io/shop/web
      tag: "1.0" # {"$imagepolicy": "shop:web:tag"}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: other, namespace: shop}
spec:
  values: {image: {repository: ghcr.io/shop/other, tag: "1.0"}}
"""
DEPLOY = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec: {ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      initContainers:
        - image: ghcr.io/shop/migrate:1.0
          name: migrate
      containers:
        - image: ghcr.io/shop/web:1.0   # the shop
          name: web
        - name: proxy
          image: envoyproxy/envoy:v1.30
"""


def target(*settings: Setting) -> ImageSettingsTarget:
    return ImageSettingsTarget(MemoryFile(FILE), settings)


def read(own: ImageSettingsTarget, text: str) -> Snapshot:
    paths = PathsToRead(image_settings.paths(own), image_settings.optional(own), image_settings.beside(own))
    return one_text(FILE, text.encode()).snapshot(paths, "r")


def written(text: str, path: str, writes: Writes = Writes.TAG) -> str | Refusal:
    own = target(Setting("web", path, writes))
    there = read(own, text)
    edits = image_settings.desired(own, RELEASE, there)
    if isinstance(edits, Refusal):
        return edits
    texts = one_text(FILE, text.encode())
    after = texts.edited(edits, PathsToRead(list(edits), image_settings.optional(own)))[FILE].decode()
    (stated,) = image_settings.stated(own, read(own, after))
    assert stated.invalid is None
    assert stated.repository is not None
    assert stated.repository.text == SOURCE
    assert (stated.digest or stated.tag) == (NEW if writes is Writes.DIGEST else "2.0")
    before = {path: there.values[path] for path in edits}
    assert one_text(FILE, after.encode()).edited(before, PathsToRead(list(before), list(before))) == {
        FILE: text.encode()
    }
    return after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("resources: [a.yaml]\n", 'resources: [a.yaml]\nimages:\n  - name: ghcr.io/shop/web\n    newTag: "2.0"\n'),
        (
            "resources:\n- a.yaml\nimages:\n- name: ghcr.io/shop/api # the api\n  newTag: v3\n# done\npatches: []\n",
            "resources:\n- a.yaml\nimages:\n- name: ghcr.io/shop/api # the api\n  newTag: v3\n"
            '- name: ghcr.io/shop/web\n  newTag: "2.0"\n# done\npatches: []\n',
        ),
        (
            "images:\n- name: ghcr.io/shop/web\n  newTag: '1.0' # c\n",
            "images:\n- name: ghcr.io/shop/web\n  newTag: '2.0' # c\n",
        ),
        (
            "images:\n- newTag: '1.0'\n  name: ghcr.io/shop/web\n",
            "images:\n- newTag: '2.0'\n  name: ghcr.io/shop/web\n",
        ),
        ("images: []\n", 'images: [{name: ghcr.io/shop/web, newTag: "2.0"}]\n'),
    ],
)  # fmt: skip
def test_an_image_of_a_kustomization_gets_its_tag_and_its_entry(text: str, after: str) -> None:
    assert written(text, TAG) == after


def test_a_digest_takes_the_place_of_a_tag() -> None:
    text = "images:\n  - name: ghcr.io/shop/web\n    newTag: '1.0'\nresources: []\n"
    own = target(Setting("web", DIGEST, Writes.DIGEST))
    edits = image_settings.desired(own, RELEASE, read(own, text))
    assert isinstance(edits, dict)
    after = (
        one_text(FILE, text.encode())
        .edited(edits, PathsToRead(list(edits), image_settings.optional(own)))[FILE]
        .decode()
    )
    assert after == f"images:\n  - name: ghcr.io/shop/web\n    digest: {NEW}\nresources: []\n"


def test_a_tag_beside_which_a_digest_stands_is_refused() -> None:
    refusal = written(f"images:\n- name: {SOURCE}\n  newTag: '1.0'\n  digest: {OLD}\n", TAG)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "digest-beside"


def test_tag_and_digest_of_one_image_contradict_each_other() -> None:
    own = target(Setting("web", TAG), Setting("web", DIGEST, Writes.DIGEST))
    refusal = image_settings.desired(own, RELEASE, read(own, "images: []\n"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "parts-contradict"


@pytest.mark.parametrize(
    ("path", "more"), [("images[name=web].newTag", ""), (TAG, "  newName: mirror.example/other\n")]
)
def test_an_image_that_is_found_elsewhere_is_no_component_s(path: str, more: str) -> None:
    refusal = written(f"images:\n- name: {SOURCE if path == TAG else 'web'}\n  newTag: '1'\n{more}", path)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "foreign-image"


def test_a_new_name_is_read_along() -> None:
    text = f"images:\n- name: web\n  newName: {SOURCE}\n  newTag: '1.0'\n"
    assert written(text, "images[name=web].newTag") == text.replace("1.0", "2.0")


def test_the_values_of_a_helm_release_among_several() -> None:
    after = written(HELM_RELEASES, "HelmRelease/web:spec.values.image.tag")
    assert after == HELM_RELEASES.replace('tag: "1.0" # {', 'tag: "2.0" # {')


def test_the_image_of_a_plain_manifest() -> None:
    after = written(DEPLOY, "Deployment/web:spec.template.spec.containers[web].image", Writes.IMAGE)
    assert after == DEPLOY.replace("shop/web:1.0   #", "shop/web:2.0   #")
    assert parse_reference("ghcr.io/shop/web:2.0").tag == "2.0"


def test_two_manifests_of_one_name_are_refused() -> None:
    own = target(Setting("web", "HelmRelease/web:spec.values.image.tag"))
    with pytest.raises(Exception, match="two-manifests-of-name"):
        read(own, HELM_RELEASES.replace("name: other", "name: web"))
