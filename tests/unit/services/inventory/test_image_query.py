"""Which image is meant by a digest, its beginning, a tag, or a reference."""

import pytest

from ldmrelease.domain.site_registry import ForeignImage, OwnRepositories
from ldmrelease.services.inventory.image_query import ImageQuery, image_query

DIGEST = "sha256:" + "ab" * 32
OWN = OwnRepositories("ghcr.io/lsst/scipipe", "registry.summit.example/cache", ("mirror.example",))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (DIGEST, ImageQuery(digest=DIGEST)),
        ("sha256:ab", ImageQuery(digest="sha256:ab")),
        ("al9-w_2023_16", ImageQuery(tag="al9-w_2023_16")),
        ("ghcr.io/lsst/scipipe", ImageQuery("ghcr.io/lsst/scipipe")),
        ("ghcr.io/lsst/scipipe:w", ImageQuery("ghcr.io/lsst/scipipe", "w")),
        (f"ghcr.io/lsst/scipipe:w@{DIGEST}", ImageQuery("ghcr.io/lsst/scipipe", "w", DIGEST)),
        ("oci:images/x:1", ImageQuery("oci:images/x", "1")),
    ],
)
def test_a_text_is_a_digest_a_tag_or_a_reference(text: str, meant: ImageQuery):
    assert image_query(text) == meant


@pytest.mark.parametrize("text", ["", "a b", "sha256:", "sha256:XY", "https://x/y", f"x@{DIGEST[:20]}", "-x"])
def test_what_names_no_image_is_none(text: str):
    with pytest.raises(ValueError, match=r"image|digest"):
        image_query(text)


@pytest.mark.parametrize(
    ("text", "is_meant"),
    [
        ("w_1", True),
        ("w_2", False),
        ("sha256:abab", True),
        ("sha256:abac", False),
        ("ghcr.io/lsst/scipipe:w_1", True),
        ("registry.summit.example/cache/lsst/scipipe:w_1", True),
        ("mirror.example/lsst/scipipe", True),
        ("ghcr.io/lsst/other:w_1", False),
        # What runs is known by its digest, whatever the text calls it.
        (f"ghcr.io/lsst/scipipe:moved@{DIGEST}", True),
        (f"ghcr.io/lsst/scipipe:w_1@sha256:{'cd' * 32}", False),
    ],
)
def test_an_image_of_the_component_is_meant_by_what_it_is(text: str, is_meant: bool):
    assert image_query(text).has(OWN, "w_1", DIGEST) is is_meant


def test_a_foreign_image_is_meant_by_the_repository_that_stands_there():
    foreign = ForeignImage("values.yaml", 3, "image", "docker.io/evil/scipipe", ())
    spelling = "docker.io/evil/scipipe:w_1"
    assert image_query("evil/scipipe:w_1").has(OWN, spelling, "", foreign)
    assert not image_query("ghcr.io/lsst/scipipe:w_1").has(OWN, spelling, "", foreign)
    assert image_query("w_1").has(None, spelling, "", foreign)
    assert not image_query("ghcr.io/lsst/scipipe").has(None, "w_1", DIGEST)
