"""What deployment tools and other observers say: taken in as synced and as seen, and never as what we observed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from ldmrelease.domain.events.imported import Sighting, SightingsImported, SyncEntry, SyncsImported
from ldmrelease.domain.setting_changes import UnreadableChange
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.audit.imports.desired_imports import import_changes
from ldmrelease.services.audit.imports.placed_imports import import_sightings, import_syncs
from ldmrelease.services.audit.imports.stored import imported_parts, rows_of
from ldmrelease.services.context import Context
from tests.unit.services.audit.conftest import change, size, utc

APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "portal", "namespace": "argocd"},
    "spec": {"destination": {"name": "idfint", "namespace": "portal"}},
    "status": {
        "history": [
            {
                "id": 1,
                "deployedAt": "2024-01-02T10:00:00Z",
                "revision": "a" * 40,
                "source": {
                    "repoURL": "https://bot:secret@example.org/phalanx",
                    "path": "applications/portal",
                },
            },
            {
                "id": 2,
                "deployedAt": "2024-01-03T10:00:00Z",
                "revisions": ["b" * 40, "c" * 40],
                "sources": [{"chart": "x"}],
            },
        ],
        "summary": {"images": ["ghcr.io/lsst/portal:1.2"]},
    },
}


def stream(value: object) -> io.BytesIO:
    return io.BytesIO(json.dumps(value).encode())


def synced(context: Context, environment: str, application: str) -> list[Any]:

    events = context.ledger.events(f"synced/{environment}/{application}")
    return [
        row
        for part in imported_parts(context, events, SyncsImported)
        for row in rows_of(context.ledger, part, SyncEntry)
    ]


def test_the_syncs_of_argo_cd(context: Context) -> None:
    found = import_syncs(context, "argocd", stream({"kind": "List", "items": [APPLICATION]}), "apps.json")
    assert not found.unreadable
    first, last = synced(context, "idfint", "portal")
    assert (first.revision, first.repository, first.path, first.images) == (
        "a" * 40,
        "https://example.org/phalanx",
        "applications/portal",
        (),
    )
    assert (last.revision, last.images) == (f"{'b' * 40},{'c' * 40}", ("ghcr.io/lsst/portal:1.2",))
    before = size(context)
    # The tool forgets what is old.
    shorter = json.loads(json.dumps(APPLICATION))
    del shorter["status"]["history"][0]
    assert not import_syncs(context, "argocd", stream(shorter), "apps.json").recorded.differences
    assert size(context) == before


def test_a_sync_that_is_another_now_is_told(context: Context) -> None:
    import_syncs(context, "argocd", stream(APPLICATION), "apps.json")
    other = json.loads(json.dumps(APPLICATION).replace("a" * 40, "f" * 40))
    found = import_syncs(context, "argocd", stream(other), "apps.json")
    assert [each.found.revision for each in found.recorded.differences] == ["f" * 40]
    assert len(synced(context, "idfint", "portal")) == 2


def test_syncs_that_cannot_be_read(context: Context) -> None:
    nowhere = {**APPLICATION, "spec": {"destination": {"name": "in-cluster"}}}
    later = json.loads(json.dumps(APPLICATION).replace("2024-01-03", "2999-01-03"))
    values = [nowhere, 5, None, {"kind": "Secret", "metadata": {"name": "x"}}, later, {"metadata": {}}]
    found = import_syncs(context, "argocd", stream(values), "apps.json")
    reasons = [each.reason for each in found.unreadable]
    assert len(reasons) == 6
    assert any("--environment" in each for each in reasons)
    assert any("to come" in each for each in reasons)
    assert len(synced(context, "idfint", "portal")) == 1


def test_the_releases_of_flux(context: Context) -> None:
    release = {
        "kind": "HelmRelease",
        "metadata": {"name": "portal"},
        "status": {
            "history": [
                {
                    "chartName": "portal",
                    "chartVersion": "1.3.0",
                    "status": "failed",
                    "lastDeployed": "2024-01-04T00:00:00Z",
                },
                {
                    "chartName": "portal",
                    "chartVersion": "1.2.0",
                    "appVersion": "7",
                    "status": "deployed",
                    "lastDeployed": "2024-01-03T00:00:00Z",
                },
                {
                    "chartName": "portal",
                    "chartVersion": "1.1.0",
                    "status": "superseded",
                    "lastDeployed": "2024-01-02T00:00:00Z",
                },
            ]
        },
    }
    kustomization = {
        "kind": "Kustomization",
        "metadata": {"name": "apps"},
        "spec": {"path": "./apps", "sourceRef": {"kind": "GitRepository", "name": "fleet"}},
        "status": {
            "lastAppliedRevision": "main@sha1:" + "a" * 40,
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2024-01-05T00:00:00Z"}],
        },
    }
    found = import_syncs(context, "flux", stream([release, kustomization]), "flux.json", environment="prod")
    assert not found.unreadable
    assert [each.revision for each in synced(context, "prod", "portal")] == ["1.1.0", "1.2.0 (appVersion 7)"]
    assert [(each.repository, each.path) for each in synced(context, "prod", "apps")] == [
        ("GitRepository/fleet", "./apps")
    ]


SEEN = {
    "time": "2024-01-02T10:00:00Z",
    "place": "summit/ocps",
    "container": "worker",
    "image": "ghcr.io/lsst/ocps:1.6.0",
    "digest": "sha256:" + "a" * 64,
    "by": "night shift",
}


def sightings(context: Context) -> Iterator[Sighting]:
    events = context.ledger.events(stream_prefix="seen/")
    for part in imported_parts(context, events, SightingsImported):
        yield from rows_of(context.ledger, part, Sighting)


def test_what_others_saw(context: Context) -> None:
    lines = b"\n".join(
        [
            json.dumps(SEEN).encode(),
            b"{broken",
            b"",
            json.dumps({**SEEN, "time": "2024-01-01T10:00:00Z"}).encode(),
        ]
    )
    found = import_sightings(context, io.BytesIO(lines), "seen.jsonl")
    assert [(each.line, each.source) for each in found.unreadable] == [(2, "seen.jsonl")]
    assert [(each.time, each.by, each.component) for each in sightings(context)] == [
        (utc("2024-01-01T10:00"), "night shift", "worker"),
        (utc("2024-01-02T10:00"), "night shift", "worker"),
    ]
    before = size(context)
    import_sightings(context, io.BytesIO(lines), "other.jsonl")
    assert size(context) == before


def test_what_contradicts_an_observation_is_told(context: Context) -> None:
    import_sightings(context, stream([SEEN]), "seen.json")
    found = import_sightings(context, stream([{**SEEN, "image": "ghcr.io/lsst/ocps:1.7.0"}]), "seen.json")
    assert len(found.recorded.differences) == 1
    assert len(list(sightings(context))) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"time": "yesterday"},
        {"time": None},
        {"time": "2999-01-01T00:00:00Z"},
        {"place": "summit"},
        {"place": "summit/a/b"},
        {"image": None, "digest": None},
        {"digest": "sha256:zz"},
        {"by": None},
        {"colour": "red"},
    ],
    ids=str,
)
def test_observations_that_cannot_be(context: Context, other: dict[str, Any]) -> None:
    found = import_sightings(context, stream([{**SEEN, **other}]), "seen.json")
    assert len(found.unreadable) == 1
    assert list(sightings(context)) == []


@pytest.mark.parametrize(
    "data", [b"", b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"nul", b'"text"', b"5"], ids=repr
)
def test_json_that_is_none_or_too_deep_is_told(context: Context, data: bytes) -> None:
    found = import_sightings(context, io.BytesIO(data), "seen.json", by="me")
    assert len(found.unreadable) == 1
    assert isinstance(found.unreadable[0], UnreadableChange)


def test_observations_of_others_let_nothing_soak(context: Context) -> None:
    """They are of kinds of their own: no projection that a decision reads changes by them."""
    before = {name: context.ledger.states(name) for name in (each.name for each in PROJECTORS)}
    import_sightings(context, stream([SEEN]), "seen.json")
    import_changes(context, "tree@main", [change(1, environment="summit")])
    import_syncs(context, "argocd", stream(APPLICATION), "apps.json")
    assert {name: context.ledger.states(name) for name in before} == before
