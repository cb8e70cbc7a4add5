"""Addresses of scalars: read, written, and those of what stands beside them."""

import pytest

from ldmrelease.domain.value_addresses import ValueAddress, file_of, key_in

CHART = "applications/auxtel/values.yaml"


@pytest.mark.parametrize(
    ("text", "file", "path"),
    [
        ("image.tag", None, "image.tag"),
        (f"{CHART}#atdome.image.tag", CHART, "atdome.image.tag"),
        ("HelmRelease/prompt:spec.tag", None, "HelmRelease/prompt:spec.tag"),
        (f"{CHART}#HelmRelease/prompt:spec.tag", CHART, "HelmRelease/prompt:spec.tag"),
        ('image."a#b"', None, 'image."a#b"'),
        (f'{CHART}#image."a#b"', CHART, 'image."a#b"'),
    ],
)
def test_an_address_is_read_and_written(text: str, file: str | None, path: str) -> None:
    found = ValueAddress.parse(text)
    assert (found.file, found.path) == (file, path)
    assert str(found) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#image.tag",
        f"{CHART}#",
        "/etc/passwd#a",
        "../a.yaml#a",
        "a/../b.yaml#a",
        ".git/config#a",
        "a//b#c",
        "a..b",
    ],
)
def test_what_is_no_address_of_a_tree_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"path|file"):
        ValueAddress.parse(text)


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("image.tag", "image.repository"),
        ("tag", "repository"),
        (f"{CHART}#image.tag", f"{CHART}#image.repository"),
        ("HelmRelease/prompt:tag", "HelmRelease/prompt:repository"),
        ("images[carts].newTag", "images[carts].repository"),
        ("images[0]", None),
        ('image."my.tag"', None),
    ],
)
def test_what_stands_beside_it_is_in_the_same_mapping(text: str, beside: str | None) -> None:
    found = ValueAddress.of(text).beside("repository")
    assert (str(found) if found is not None else None) == beside


def test_the_own_file_of_a_target_is_not_named() -> None:
    assert key_in(f"{CHART}#image.tag", CHART) == "image.tag"
    assert key_in(f"{CHART}#image.tag", "other.yaml") == f"{CHART}#image.tag"
    assert (file_of("image.tag", CHART), file_of("a.yaml#b", CHART)) == (CHART, "a.yaml")
