"""Whether images are whole, asked of real registries: what was deleted is missed, and a failure is not an absence."""

from __future__ import annotations

from pathlib import Path

import pytest
import urllib3

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.errors import RegistryError
from ldmrelease.registry.opening import open_repository
from ldmrelease.registry.presence import MissingPart, missing_parts
from ldmrelease.registry.repository import RegistryOptions, Repository
from tests.images import put_sample_image, put_sample_index
from tests.real.faultproxy import FaultProxy, status
from tests.real.registries import RunningRegistry

pytestmark = pytest.mark.real

AMD64 = "linux/amd64"


def through(proxy: FaultProxy, path: str) -> Repository:
    options = RegistryOptions(retries=0)
    return open_repository(parse_reference(f"{proxy.address}/{path}"), base_dir=Path(), options=options)


def test_what_is_whole_and_what_was_never_there(any_registry: RunningRegistry) -> None:
    lab = any_registry.open("presence/whole")
    image = put_sample_index(lab, "t", seed="a")
    assert missing_parts(lab, [image]) == ()
    empty = any_registry.open("presence/empty")
    expected = [MissingPart(image.index, "index", image.index)]
    expected += [MissingPart(image.index, "manifest", each.manifest) for each in image.platforms]
    assert missing_parts(empty, [image]) == tuple(expected)


def test_a_layer_that_was_deleted_is_missing(docker_registry: RunningRegistry) -> None:
    lab = docker_registry.open("presence/deleted")
    image, other = put_sample_index(lab, "t", seed="deleted"), put_sample_index(lab, "u", seed="kept")
    layer = lab.manifest(image.platforms[0].manifest).layers()[1].digest
    url = f"http://{docker_registry.address}/v2/presence/deleted/blobs/{layer}"
    assert urllib3.request("DELETE", url).status == 202
    assert missing_parts(lab, [other, image]) == (MissingPart(image.index, "layer", layer),)


def test_one_request_for_each_digest(proxied: FaultProxy) -> None:
    lab = through(proxied, "presence/counted")
    image = put_sample_index(lab, "t", seed="a", layers=[64] * 20)
    manifest = lab.manifest(image.platforms[0].manifest)
    proxied.heal()
    assert missing_parts(lab, [image, image], [image.platforms[0].platform]) == ()
    assert proxied.count("HEAD", f"/manifests/{image.index}") == 1
    assert proxied.count("GET", f"/manifests/{manifest.digest}") == 1
    for blob in manifest.blobs():
        assert proxied.count("HEAD", f"/blobs/{blob.digest}") == 1
    assert proxied.count() == 2 + 21


@pytest.mark.parametrize("what", ["HEAD /blobs/", "GET /manifests/", "HEAD /manifests/"])
def test_a_registry_that_fails_is_no_absence(proxied: FaultProxy, what: str) -> None:
    lab = through(proxied, "presence/failing")
    image = put_sample_index(lab, "t", seed="failing")
    method, path = what.split()
    proxied.fail(method, path, status(500))
    with pytest.raises(RegistryError, match="500"):
        missing_parts(lab, [image])


def test_an_image_of_one_manifest(any_registry: RunningRegistry) -> None:
    lab = any_registry.open("presence/single")
    image = put_sample_image(lab, "t", seed="single")
    assert missing_parts(lab, [image], [AMD64]) == ()
    (part,) = missing_parts(lab, [image], ["linux/arm64"])
    assert (part.kind, part.subject) == ("platform", "linux/arm64")
