"""From tag to ready: the newest time that an image of the release says of itself, and what is not a time."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ldmrelease.answers.sentences.causes import availability_words
from ldmrelease.domain.images import ImageIdentity, digest_of, parse_reference
from ldmrelease.domain.level import Level
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.times import instant
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.registry.image_identity import identity
from ldmrelease.registry.manifests import (
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    write_object,
)
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import Repository
from ldmrelease.services.promotions.availability import CREATED, availability

READY = instant("2023-04-20T15:12:00Z")


def put_image(
    repository: Repository, architecture: str, created: str | None, annotated: str | None = None
) -> str:
    config = {"os": "linux", "architecture": architecture} | ({"created": created} if created else {})
    content = json.dumps(config).encode()
    repository.put_blob(content)
    described = Descriptor(OCI_CONFIG, digest_of(content), len(content)).as_json()
    body: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described, "layers": []}
    if annotated:
        body["annotations"] = {CREATED: annotated}
    return repository.put_manifest(write_object(body), OCI_MANIFEST)


def put_index(repository: Repository, *manifests: str, annotated: str | None = None) -> str:
    entries = [repository.manifest(each).descriptor().as_json() for each in manifests]
    body: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    if annotated:
        body["annotations"] = {CREATED: annotated}
    return repository.put_manifest(write_object(body), OCI_INDEX)


class Images:
    """A layout, and releases of what is in it."""

    def __init__(self, root: Path) -> None:
        self.registries = Registries(root)
        self.repository = self.registries.open(parse_reference("oci:app"))

    def component(self, digest: str, source: str = "oci:app") -> Component:
        found = identity(self.repository, digest)
        assert isinstance(found, ImageIdentity)
        return Component(digest[:12], ComponentKind.IMAGE, source, "t", found.index, found.platforms)

    def measured(self, *components: Component, asked: int | None = 4 * 3600) -> dict[str, Any]:
        release = Release("stack", "w.2023.16", "weekly", components, (), None)
        pinned: Any = SimpleNamespace(release=release)
        level = Level("development", 1, "sha256:" + "0" * 64, (), (), availability=asked)
        return availability(self.registries, pinned, level, READY)


@pytest.fixture
def images(tmp_path: Path) -> Images:
    return Images(tmp_path)


def test_a_release_is_tagged_when_the_last_of_its_images_was_built(images: Images) -> None:
    first = put_image(images.repository, "amd64", "2023-04-20T09:00:00.123456789Z")
    second = put_image(images.repository, "amd64", "2023-04-20T12:00:00+02:00")
    found = images.measured(images.component(first), images.component(second))
    assert found == {
        "tagged": "2023-04-20T10:00:00Z",
        "ready": "2023-04-20T15:12:00Z",
        "seconds": 5 * 3600 + 12 * 60,
        "asked": 4 * 3600,
        "met": False,
    }
    assert images.measured(images.component(second), asked=8 * 3600)["met"] is True


def test_an_index_or_manifest_may_say_it_and_the_last_platform_counts(images: Images) -> None:
    early = put_image(images.repository, "amd64", "2023-04-20T09:00:00Z")
    late = put_image(images.repository, "arm64", None, annotated="2023-04-20T11:00:00Z")
    index = put_index(images.repository, early, late)
    assert images.measured(images.component(index))["tagged"] == "2023-04-20T11:00:00Z"
    index = put_index(images.repository, early, late, annotated="2023-04-20T11:30:00Z")
    assert images.measured(images.component(index))["tagged"] == "2023-04-20T11:30:00Z"


@pytest.mark.parametrize(
    "created", [None, "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "yesterday", "2023-04-20T10:00:00"]
)
def test_what_is_no_time_of_a_build_is_not_known(images: Images, created: str | None) -> None:
    found = images.measured(images.component(put_image(images.repository, "amd64", created)))
    assert (found["tagged"], found["seconds"], found["met"]) == (None, None, None)
    assert availability_words(found) == "when it was tagged is not known; asked: within 4h"


def test_a_level_that_asks_for_nothing_measures_all_the_same(images: Images) -> None:
    image = put_image(images.repository, "amd64", "2023-04-20T10:00:00Z")
    found = images.measured(images.component(image), asked=None)
    assert (found["seconds"], found["asked"], found["met"]) == (18720, None, None)


def test_a_build_in_the_future_took_no_time(images: Images) -> None:
    later = READY + timedelta(minutes=1)
    image = put_image(images.repository, "amd64", later.isoformat())
    assert images.measured(images.component(image))["seconds"] == 0


def test_an_image_that_is_gone_spoils_nothing(images: Images, tmp_path: Path) -> None:
    image = images.component(put_image(images.repository, "amd64", "2023-04-20T10:00:00Z"))
    images.registries = Registries(tmp_path / "elsewhere")
    assert images.measured(image)["tagged"] is None


def test_it_is_said_in_words() -> None:
    measured = {"seconds": 18720, "asked": 28800, "met": True}
    assert availability_words(measured) == "ran there 5h 12m after its tag; asked: within 8h"
    late = availability_words(measured | {"asked": 3600, "met": False})
    assert late.endswith("asked: within 1h, which it did not meet")
    assert availability_words(None) == ""
