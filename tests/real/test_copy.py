"""Copies: few requests, nothing twice, everything that refers, and never what holds for one place only."""

from __future__ import annotations

import base64
import itertools
import json
import threading
from pathlib import Path

import pytest

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.copy import Copier, copy
from ldmrelease.registry.image_identity import identity
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.referrers import DSSE_ENVELOPE, list_referrers, read_referrer
from ldmrelease.registry.repository import Repository
from tests.images import attach, descriptor_of, put_legacy_attestation, put_sample_image, put_sample_index
from tests.real.cosign_tags import SPDX, put_at_tag, signature, signatures_at
from tests.real.faultproxy import (
    Answer,
    FaultProxy,
    Passage,
    delay,
    status,
)
from tests.real.new_repositories import NAMESPACES, opener
from tests.real.registries import RunningRegistry

pytestmark = pytest.mark.real


RECEIPT = "https://slsa.dev/verification_summary/v1"


def envelope(predicate_type: str) -> bytes:
    statement = json.dumps({"_type": "https://in-toto.io/Statement/v1", "predicateType": predicate_type})
    payload = base64.b64encode(statement.encode()).decode()
    return json.dumps(
        {"payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": []}
    ).encode()


PLACES = ["layout", "docker_registry", "referrers_registry"]


@pytest.fixture(params=list(itertools.product(PLACES, PLACES)), ids="-".join)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Repository, Repository]:
    """Two empty repositories, in every pair of kinds of places."""
    room, places = next(NAMESPACES), Registries(tmp_path)

    def open_one(kind: str, name: str) -> Repository:
        if kind == "layout":
            return places.open(parse_reference(f"oci:{room}/{name}"))
        running: RunningRegistry = request.getfixturevalue(kind)
        return places.open(parse_reference(f"{running.address}/{room}/{name}"))

    source, destination = request.param
    return open_one(source, "from"), open_one(destination, "to")


def test_an_index_goes_from_any_place_to_any_place_with_its_referrers(
    pair: tuple[Repository, Repository],
) -> None:
    source, destination = pair
    image = put_sample_index(source, "w_2023_16", seed="a")
    about_index = attach(source, image.index)
    about_platform = attach(source, image.platforms[1].manifest, content=b"arm64")
    legacy = put_legacy_attestation(source, image.index, envelope("text/x"))
    report = copy(source, "w_2023_16", destination)
    assert (report.digest, report.found) == (image.index, False)
    assert set(report.referrers) == {about_index, about_platform, legacy}
    assert identity(destination, "w_2023_16") == image
    for platform in image.platforms:
        for blob in destination.manifest(platform.manifest).blobs():
            assert len(destination.blob(blob.digest)) == blob.size
    listed = {each.digest for each in list_referrers(destination, image.index)}
    assert listed == {about_index, legacy}
    [found] = list_referrers(destination, image.platforms[1].manifest)
    read = read_referrer(destination, found, image.platforms[1].manifest)
    assert read is not None
    assert read.layers[0].content == b"arm64"

    again = copy(source, "w_2023_16", destination)
    assert (again.found, again.mounted, again.uploaded, again.referrers) == (True, 0, 0, ())


def test_within_a_registry_nothing_is_uploaded(docker_registry: RunningRegistry, tmp_path: Path) -> None:
    place = opener(docker_registry.address, tmp_path)
    source, destination = place("from"), place("to")
    image = put_sample_image(source, "t", seed="mount", layers=[64] * 5)
    report = copy(source, image.index, destination)
    assert (report.mounted, report.uploaded) == (6, 0)
    assert destination.tags() == []
    assert identity(destination, image.index) == image


