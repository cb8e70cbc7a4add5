"""A tree whose tags are put together from parts: what is observed of it is digests, whatever tag moves."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.images import digest_of
from ldmrelease.domain.topology import Application, ComponentKind, ComponentSource, Place, Product, Topology
from ldmrelease.services.inventory import observe as observing
from ldmrelease.targets.connections import Connections
from tests.unit.targets.editors.selector_tree import SIMONYITEL, TARGET, TREE

NAMES = ("ataos", "atdome", "mtdome")
PRODUCT = Product(
    "telescope",
    "cycle",
    tuple(ComponentSource(each, ComponentKind.IMAGE, f"ts/{each}", "{image}") for each in NAMES),
)
APPLICATION = Application(
    Place("summit", "control"), "summit", tuple(f"telescope/{each}" for each in NAMES), TARGET
)


def digest(component: str, tag: str, moved: int = 0) -> str:
    return digest_of(f"{component}:{tag}:{moved}".encode())


def observed(monkeypatch: pytest.MonkeyPatch, tree: dict[str, str], moved: int = 0) -> Observation:
    """moved: how often the moving tag has been pushed anew."""
    connections = Connections(Path("/"))
    for name, text in tree.items():
        connections.memory.put(name, text.encode(), "Kim <kim@example.org>", "2026-11-27T10:00:00Z")

    def resolve(component: str, tag: str) -> Any:
        return SimpleNamespace(digest=digest(component, tag, moved if "." not in tag else 0))

    context: Any = SimpleNamespace(
        workspace=SimpleNamespace(
            root=Path("/"), local_environments=(), local_products=(), clock=None, topology=None
        ),
        topology=Topology((PRODUCT,), (APPLICATION,)),
        observer=None,
        connections=connections,
        now=lambda: datetime(2026, 11, 27, tzinfo=UTC),
        registries=SimpleNamespace(
            open=lambda reference: SimpleNamespace(
                resolve=lambda tag: resolve(reference.name.rpartition("/")[2], tag)
            )
        ),
    )
    sightings = SimpleNamespace(
        admitted=lambda *_: None,
        digest=lambda _component, found, _tag: found,
        since=lambda images, _now: images,
        row=lambda _seen: None,
    )
    monkeypatch.setattr(observing, "Sightings", lambda *_: sightings)
    found = observing.observe(context, APPLICATION)
    assert isinstance(found, Observation), found
    return found


def test_every_component_is_observed_by_the_digest_of_its_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {
        each.component: (each.spelling, each.digest, each.ready)
        for each in observed(monkeypatch, TREE).images
    }
    tags = {"ataos": "c0043.003", "atdome": "c0043.012", "mtdome": "c0043.000"}
    assert seen == {name: (tag, digest(name, tag), True) for name, tag in tags.items()}


def test_without_a_revision_the_moving_tag_is_recorded_by_the_digest_that_it_has_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree = TREE | {SIMONYITEL: TREE[SIMONYITEL].replace("revision: 0", "revision: null")}
    before, after = (
        next(each for each in observed(monkeypatch, tree, moved).images if each.component == "mtdome")
        for moved in (0, 1)
    )
    assert (before.spelling, before.digest) == ("c0043", digest("mtdome", "c0043", 0))
    assert (after.spelling, after.digest) == ("c0043", digest("mtdome", "c0043", 1))
