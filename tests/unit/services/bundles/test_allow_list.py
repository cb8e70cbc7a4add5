"""What a promotion that is at work lets in: its release's own images, at its places."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ldmrelease.domain import canonical
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.topology import ComponentKind, Place
from ldmrelease.services.bundles.allow_list import _applying
from tests.bundles import PLACE, digest


def _allowed(state: str, *places: Place) -> set[str]:
    images = tuple(
        Component(name, ComponentKind.IMAGE, f"example.org/{name}", "w", digest(at))
        for at, name in enumerate(("app", "other"))
    )
    document = canonical.encode(Release("p", "w.2023.16", "weekly", images, (), None))
    pin = SimpleNamespace(body=SimpleNamespace(document="D"))
    context: Any = SimpleNamespace(
        pins=SimpleNamespace(of_release=lambda _: pin), ledger=SimpleNamespace(blob=lambda _: document)
    )
    application: Any = SimpleNamespace(place=PLACE, components=lambda _: ("app",))
    request = SimpleNamespace(body=SimpleNamespace(release=digest(9)))
    promotion: Any = SimpleNamespace(state=state, places=places, request=request)
    return {each.digest for each in _applying(context, application, [promotion])}


@pytest.mark.parametrize("state", ["running", "halting", "restoring"])
def test_a_promotion_that_changes_its_places_brings_its_images_there(state: str) -> None:
    assert _allowed(state, Place("base", "ocps"), PLACE) == {digest(0)}
    assert _allowed(state, Place("base", "ocps")) == set()


@pytest.mark.parametrize("state", ["requested", "waiting", "approved", "untrusted"])
def test_one_that_waits_brings_nothing_yet(state: str) -> None:
    assert _allowed(state, PLACE) == set()
