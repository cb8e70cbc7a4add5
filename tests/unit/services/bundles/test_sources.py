"""Where bundles are: an artifact is of one layer, and another ledger's or an older one is not published over it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.images import Reference
from ldmrelease.domain.release import MANIFEST_TYPE
from ldmrelease.registry.errors import BadAnswer, RegistryError
from ldmrelease.registry.opening import Registries
from ldmrelease.services.bundles import source
from ldmrelease.services.bundles.publish_bundle import NotPublished, publish_bundle
from ldmrelease.services.bundles.source import artifact_reference, push_bundle, read_bundle
from ldmrelease.trust.bundles import sign_bundle
from tests.bundles import AS_OF, Made, digest

WHERE = "oci:bundles:production"
REFERENCE: Reference = artifact_reference(WHERE)


@pytest.fixture
def registries(tmp_path: Path) -> Registries:
    return Registries(tmp_path)


def _with_layers(registries: Registries, change: Any) -> None:
    """The published artifact with other layers."""
    repository = registries.open(REFERENCE)
    told = json.loads(repository.manifest("production").content)
    told["layers"] = change(told["layers"])
    repository.put_manifest(canonical.encode(told), MANIFEST_TYPE, "production")


def test_what_is_pushed_is_read_again(registries: Registries) -> None:
    push_bundle(b"{}", REFERENCE, registries)
    assert read_bundle(WHERE, registries) == b"{}"


@pytest.mark.parametrize(
    "change",
    [
        lambda _: [],
        lambda layers: [*layers, *layers],
        lambda layers: [{**layers[0], "mediaType": "application/json"}],
    ],
    ids=["none", "two", "another-kind"],
)
def test_an_artifact_has_one_bundle(registries: Registries, change: Any) -> None:
    push_bundle(b"{}", REFERENCE, registries)
    _with_layers(registries, change)
    with pytest.raises(BadAnswer, match="bundles"):
        read_bundle(WHERE, registries)


def test_an_artifact_that_is_too_large_is_not_read(
    registries: Registries, monkeypatch: pytest.MonkeyPatch
) -> None:
    push_bundle(b"{ }", REFERENCE, registries)
    monkeypatch.setattr(source, "LIMIT", 3)
    assert read_bundle(WHERE, registries) == b"{ }"
    monkeypatch.setattr(source, "LIMIT", 2)
    with pytest.raises(RegistryError):
        read_bundle(WHERE, registries)


def _publish(made: Made, registries: Registries, serial: int, **change: Any) -> None:
    context: Any = SimpleNamespace(
        workspace=SimpleNamespace(clock=None), keyring=made.keyring, now=lambda: AS_OF, registries=registries
    )
    envelope = sign_bundle(made.bundle(serial=serial, **change), made.signer).to_bytes()
    publish_bundle(context, REFERENCE, envelope)


def test_another_ledgers_bundle_and_an_older_one_do_not_take_its_place(registries: Registries) -> None:
    made = Made()
    _publish(made, registries, 3)
    _publish(made, registries, 3)
    there = read_bundle(WHERE, registries)
    with pytest.raises(NotPublished, match="another ledger"):
        _publish(made, registries, 9, genesis=digest(8))
    with pytest.raises(NotPublished, match="has bundle 3, and this is 2"):
        _publish(made, registries, 2)
    with pytest.raises(NotPublished, match="does not count: other-clock"):
        _publish(made, registries, 4, clock=True)
    assert read_bundle(WHERE, registries) == there
    _publish(made, registries, 4)
    assert read_bundle(WHERE, registries) != there
