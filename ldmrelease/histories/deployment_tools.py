"""What deployment tools say that they applied, and when: Applications of Argo CD, HelmReleases and Kustomizations of
Flux, as `kubectl get -o json` and the tools' own commands print them. It is *synced*: nobody here has seen it run.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from ldmrelease.domain.addresses import public
from ldmrelease.domain.events.imported import SyncEntry
from ldmrelease.domain.setting_changes import UnreadableChange
from ldmrelease.domain.times import instant
from ldmrelease.histories.bounded import JsonItem, Placed, at, text_of

_MOST_IMAGES = 1000
_SYNCED = frozenset({"deployed", "superseded"})
"""What a Helm release was that has been there."""
_IN_CLUSTER = "in-cluster"

SyncRow = Placed[SyncEntry] | UnreadableChange
_Entries = Iterator[SyncEntry | str]


def read_argocd(
    items: Iterable[JsonItem | UnreadableChange], source: str, environment: str | None
) -> Iterator[SyncRow]:
    """The syncs in the `status.history` of Applications.

    environment: where they are; else each is where its destination's name says. Images are told of the last sync alone,
    by `status.summary`.
    """
    return _read(items, source, lambda each: _argocd_place(each, environment), _argocd)


def read_flux(
    items: Iterable[JsonItem | UnreadableChange], source: str, environment: str | None
) -> Iterator[SyncRow]:
    """The releases in the `status.history` of HelmReleases, and the revision that Kustomizations applied last.

    environment: where they are; else each is where its label `environment` says.
    """
    return _read(
        items, source, lambda each: environment or text_of(each, "metadata", "labels", "environment"), _flux
    )


def _read(
    items: Iterable[JsonItem | UnreadableChange],
    source: str,
    place: Callable[[Any], str | None],
    entries: Callable[[Any], _Entries],
) -> Iterator[SyncRow]:
    for item in items:
        if isinstance(item, UnreadableChange):
            yield item
            continue
        name, where = text_of(item.value, "metadata", "name"), place(item.value)
        named = f"{at(item.value, 'kind')} {name}" if name else "an object without a name"
        if name is None or where is None:
            reason = f"{named}: it does not say in which environment it is; name it: --environment"
            yield UnreadableChange(source, item.line, reason if name else named)
            continue
        for each in entries(item.value):
            if isinstance(each, str):
                yield UnreadableChange(source, item.line, f"{named}: {each}")
            else:
                yield Placed(where, name, each)


def _argocd_place(value: Any, environment: str | None) -> str | None:
    if environment is not None:
        return environment
    name = text_of(value, "spec", "destination", "name")
    return None if name == _IN_CLUSTER else name


def _argocd(value: Any) -> _Entries:
    if at(value, "kind") != "Application":
        yield "not an Application of Argo CD"
        return
    history = at(value, "status", "history")
    rows = [each for each in history if isinstance(each, dict)] if isinstance(history, list) else []
    images = _images(at(value, "status", "summary", "images"))
    for number, each in enumerate(rows, 1):
        time = _time(text_of(each, "deployedAt"))
        revisions = at(each, "revisions")
        several = [part for part in revisions if isinstance(part, str)] if isinstance(revisions, list) else []
        revision = text_of(each, "revision") or ",".join(several)
        if time is None or not revision or len(revision) > _MOST_IMAGES:
            yield f"entry {number} of its history has no time and revision"
            continue
        source = at(each, "source") or at(each, "sources", 0)
        path = text_of(source, "path") or text_of(source, "chart")
        last = images if number == len(rows) else ()
        yield SyncEntry(time, "argocd", revision, _repository(source), path, last)


def _repository(source: Any) -> str | None:
    found = text_of(source, "repoURL")
    return public(found) if found is not None else None


def _flux(value: Any) -> _Entries:
    kind = at(value, "kind")
    if kind == "HelmRelease":
        yield from _helm_release(value)
    elif kind == "Kustomization":
        yield from _kustomization(value)
    else:
        yield "not a HelmRelease or Kustomization of Flux"


def _helm_release(value: Any) -> _Entries:
    history = at(value, "status", "history")
    rows = [each for each in history if isinstance(each, dict)] if isinstance(history, list) else []
    # The newest one stands first.
    for number, each in reversed(list(enumerate(rows, 1))):
        if at(each, "status") not in _SYNCED:
            continue
        time, version = _time(text_of(each, "lastDeployed")), text_of(each, "chartVersion")
        if time is None or version is None:
            yield f"entry {number} of its history has no time and version"
            continue
        chart = text_of(each, "chartName")
        application = text_of(each, "appVersion")
        revision = f"{version} (appVersion {application})" if application else version
        yield SyncEntry(time, "flux", revision, None, chart)


def _kustomization(value: Any) -> _Entries:
    revision = text_of(value, "status", "lastAppliedRevision")
    if revision is None:
        return
    conditions = at(value, "status", "conditions")
    times = [
        time
        for each in (conditions if isinstance(conditions, list) else ())
        if at(each, "type") == "Ready" and at(each, "status") == "True"
        if (time := _time(text_of(each, "lastTransitionTime"))) is not None
    ]
    if not times:
        yield "it does not say since when it is ready with the revision that it applied last"
        return
    source = at(value, "spec", "sourceRef")
    kind, name = text_of(source, "kind"), text_of(source, "name")
    yield SyncEntry(
        times[0], "flux", revision, f"{kind}/{name}" if name else None, text_of(value, "spec", "path")
    )


def _images(value: Any) -> tuple[str, ...]:
    found = value if isinstance(value, list) else []
    return tuple(each for each in found[:_MOST_IMAGES] if isinstance(each, str) and len(each) <= _MOST_IMAGES)


def _time(text: str | None) -> datetime | None:
    try:
        return instant(text) if text is not None else None
    except (ValueError, OverflowError):
        return None
