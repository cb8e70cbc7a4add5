"""Spellings under which a registry answers the same: an image of a component is one under each of them."""

import pytest

from ldmrelease.domain.site_registry import OwnRepositories


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("oci.example.com/shop/api", "oci.example.com:443/shop/api"),
        ("oci.example.com:443/shop/api", "oci.example.com/shop/api"),
        ("oci.example.com/shop/api", "OCI.Example.com/shop/api"),
        ("library/nginx", "docker.io/nginx"),
        ("docker.io/nginx", "index.docker.io/library/nginx"),
        ("nginx", "registry-1.docker.io/nginx"),
    ],
)
def test_a_repository_is_known_by_each_of_its_spellings(source: str, found: str) -> None:
    assert OwnRepositories(source).has(found)


@pytest.mark.parametrize("found", ["oci.example.com:5000/shop/api", "docker.io/shop/api", "shop/api"])
def test_another_port_or_registry_is_another_repository(found: str) -> None:
    assert not OwnRepositories("oci.example.com/shop/api").has(found)
