"""An Application of Argo CD (argoproj.io/v1alpha1) as what it says of itself. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from ldmrelease.cluster.gitops.field_writers import writer_of
from ldmrelease.cluster.gitops.sync_status import (
    VALUES_TEXT,
    FieldWriter,
    Override,
    SyncSource,
    SyncStatus,
    UnsyncedResource,
    flat,
    text,
)
from ldmrelease.domain.images import parse_reference

GROUP, VERSION, PLURAL = "argoproj.io", "argoproj.io/v1alpha1", "applications"
_SKIPS = "argocd.argoproj.io/skip-reconcile"
# A warning that is no error, such as of a resource that two applications have, does not end in this.
_ERRORS = "Error"


def read_application(manifest: dict[str, Any]) -> SyncStatus:
    """What an Application says, and what its controller says of it."""
    meta, spec, status = manifest["metadata"], manifest.get("spec") or {}, manifest.get("status") or {}
    sync, operation = status.get("sync") or {}, status.get("operationState") or {}
    result = operation.get("syncResult") or {}
    by = (operation.get("operation") or {}).get("initiatedBy") or {}
    paused, paused_by = _paused(manifest, meta)
    return SyncStatus(
        "argo-cd",
        f"Application {meta.get('namespace', '')}/{meta['name']}",
        tuple(_sources(manifest, spec)),
        text(sync.get("status")) or "Unknown",
        _revisions(sync),
        text((status.get("health") or {}).get("status")) or "Unknown",
        "Running" if manifest.get("operation") else text(operation.get("phase")),
        text(operation.get("message")),
        _revisions(result) if operation.get("phase") == "Succeeded" else (),
        _asked_by(by),
        text(operation.get("finishedAt")),
        _is_automated(spec),
        paused,
        paused_by,
        tuple(_errors(status)),
        tuple(_unsynced(status)),
        text(meta.get("resourceVersion")),
        frozenset(_kept(status)),
    )


def _sources(manifest: dict[str, Any], spec: dict[str, Any]) -> Iterator[SyncSource]:
    several = spec.get("sources") or ()
    if not several:
        source = spec.get("source") or {}
        yield _source(manifest, source, ("spec", "source"), {})
        return
    # `$values/FILE` is a file of the source whose `ref` is `values`.
    names = {f"${each['ref']}": each for each in several if each.get("ref")}
    for each in several:
        if each.get("path") or each.get("chart") or each.get("ref"):
            # Lists are one field of the managed fields.
            yield _source(manifest, each, ("spec", "sources"), names)


def _source(
    manifest: dict[str, Any], source: dict[str, Any], at: tuple[str, ...], names: dict[str, Any]
) -> SyncSource:
    helm = source.get("helm") or {}
    folder = posixpath.normpath(text(source.get("path"))) if source.get("path") else text(source.get("chart"))
    files = helm.get("valueFiles")
    return SyncSource(
        text(source.get("repoURL")),
        text(source.get("targetRevision")),
        folder,
        tuple(_file(folder, text(each), names) for each in files) if files else None,
        tuple(_overrides(manifest, source, at)),
        writer_of(manifest, (*at, "targetRevision")),
        writer_of(manifest, (*at, "helm", "valueFiles")),
    )


def _file(folder: str, file: str, names: dict[str, Any]) -> str:
    """A values file from the root of the repository that has it."""
    first, _, rest = file.partition("/")
    if first in names:
        return rest
    return posixpath.normpath(file.lstrip("/") if file.startswith("/") else posixpath.join(folder, file))


def _overrides(manifest: dict[str, Any], source: dict[str, Any], at: tuple[str, ...]) -> Iterator[Override]:
    helm = source.get("helm") or {}
    by = writer_of(manifest, (*at, "helm", "parameters"))
    for each in helm.get("parameters") or ():
        yield Override("parameter", text(each.get("name")), text(each.get("value")), by)
    given = helm.get("valuesObject")
    name = "valuesObject" if given is not None else "values"
    by = writer_of(manifest, (*at, "helm", name))
    if given is None and helm.get("values"):
        yield Override(VALUES_TEXT, "", text(helm.get("values")), by)
    for path, value in flat(given).items() if isinstance(given, dict) else ():
        yield Override("values", path, value, by)
    by = writer_of(manifest, (*at, "kustomize", "images"))
    for each in (source.get("kustomize") or {}).get("images") or ():
        yield _image(text(each), by)


def _image(given: str, by: FieldWriter) -> Override:
    """`NAME=REPOSITORY:TAG`, `REPOSITORY:TAG` or `REPOSITORY@DIGEST` (kustomize edit set image)."""
    name, equals, image = given.partition("=")
    image = image if equals else name
    try:
        parsed = parse_reference(image)
        repository = image[: image.rfind("@")] if parsed.digest else image.removesuffix(f":{parsed.tag}")
    except ValueError:
        repository = image
    return Override("image", name if equals else repository, image, by)


def _asked_by(initiator: dict[str, Any]) -> str:
    """Argo CD merges who asked into who had asked before: where both stand there, it was one of them."""
    names = [text(initiator.get("username")), "its automated sync" if initiator.get("automated") else ""]
    return " or ".join(each for each in names if each)


def _paused(manifest: dict[str, Any], meta: dict[str, Any]) -> tuple[str, FieldWriter]:
    if text((meta.get("annotations") or {}).get(_SKIPS)).lower() == "true":
        return _SKIPS, writer_of(manifest, ("metadata", "annotations", _SKIPS))
    automated = ((manifest.get("spec") or {}).get("syncPolicy") or {}).get("automated") or {}
    if automated.get("enabled") is False:
        at = ("spec", "syncPolicy", "automated", "enabled")
        return "syncPolicy.automated.enabled: false", writer_of(manifest, at)
    return "", FieldWriter()


def _is_automated(spec: dict[str, Any]) -> bool:
    automated = (spec.get("syncPolicy") or {}).get("automated")
    return automated is not None and automated.get("enabled") is not False


def _revisions(found: dict[str, Any]) -> tuple[str, ...]:
    several = tuple(map(text, found.get("revisions") or ()))
    return several or ((text(found["revision"]),) if found.get("revision") else ())


def _errors(status: dict[str, Any]) -> Iterator[str]:
    for each in status.get("conditions") or ():
        if text(each.get("type")).endswith(_ERRORS):
            yield f"{text(each.get('type'))}: {text(each.get('message'))}"


def _kept(status: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for each in status.get("resources") or ():
        yield text(each.get("namespace")), f"{text(each.get('kind'))}/{text(each.get('name'))}"


def _unsynced(status: dict[str, Any]) -> Iterator[UnsyncedResource]:
    for each in status.get("resources") or ():
        if each.get("status") == "OutOfSync":
            name = f"{text(each.get('kind'))}/{text(each.get('name'))}"
            yield UnsyncedResource(name, text(each.get("namespace")), "OutOfSync")