@pytest.mark.parametrize("layers", [1, 20])
def test_requests_of_a_copy_within_a_registry(proxied: FaultProxy, tmp_path: Path, layers: int) -> None:
    place = opener(proxied.address, tmp_path)
    image = put_sample_image(place("from"), "t", seed=f"count{layers}", layers=[32] * layers)
    proxied.heal()
    fresh = Registries(tmp_path)
    source, destination = (fresh.open(parse_reference(place(name).name)) for name in ("from", "to"))
    report = copy(source, image.index, destination, tag="t", with_referrers=False)
    # The look whether it is there, then the floor: manifest, layers, configuration, manifest.
    assert proxied.count("HEAD") == 1
    assert proxied.count() == report.requests == layers + 3 + 1
    assert proxied.count("GET") == proxied.count("PUT") == 1

    proxied.heal()
    report = copy(source, image.index, destination, tag="t", with_referrers=False)
    assert (report.requests, proxied.count("HEAD")) == (1, 1)


def test_requests_of_a_second_copy(proxied_referrers: FaultProxy, tmp_path: Path) -> None:
    place = opener(proxied_referrers.address, tmp_path)
    image = put_sample_image(place("from"), "t", seed="second")
    copy(place("from"), image.index, place("to"), tag="t")
    proxied_referrers.heal()
    copy(place("from"), image.index, place("to"), tag="t")
    # One look at the image; one for what is about it, in the five places where there may be something.
    assert proxied_referrers.count("HEAD", "/to/manifests/t$") == 1
    assert proxied_referrers.count("GET", "/from/referrers/") == 1
    assert proxied_referrers.count("GET", "/from/manifests/sha256-[0-9a-f]{64}$") == 1
    for suffix in ("att", "sig", "sbom"):
        assert proxied_referrers.count("HEAD", rf"/from/manifests/sha256-[0-9a-f]{{64}}\.{suffix}$") == 1
    assert proxied_referrers.count() == 6


def test_over_a_slow_wire_all_layers_are_mounted_in_one_round_trip(
    proxied: FaultProxy, tmp_path: Path
) -> None:
    place = opener(proxied.address, tmp_path)
    image = put_sample_image(place("from"), "t", seed="slow", layers=[32] * 20)
    together = threading.Barrier(21)

    def answered_together(passage: Passage) -> Answer:
        together.wait(timeout=20)
        return passage.forward()

    proxied.heal()
    proxied.fail("GET", "/from/manifests/", delay(0.3))
    proxied.fail("POST", "/to/blobs/uploads/", answered_together)
    report = copy(place("from"), "t", place("to"), with_referrers=False)
    assert (report.digest, report.mounted, report.requests) == (image.index, 21, 24)
    assert not together.broken


def test_one_layer_in_many_images_is_placed_once(proxied: FaultProxy, tmp_path: Path) -> None:
    place = opener(proxied.address, tmp_path)
    source = place("from")
    put_sample_image(source, "a", seed="same", layers=[32] * 4)
    manifest = source.manifest("a")
    for tag in "bc":
        source.put_manifest(
            manifest.content.replace(b'"schemaVersion"', b" " * ord(tag) + b'"schemaVersion"'),
            manifest.media_type,
            tag,
        )
    proxied.heal()
    with Copier(source, place("to"), with_referrers=False) as copier:
        reports = [copier.copy(tag) for tag in "abc"]
    assert [report.mounted for report in reports] == [5, 0, 0]
    assert proxied.count("POST") == 5
    assert place("to").tags() == ["a", "b", "c"]


def test_many_images_at_once(docker_registry: RunningRegistry, tmp_path: Path) -> None:
    place = opener(docker_registry.address, tmp_path)
    source, destination = place("from"), place("to")
    images = {f"t{number}": put_sample_image(source, f"t{number}", seed=str(number)) for number in range(12)}
    note = attach(source, "t7")
    with Copier(source, destination) as copier:
        reports = copier.copy_all(list(images))
    assert [report.digest for report in reports] == [image.index for image in images.values()]
    assert [report.referrers for report in reports if report.referrers] == [(note,)]
    assert destination.tags() == sorted([*images, images["t7"].index.replace(":", "-")])


def test_many_images_at_once_are_not_each_asked_for_tags_that_are_not_there(
    proxied: FaultProxy, tmp_path: Path
) -> None:
    place = opener(proxied.address, tmp_path)
    source, destination = place("from"), place("to")
    images = {f"t{number}": put_sample_image(source, f"t{number}", seed=str(number)) for number in range(12)}
    tag = put_at_tag(source, images["t7"].index, "sig", signature("a"))
    proxied.heal()
    with Copier(source, destination) as copier:
        reports = copier.copy_all(list(images))
    assert [report.tags for report in reports if report.tags] == [(tag,)]
    assert proxied.count("HEAD", "/from/manifests/") == 1
    assert descriptor_of(destination, tag) == descriptor_of(source, tag)


