"""A Kustomization or a HelmRelease of Flux as what it says of itself (fluxcd.io). Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from ldmrelease.cluster.gitops.field_writers import writer_of
from ldmrelease.cluster.gitops.sync_status import FieldWriter, Override, SyncSource, SyncStatus, flat, text

KUSTOMIZE, HELM = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"
SOURCE = "source.toolkit.fluxcd.io"
_REF = ("commit", "name", "semver", "tag", "branch")


def read_kustomization(manifest: dict[str, Any], source: dict[str, Any] | None) -> SyncStatus:
    """A Kustomization, with its GitRepository where that could be read."""
    spec, status = manifest.get("spec") or {}, manifest.get("status") or {}
    by = writer_of(manifest, ("spec", "images"))
    images = (
        Override("image", text(each.get("name")), _image(each), by) for each in spec.get("images") or ()
    )
    folder = posixpath.normpath(text(spec.get("path")).lstrip("./") or ".")
    return _status(manifest, status, _source(source, folder, tuple(images)), _revision(status))


def read_helm_release(manifest: dict[str, Any], source: dict[str, Any] | None) -> SyncStatus:
    """A HelmRelease, with the GitRepository of its chart where that could be read. Its values are what stands in the
    tree, unless somebody has written them by hand."""
    spec, status = manifest.get("spec") or {}, manifest.get("status") or {}
    chart = (spec.get("chart") or {}).get("spec") or {}
    by = writer_of(manifest, ("spec", "values"))
    values = spec.get("values")
    overrides = tuple(
        Override("values", path, value, _value_writer(manifest, path, by))
        for path, value in (flat(values) if isinstance(values, dict) else {}).items()
    )
    own = tuple(each for each in overrides if each.written.by_hand)
    return _status(manifest, status, _source(source, text(chart.get("chart")), own), "")


def reference_of(manifest: dict[str, Any]) -> tuple[str, str, str] | None:
    """Kind, namespace and name of the source that an object comes from; None where it says none."""
    spec = manifest.get("spec") or {}
    chart = (spec.get("chart") or {}).get("spec") or {}
    found = spec.get("sourceRef") or chart.get("sourceRef")
    if not found:
        return None
    namespace = text(found.get("namespace")) or text(manifest["metadata"].get("namespace"))
    return text(found.get("kind")), namespace, text(found.get("name"))


def _status(manifest: dict[str, Any], status: dict[str, Any], source: SyncSource, applied: str) -> SyncStatus:
    meta, spec = manifest["metadata"], manifest.get("spec") or {}
    ready = _condition(status, "Ready")
    is_ready, seen = ready.get("status"), status.get("observedGeneration") == meta.get("generation")
    is_current = is_ready == "True" and seen
    paused = bool(spec.get("suspend"))
    failed = is_ready == "False" and ready.get("reason") not in ("DependencyNotReady", "Progressing")
    return SyncStatus(
        "flux",
        f"{manifest['kind']} {meta.get('namespace', '')}/{meta['name']}",
        (source,),
        "Synced" if is_current else "OutOfSync" if is_ready == "False" else "Unknown",
        (applied,) if applied else (),
        "Healthy" if is_current else "Degraded" if failed else "Progressing",
        "Failed" if failed else "Succeeded" if is_current else "Running",
        text(ready.get("message")),
        (applied,) if applied and is_current else (),
        ended=text(ready.get("lastTransitionTime")),
        automated=not paused,
        paused="spec.suspend: true" if paused else "",
        paused_by=writer_of(manifest, ("spec", "suspend")) if paused else FieldWriter(),
        version=text(meta.get("resourceVersion")),
    )


def _source(source: dict[str, Any] | None, folder: str, overrides: tuple[Override, ...]) -> SyncSource:
    if source is None or source.get("kind") != "GitRepository":
        return SyncSource("", "", folder, None, overrides)
    spec = source.get("spec") or {}
    ref = spec.get("ref") or {}
    named = next((name for name in _REF if ref.get(name)), None)
    revision = text(ref[named]) if named else ""
    by = writer_of(source, ("spec", "ref", named)) if named else FieldWriter()
    return SyncSource(
        text(spec.get("url")),
        revision.removeprefix("refs/heads/"),
        folder,
        None,
        overrides,
        by,
        FieldWriter(),
    )


def _revision(status: dict[str, Any]) -> str:
    """The commit of `main@sha1:0123...` (Flux 2), `main/0123...` (before)."""
    applied = text(status.get("lastAppliedRevision"))
    return applied.rpartition(":")[2] if "@" in applied else applied.rpartition("/")[2]


def _image(entry: dict[str, Any]) -> str:
    name = text(entry.get("newName")) or text(entry.get("name"))
    if entry.get("digest"):
        return f"{name}@{text(entry['digest'])}"
    return f"{name}:{text(entry['newTag'])}" if entry.get("newTag") else name


def _value_writer(manifest: dict[str, Any], path: str, otherwise: FieldWriter) -> FieldWriter:
    own = writer_of(manifest, ("spec", "values", *path.partition("[")[0].split(".")))
    return own if own.by else otherwise


def _condition(status: dict[str, Any], kind: str) -> dict[str, Any]:
    found: Iterator[dict[str, Any]] = (
        each for each in status.get("conditions") or () if each["type"] == kind
    )
    return next(found, {})
