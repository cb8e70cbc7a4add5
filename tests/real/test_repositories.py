"""The same behaviour from a layout, from a registry with the referrers API and from one without."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ldmrelease.domain.images import ImageProblem, digest_of
from ldmrelease.registry.errors import DigestMismatch, LimitExceeded, NotFound, RegistryError
from ldmrelease.registry.fallback import fallback_tag
from ldmrelease.registry.image_identity import identity
from ldmrelease.registry.manifests import EMPTY_JSON, OCI_INDEX, OCI_MANIFEST
from ldmrelease.registry.oci_layout import LayoutRepository
from ldmrelease.registry.referrers import DSSE_ENVELOPE, list_referrers, read_referrer, referrer_manifest
from ldmrelease.registry.repository import Repository
from tests.images import attach, descriptor_of, put_legacy_attestation, put_sample_image, put_sample_index
from tests.real.registries import RunningRegistry

pytestmark = pytest.mark.real

Open = Callable[[str], Repository]
_names = (f"room{number}" for number in itertools.count())


@pytest.fixture(params=["layout", "docker_registry", "referrers_registry", "container_registry"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens repositories, each time with knowledge of its own, in one kind of place after the other."""
    room = next(_names)
    if request.param == "layout":
        return lambda name: LayoutRepository(tmp_path / name, name=f"oci:{name}")
    running: RunningRegistry = request.getfixturevalue(request.param)
    return lambda name: running.open(f"{room}/{name}")


def test_an_empty_place_has_nothing(place: Open) -> None:
    lab = place("lab")
    assert lab.tags() == []
    assert lab.resolve("w_2023_16") is None
    assert lab.resolve(digest_of(b"x")) is None
    assert not lab.has_blob(digest_of(b"nowhere"))
    assert lab.referrers(digest_of(b"x")) == list_referrers(lab, digest_of(b"x")) == []
    assert identity(lab, "w_2023_16") == ImageProblem("absent", "w_2023_16")
    for ask in (lab.manifest, lab.blob, lambda digest: list(lab.stream_blob(digest))):
        with pytest.raises(NotFound, match=lab.name):
            ask(digest_of(b"nothing at all"))


def test_what_was_put_is_there_under_tag_and_digest(place: Open) -> None:
    lab = place("lab")
    image = put_sample_index(lab, "w_2023_16", seed="a")
    other = place("lab")
    assert identity(other, "w_2023_16") == identity(other, image.index) == image
    single = descriptor_of(other, image.platforms[0].manifest)
    assert (single.media_type, single.digest) == (OCI_MANIFEST, image.platforms[0].manifest)
    assert descriptor_of(other, "w_2023_16").media_type == OCI_INDEX
    assert other.manifest("w_2023_16").digest == image.index
    for blob in other.manifest(image.platforms[0].manifest).blobs():
        content = other.blob(blob.digest, limit=blob.size)
        assert len(content) == blob.size
        assert b"".join(other.stream_blob(blob.digest)) == content
        with pytest.raises(LimitExceeded):
            other.blob(blob.digest, limit=blob.size - 1)


def test_a_single_manifest_is_its_own_index(place: Open) -> None:
    lab = place("lab")
    image = put_sample_image(lab, "t", seed="a", platform="linux/arm64")
    assert identity(lab, "t") == image
    assert image.index == image.platforms[0].manifest
    assert image.platforms[0].platform == "linux/arm64"


def test_tags_are_all_listed_in_order(place: Open) -> None:
    lab = place("lab")
    put_sample_image(lab, "t0", seed="a", layers=[])
    manifest = lab.manifest("t0")
    expected = [f"t{number}" for number in range(120)]
    for tag in expected:
        lab.put_manifest(manifest.content, manifest.media_type, tag)
    assert place("lab").tags() == sorted(expected)


def test_streams_are_checked_before_they_are_stored(place: Open) -> None:
    lab = place("lab")
    content = b"0123456789" * 5000
    lab.put_stream(digest_of(content), len(content), (content[at : at + 999] for at in range(0, 50_000, 999)))
    assert lab.blob(digest_of(content)) == content
    with pytest.raises(RegistryError):
        lab.put_stream(digest_of(b"one thing"), 9, [b"other one"])
    assert not lab.has_blob(digest_of(b"one thing"))