def test_a_list_of_tags_that_lacks_what_is_copied_is_no_proof_of_absence(
    proxied: FaultProxy, tmp_path: Path
) -> None:
    place = opener(proxied.address, tmp_path)
    source, destination = place("from"), place("to")
    images = {f"t{number}": put_sample_image(source, f"t{number}", seed=str(number)) for number in range(12)}
    tag = put_at_tag(source, images["t7"].index, "sig", signature("a"))
    proxied.fail("GET", "/from/tags/list", status(404))
    with Copier(source, destination) as copier:
        copier.copy_all(list(images))
    assert descriptor_of(destination, tag) == descriptor_of(source, tag)


def test_a_moved_tag_moves_at_the_destination(any_registry: RunningRegistry, tmp_path: Path) -> None:
    place = opener(any_registry.address, tmp_path)
    source, destination = place("from"), place("to")
    put_sample_image(source, "latest", seed="first")
    copy(source, "latest", destination)
    second = put_sample_image(source, "latest", seed="second")
    assert not copy(source, "latest", destination).found
    assert descriptor_of(destination, "latest").digest == second.index


def test_new_referrers_of_an_image_that_is_there_go_along(
    any_registry: RunningRegistry, tmp_path: Path
) -> None:
    place = opener(any_registry.address, tmp_path)
    source, destination = place("from"), place("to")
    image = put_sample_index(source, "t", seed="a")
    copy(source, "t", destination)
    late = attach(source, image.platforms[0].manifest)
    report = copy(source, "t", destination)
    assert (report.found, report.referrers) == (True, (late,))
    assert copy(source, "t", destination).referrers == ()


def test_referrers_stay_behind_when_told(any_registry: RunningRegistry, tmp_path: Path) -> None:
    place = opener(any_registry.address, tmp_path)
    image = put_sample_image(place("from"), "t", seed="a")
    attach(place("from"), "t")
    assert copy(place("from"), "t", place("to"), with_referrers=False).referrers == ()
    assert list_referrers(place("to"), image.index) == []


def test_signatures_and_sboms_at_cosigns_tags_go_along(pair: tuple[Repository, Repository]) -> None:
    source, destination = pair
    image = put_sample_index(source, "t", seed="a")
    platform = image.platforms[0].manifest
    tags = {
        put_at_tag(source, image.index, "sig", signature("a")),
        put_at_tag(source, platform, "sig", signature("b")),
        put_at_tag(source, platform, "sbom", (SPDX, b"packages", {})),
    }
    report = copy(source, "t", destination)
    assert (set(report.tags), report.referrers, report.left) == (tags, (), ())
    for tag in tags:
        manifest = source.manifest(tag)
        assert destination.manifest(tag) == manifest
        for blob in manifest.blobs():
            assert destination.blob(blob.digest) == source.blob(blob.digest)

    again = copy(source, "t", destination)
    assert (again.found, again.tags, again.uploaded, again.mounted) == (True, (), 0, 0)


def test_a_signature_of_an_image_that_is_there_goes_along(
    any_registry: RunningRegistry, tmp_path: Path
) -> None:
    place = opener(any_registry.address, tmp_path)
    source, destination = place("from"), place("to")
    image = put_sample_image(source, "t", seed="a")
    copy(source, "t", destination)
    tag = put_at_tag(source, image.index, "sig", signature("a"))
    assert copy(source, image.index, destination).tags == (tag,)
    tag = put_at_tag(source, image.index, "sig", signature("a"), signature("b"))
    assert copy(source, image.index, destination).tags == (tag,)
    assert destination.manifest(tag) == source.manifest(tag)


