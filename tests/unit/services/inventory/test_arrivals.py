"""Which releases came to a place, by what was found there of their images."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.release import Component, Release, release_digest
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.projections.naming import NamedBy
from ldmrelease.services.inventory.arrivals import Arrival, ArrivedRelease, PlaceArrivals
from ldmrelease.services.inventory.history import HistoryEntry
from tests.bundles import digest

NAME = "telescope/c0042"


def _pin(revision: int, *images: tuple[str, int]) -> tuple[Any, Release]:
    parts = tuple(
        Component(name, ComponentKind.IMAGE, f"example.org/{name}", "c0042", digest(at))
        for name, at in images
    )
    release = Release("telescope", "c0042", "cycle", parts, (), None)
    body = SimpleNamespace(revision=revision, digest=release_digest(release), document=str(revision))
    return SimpleNamespace(body=body), release


def _seen(component: str, image: int, begun: int, ended: str | None = None) -> HistoryEntry:
    return HistoryEntry(
        "prod/control", "telescope", component, "c0042", digest(image), NAME, NamedBy.SPELLED, begun, "", "", 0, (),
        ended, None,
    )  # fmt: skip


def _came(*seen: HistoryEntry, runs: tuple[str, ...] = ("atdome", "ataos")) -> list[Arrival]:
    pins = [_pin(1, ("atdome", 1), ("ataos", 2)), _pin(2, ("atdome", 3), ("ataos", 2))]
    blobs = {pin.body.document: canonical.encode(release) for pin, release in pins}
    context: Any = SimpleNamespace(
        ledger=SimpleNamespace(blob=blobs.__getitem__),
        pins=SimpleNamespace(revisions=lambda *_: [pin for pin, _ in pins]),
    )
    application: Any = SimpleNamespace(components=lambda _: runs)
    return PlaceArrivals(context, application, "telescope").all(seen, ())


def test_a_pin_came_when_the_last_of_its_images_did() -> None:
    assert _came(_seen("atdome", 1, 5), _seen("ataos", 2, 8)) == [Arrival(8, ArrivedRelease(NAME, 1, True))]
    both = _came(_seen("atdome", 1, 5), _seen("ataos", 2, 8), _seen("atdome", 3, 9))
    assert both == [Arrival(8, ArrivedRelease(NAME, 1, True)), Arrival(9, ArrivedRelease(NAME, 2, True))]


def test_of_a_part_of_its_images_no_pin_is_told() -> None:
    assert _came(_seen("atdome", 1, 5)) == [Arrival(5, ArrivedRelease(NAME))]
    assert _came(_seen("atdome", 1, 5), runs=("atdome",)) == [Arrival(5, ArrivedRelease(NAME, 1, True))]


def test_what_was_put_back_at_once_never_came() -> None:
    assert _came(_seen("atdome", 1, 5, "restored"), _seen("ataos", 2, 8, "restored")) == []
    assert _came(_seen("atdome", 1, 5, "replaced"), _seen("ataos", 2, 8, "replaced")) != []
