"""What images say of themselves."""

import json

import pytest

from ldmrelease.registry.image_config import (
    agreed,
    child_images,
    config_digest,
    read_annotations,
    read_config,
)

DIGEST = f"sha256:{'0' * 64}"


def written(value: object) -> bytes:
    return json.dumps(value).encode()


def test_a_configuration_has_labels_and_variables() -> None:
    found = read_config(written({"config": {"Labels": {"a": "b"}, "Env": ["X=1=2", "Y=", "Z"]}}))
    assert (found.labels, found.variables) == ({"a": "b"}, {"X": "1=2", "Y": "", "Z": ""})


@pytest.mark.parametrize("value", [{}, {"config": None}, {"config": {"Labels": None, "Env": None}}])
def test_a_configuration_may_say_nothing(value: object) -> None:
    found = read_config(written(value))
    assert (found.labels, found.variables) == ({}, {})


def test_what_is_long_no_text_or_no_character_is_left_out() -> None:
    odd = {"long": "x" * 5000, "number": 1, "half": "\ud800", "good": "x"}
    assert read_config(written({"config": {"Labels": odd}})).labels == {"good": "x"}
    assert read_annotations(written({"annotations": odd})) == {"good": "x"}


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"a": 1, "a": 2}', b"[" * 100_000])
def test_what_is_no_object_is_no_configuration(content: bytes) -> None:
    for read in (read_config, read_annotations, config_digest, child_images):
        with pytest.raises(ValueError, match=r"."):
            read(content)


def test_of_an_index_the_images_are_told_without_what_is_attached() -> None:
    entries = [
        {"digest": DIGEST, "platform": {"os": "linux", "architecture": "arm64"}},
        {"digest": DIGEST.replace("0", "1"), "platform": {"os": "unknown", "architecture": "unknown"}},
    ]
    assert child_images(written({"manifests": entries})) == [DIGEST]
    assert child_images(written({"config": {"digest": DIGEST}})) == []


@pytest.mark.parametrize("count", [0, 100])
def test_an_index_of_nothing_or_of_too_much_is_none(count: int) -> None:
    entry = {"digest": DIGEST, "platform": {"os": "linux", "architecture": "arm64"}}
    with pytest.raises(ValueError, match=f"{count} images"):
        child_images(written({"manifests": [entry] * count}))


def test_a_configuration_is_named_by_a_digest() -> None:
    assert config_digest(written({"config": {"digest": DIGEST}})) == DIGEST
    with pytest.raises(ValueError, match="not a digest"):
        config_digest(written({"config": {"digest": "../../etc/passwd"}}))


def test_platforms_that_differ_say_nothing() -> None:
    assert agreed([{"a": "1", "b": "1"}, {"a": "1", "b": "2"}, {"a": "1"}]) == {"a": "1"}
    assert agreed([]) == {}
