"""An image is there if all of it is there: what is missing is named, each digest is asked for once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldmrelease.domain.images import ImageIdentity
from ldmrelease.registry.errors import DigestMismatch
from ldmrelease.registry.oci_layout import LayoutRepository
from ldmrelease.registry.presence import MissingPart, missing_parts
from tests.images import put_sample_image, put_sample_index

AMD64, ARM64 = "linux/amd64", "linux/arm64"


class Counting(LayoutRepository):
    """Notes which blobs were asked for."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, name="oci:lab")
        self.asked: list[str] = []

    def has_blob(self, digest: str) -> bool:
        self.asked.append(digest)
        return super().has_blob(digest)


@pytest.fixture
def layout(tmp_path: Path) -> LayoutRepository:
    return LayoutRepository(tmp_path / "lab", name="oci:lab")


@pytest.fixture
def image(layout: LayoutRepository) -> ImageIdentity:
    return put_sample_index(layout, "t", seed="a")


def blob_path(directory: Path, digest: str) -> Path:
    return directory / "lab" / "blobs" / "sha256" / digest.removeprefix("sha256:")


def test_a_whole_image_lacks_nothing(layout: LayoutRepository, image: ImageIdentity) -> None:
    assert missing_parts(layout, [image]) == ()
    assert missing_parts(layout, [image], [AMD64]) == ()
    assert missing_parts(layout, []) == ()
    assert missing_parts(layout, [put_sample_image(layout, "u", seed="b")], [AMD64]) == ()


def test_each_part_that_is_missing_is_named(
    layout: LayoutRepository, image: ImageIdentity, tmp_path: Path
) -> None:
    amd64, arm64 = image.platform(AMD64), image.platform(ARM64)
    assert amd64 is not None
    assert arm64 is not None
    layer = layout.manifest(amd64.manifest).layers()[1].digest
    expected = [MissingPart(image.index, "layer", layer)]
    blob_path(tmp_path, layer).unlink()
    assert list(missing_parts(layout, [image])) == expected
    blob_path(tmp_path, amd64.config).unlink()
    expected.insert(0, MissingPart(image.index, "config", amd64.config))
    assert list(missing_parts(layout, [image])) == expected
    blob_path(tmp_path, arm64.manifest).unlink()
    expected.append(MissingPart(image.index, "manifest", arm64.manifest))
    assert list(missing_parts(layout, [image])) == expected
    blob_path(tmp_path, image.index).unlink()
    expected.insert(0, MissingPart(image.index, "index", image.index))
    assert list(missing_parts(layout, [image])) == expected


def test_other_platforms_are_not_asked_for(
    layout: LayoutRepository, image: ImageIdentity, tmp_path: Path
) -> None:
    arm64 = image.platform(ARM64)
    assert arm64 is not None
    for blob in layout.manifest(arm64.manifest).blobs():
        blob_path(tmp_path, blob.digest).unlink()
    assert missing_parts(layout, [image], [AMD64]) == ()
    assert {part.kind for part in missing_parts(layout, [image], [ARM64])} == {"config", "layer"}


def test_a_platform_that_the_image_does_not_have_is_missing(
    layout: LayoutRepository, image: ImageIdentity
) -> None:
    missing = missing_parts(layout, [image], [AMD64, "linux/s390x"])
    assert missing == (MissingPart(image.index, "platform", "linux/s390x"),)


def test_what_is_damaged_is_not_missing(
    layout: LayoutRepository, image: ImageIdentity, tmp_path: Path
) -> None:
    path = blob_path(tmp_path, image.platforms[0].manifest)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DigestMismatch):
        missing_parts(layout, [image])


def test_what_images_share_is_asked_for_once_and_missing_in_each(tmp_path: Path) -> None:
    layout = Counting(tmp_path / "lab")
    first = put_sample_image(layout, "a", seed="same")
    manifest = layout.manifest("a")
    other = layout.put_manifest(manifest.content + b" ", manifest.media_type, "b")
    second = ImageIdentity(other, tuple(type(each)(AMD64, other, each.config) for each in first.platforms))
    layout.asked.clear()
    assert missing_parts(layout, [first, second]) == ()
    assert sorted(layout.asked) == sorted(blob.digest for blob in manifest.blobs())

    layer = manifest.layers()[0].digest
    blob_path(tmp_path, layer).unlink()
    assert missing_parts(layout, [first, second]) == (
        MissingPart(first.index, "layer", layer),
        MissingPart(second.index, "layer", layer),
    )