def test_a_referrer_is_found_and_read_back(place: Open) -> None:
    lab = place("lab")
    image = put_sample_image(lab, "t", seed="a")
    digest = attach(lab, "t", "text/x-note", b"hello", author="anna")
    [found] = list_referrers(place("lab"), image.index)
    assert found.digest == digest
    read = read_referrer(place("lab"), found, image.index)
    assert read is not None
    assert (read.artifact_type, dict(read.annotations)) == ("text/x-note", {"author": "anna"})
    assert [(layer.media_type, layer.content) for layer in read.layers] == [("text/x-note", b"hello")]
    with pytest.raises(LimitExceeded):
        read_referrer(lab, found, image.index, limit=4)
    assert read_referrer(lab, found, digest_of(b"another subject")) is None
    assert list_referrers(lab, image.platforms[0].config) == []


def test_pushing_the_same_referrer_again_changes_nothing(place: Open) -> None:
    lab = place("lab")
    image = put_sample_image(lab, "t", seed="a")
    assert attach(lab, "t") == attach(place("lab"), "t")
    assert len(list_referrers(lab, image.index)) == 1


def test_other_types_are_left_out(place: Open) -> None:
    lab = place("lab")
    image = put_sample_image(lab, "t", seed="a")
    attach(lab, "t", "text/x-note")
    report = attach(lab, "t", "text/x-report")
    found = list_referrers(lab, image.index, "text/x-report")
    kept = [read_referrer(lab, each, image.index) for each in found]
    assert [each.digest for each in kept if each and each.artifact_type == "text/x-report"] == [report]


def test_writers_at_once_lose_no_referrer(place: Open) -> None:
    image = put_sample_image(place("lab"), "t", seed="a")
    made: list[str] = []

    def write(number: int) -> None:
        made.append(attach(place("lab"), "t", content=str(number).encode()))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 5
    assert {each.digest for each in list_referrers(place("lab"), image.index)} == set(made)


def test_cosigns_older_attestations_are_listed(place: Open) -> None:
    lab = place("lab")
    image = put_sample_image(lab, "t", seed="a")
    legacy = put_legacy_attestation(lab, image.index, b"envelope 1", b"envelope 2")
    note = attach(lab, "t")
    found = list_referrers(lab, image.index)
    assert {each.digest for each in found} == {legacy, note}
    [listed] = [each for each in found if each.artifact_type == DSSE_ENVELOPE]
    read = read_referrer(lab, listed, image.index)
    assert read is not None
    assert [layer.content for layer in read.layers] == [b"envelope 1", b"envelope 2"]


def test_a_list_at_the_fallback_tag_counts_even_beside_the_api(place: Open) -> None:
    lab = place("lab")
    image = put_sample_image(lab, "t", seed="a")
    body = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [descriptor_of(lab, image.index).as_json()],
    }
    lab.put_manifest(json.dumps(body).encode(), OCI_INDEX, fallback_tag(image.index))
    [listed] = list_referrers(lab, image.index)
    assert listed.digest == image.index
    # It is listed, but the manifest is about nothing.
    assert read_referrer(lab, listed, image.index) is None


def test_a_mount_moves_no_bytes_or_says_that_it_cannot(place: Open) -> None:
    lab, other = place("lab"), place("other")
    digest = lab.put_blob(b"a layer")
    if other.mount(digest, lab):
        assert other.blob(digest) == b"a layer"
    else:
        assert other.meter.requests == 1


def test_a_referrer_may_come_before_its_subject(place: Open) -> None:
    lab, elsewhere = place("lab"), place("elsewhere")
    image = put_sample_image(elsewhere, "t", seed="late")
    for blob in (EMPTY_JSON, b"early"):
        lab.put_blob(blob)
    content = referrer_manifest(descriptor_of(elsewhere, "t"), "text/x", [("text/x", b"early")], {})
    digest = lab.put_manifest(content, OCI_MANIFEST)
    lab.record_referrers(image.index, [descriptor_of(lab, digest)])
    assert [each.digest for each in list_referrers(lab, image.index)] == [digest]


def test_damage_on_the_registrys_disk_is_seen(docker_registry: RunningRegistry) -> None:
    lab = docker_registry.open("damage/lab")
    content = b"a layer that will be damaged"
    digest = lab.put_blob(content)
    hexes = digest.removeprefix("sha256:")
    blobs = docker_registry.directory / "data/docker/registry/v2/blobs/sha256"
    (blobs / hexes[:2] / hexes / "data").write_bytes(b"a layer that was     damaged")
    with pytest.raises(DigestMismatch, match="damage/lab"):
        lab.blob(digest)
    with pytest.raises(DigestMismatch):
        list(lab.stream_blob(digest))