def test_what_others_signed_at_the_destination_stays(pair: tuple[Repository, Repository]) -> None:
    source, destination = pair
    image = put_sample_image(source, "t", seed="a")
    copy(source, "t", destination)
    put_at_tag(source, image.index, "sig", signature("ours"), signature("both"))
    tag = put_at_tag(destination, image.index, "sig", signature("theirs"), signature("both"))
    assert copy(source, "t", destination).tags == (tag,)
    assert signatures_at(destination, tag) == ["theirs", "both", "ours"]
    assert copy(source, "t", destination).tags == (), "all is said there"

    attested = put_legacy_attestation(source, image.index, envelope("text/x"))
    own = put_legacy_attestation(destination, image.index, envelope("text/y"))
    (joined,) = copy(source, "t", destination).referrers
    assert joined not in (attested, own)
    layers = destination.manifest(joined).layers()
    assert [destination.blob(layer.digest) for layer in layers] == [envelope("text/y"), envelope("text/x")]
    assert {each.digest for each in list_referrers(destination, image.index)} == {joined}


def test_the_sources_sbom_replaces_another(any_registry: RunningRegistry, tmp_path: Path) -> None:
    place = opener(any_registry.address, tmp_path)
    source, destination = place("from"), place("to")
    image = put_sample_image(source, "t", seed="a")
    put_at_tag(destination, image.index, "sbom", (SPDX, b"older", {}))
    tag = put_at_tag(source, image.index, "sbom", (SPDX, b"newer", {}))
    copy(source, "t", destination)
    assert destination.manifest(tag) == source.manifest(tag), "cosign reads one document, no more"


def test_what_is_about_something_else_does_not_go_along(
    any_registry: RunningRegistry, tmp_path: Path
) -> None:
    place = opener(any_registry.address, tmp_path)
    source = place("from")
    image, other = put_sample_image(source, "t", seed="a"), put_sample_image(source, "u", seed="b")
    about_other = source.manifest(attach(source, other.index))
    source.put_manifest(about_other.content, about_other.media_type, image.index.replace(":", "-") + ".sig")
    index = put_sample_index(source, "v", seed="c").index
    listing = source.manifest(index)
    source.put_manifest(listing.content, listing.media_type, image.index.replace(":", "-") + ".sbom")
    report = copy(source, "t", place("to"))
    assert (report.tags, report.referrers, place("to").tags()) == ((), (), ["t"])


BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def test_receipts_are_never_copied_however_they_are_dressed(pair: tuple[Repository, Repository]) -> None:
    source, destination = pair
    image = put_sample_image(source, "t", seed="a")
    bundle = json.dumps({"dsseEnvelope": json.loads(envelope(RECEIPT))}).encode()
    typed = attach(source, "t", "text/x-approval", b"yes")
    annotated = attach(source, "t", BUNDLE, bundle, **{"dev.sigstore.bundle.predicateType": RECEIPT})
    plain = attach(source, "t", BUNDLE, bundle)
    lying = attach(source, "t", BUNDLE, bundle, **{"dev.sigstore.bundle.predicateType": "text/x"})
    bare = attach(source, "t", DSSE_ENVELOPE, envelope(RECEIPT))
    unreadable = attach(source, "t", BUNDLE, b"nonsense")
    mixed = put_legacy_attestation(source, image.index, envelope("text/x"), envelope(RECEIPT))
    evidence = attach(source, "t", DSSE_ENVELOPE, envelope("https://in-toto.io/attestation/test-result/v0.1"))
    other = attach(source, "t", "application/spdx+json", b"{}")
    as_signature = put_at_tag(source, image.index, "sig", (DSSE_ENVELOPE, envelope(RECEIPT), {}))
    as_sbom = put_at_tag(source, image.index, "sbom", ("text/x-approval", b"yes", {}))
    disguised = {descriptor_of(source, tag).digest for tag in (as_signature, as_sbom)}
    report = copy(source, "t", destination, skip_types={RECEIPT, "text/x-approval"})
    assert set(report.left) == {typed, annotated, plain, lying, bare, unreadable, mixed, *disguised}
    assert (set(report.referrers), report.tags) == ({evidence, other}, ())
    assert not {as_signature, as_sbom} & set(destination.tags())
    assert {each.digest for each in list_referrers(destination, image.index)} == {evidence, other}
