"""Copies through faults: what is not there, what breaks on the way, a process that is killed."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from ldmrelease.domain.images import digest_of, parse_reference
from ldmrelease.registry.copy import copy
from ldmrelease.registry.errors import DigestMismatch, NotFound, RegistryError, RegistryUnreachable
from ldmrelease.registry.image_identity import identity
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.referrers import list_referrers
from ldmrelease.registry.repository import RegistryOptions
from tests.images import attach, put_sample_image
from tests.real.cosign_tags import put_at_tag, signature, signatures_at
from tests.real.faultproxy import (
    FaultProxy,
    cut_answer,
    cut_request,
    flip,
    status,
    truncate,
)
from tests.real.new_repositories import NAMESPACES, opener
from tests.real.registries import RunningRegistry

pytestmark = pytest.mark.real


def test_what_is_not_there_cannot_be_copied(any_registry: RunningRegistry, tmp_path: Path) -> None:
    place = opener(any_registry.address, tmp_path)
    for reference in ("nothing", digest_of(b"nothing")):
        with pytest.raises(NotFound, match="from"):
            copy(place("from"), reference, place("to"))
    assert place("to").tags() == []


@pytest.mark.parametrize("fault", [cut_request, cut_answer, truncate], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize(
    "what", ["HEAD /to/", "GET /from/manifests", "GET /from/blobs", "POST /to/", "PUT /to/manifests"]
)
def test_a_copy_survives_one_fault(
    docker_registry: RunningRegistry,
    proxied: FaultProxy,
    tmp_path: Path,
    what: str,
    fault: Callable[..., None],
) -> None:
    # Two names of one registry, so that bytes have to move.
    source = opener(docker_registry.address, tmp_path)("from")
    image = put_sample_image(source, "t", seed=what + fault.__name__, layers=[3000])
    through = Registries(tmp_path, RegistryOptions(retries=1))
    behind = through.open(parse_reference(source.name.replace(docker_registry.address, proxied.address)))
    destination = Registries(tmp_path).open(
        parse_reference(f"localhost:{proxied.address.split(':')[1]}/{next(NAMESPACES)}/to")
    )
    method, path = what.split()
    proxied.fail(method, path, fault, times=1)  # type: ignore[arg-type]
    report = copy(behind, "t", destination)
    assert identity(destination, "t") == image
    assert report.mounted == 0


def test_a_flipped_bit_on_the_way_is_not_stored(
    docker_registry: RunningRegistry, proxied: FaultProxy, tmp_path: Path
) -> None:
    source = opener(docker_registry.address, tmp_path)("from")
    image = put_sample_image(source, "t", seed="flipped on the way", layers=[3000])
    behind = Registries(tmp_path).open(
        parse_reference(source.name.replace(docker_registry.address, proxied.address))
    )
    proxied.fail("GET", "/blobs/", flip)
    layout = Registries(tmp_path).open(parse_reference("oci:images/lab"))
    with pytest.raises(DigestMismatch):
        copy(behind, "t", layout)
    assert layout.tags() == []
    for blob in source.manifest(image.index).blobs():
        assert not layout.has_blob(blob.digest)


def test_killed_before_and_after_each_request_a_copy_can_be_finished(
    docker_registry: RunningRegistry, tmp_path: Path
) -> None:
    class Kill(BaseException):
        pass

    room = next(NAMESPACES)
    prepared = docker_registry.open(f"{room}/from")
    image = put_sample_image(prepared, "t", seed="kill", layers=[32])
    note = attach(prepared, "t")
    tag = put_at_tag(prepared, image.index, "sig", signature("a"))

    def run(name: str, stop_at: int) -> int:
        moments = itertools.count(1)
        last = 0

        def observe(phase: str, method: str, url: str) -> None:
            nonlocal last
            last = next(moments)
            if last == stop_at:
                raise Kill

        places = Registries(tmp_path, RegistryOptions(observer=observe))
        source, destination = (
            places.open(parse_reference(f"{docker_registry.address}/{room}/{each}"))
            for each in ("from", name)
        )
        copy(source, image.index, destination, tag="t")
        return last

    total = run("whole", stop_at=0)
    for moment in range(1, total + 1):
        name = f"to{moment}"
        try:
            run(name, stop_at=moment)
        except Kill:
            run(name, stop_at=0)
        destination = docker_registry.open(f"{room}/{name}")
        assert identity(destination, "t") == image
        assert [each.digest for each in list_referrers(destination, image.index)] == [note]
        assert signatures_at(destination, tag) == ["a"]


def test_a_list_of_referrers_that_cannot_be_had_is_no_empty_list(
    docker_registry: RunningRegistry, proxied: FaultProxy, tmp_path: Path
) -> None:
    place = opener(proxied.address, tmp_path)
    put_sample_image(place("from"), "t", seed="a")
    proxied.fail("GET", "/from/referrers/", status(500))
    with pytest.raises(RegistryError, match="500"):
        copy(place("from"), "t", place("to"))
    proxied.heal()
    proxied.fail("GET", "/from/manifests/sha256-", cut_request)
    with pytest.raises(RegistryUnreachable):
        copy(place("from"), "t", place("to"))
    for suffix in ("att", "sig", "sbom"):
        proxied.heal()
        proxied.fail("HEAD", rf"/from/manifests/sha256-.*\.{suffix}$", status(500))
        with pytest.raises(RegistryError, match="500"):
            copy(place("from"), "t", place("to"))
