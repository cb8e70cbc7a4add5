"""What became of each promotion, folded event by event: a projection that can be rebuilt."""

from collections.abc import Callable
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.promotion import Request
from ldmrelease.domain.times import spell
from ldmrelease.projections.claimed_payload import claimed_payload

OPEN = ("requested", "waiting", "running", "halting", "restoring")


def fold_promotions(get: Callable[[str], Any], event: Event) -> dict[str, Any]:
    """The new state of the promotion that the event tells about; keyed by the promotion's id."""
    if not event.stream.startswith("promotion/"):
        return {}
    key = event.stream.removeprefix("promotion/")
    if event.kind == EventKind.REQUESTED:
        requested = _requested(key, event)
        return {key: requested} if requested is not None else {}
    state = get(key)
    if state is None:
        return {}
    changed = _CHANGES.get(event.kind)
    change = changed(event.body) if changed is not None else {}
    done = [*state["done"], *_finished(event)]
    return {key: {**state, **change, "done": done, "last": spell(event.time)}}


def _finished(event: Event) -> list[str]:
    """The place that a promotion is through with, where this event says so."""
    step = str(event.body.get("step")) if event.kind == EventKind.DONE else ""
    return [step.removesuffix("/publish")] if step.endswith("/publish") else []


def fold_open(get: Callable[[str], Any], event: Event) -> dict[str, Any]:
    """The same, of promotions that have not ended: few, so that nobody reads all to find them."""
    changed = fold_promotions(get, event)
    return {key: state if state["state"] in OPEN else None for key, state in changed.items()}


def _requested(key: str, event: Event) -> dict[str, Any] | None:
    try:
        request = canonical.from_plain(claimed_payload(event.body), Request)
    except canonical.NotCanonical:
        return None
    return {
        "promotion": key,
        "sequence": event.sequence,
        "state": "requested",
        "requested": spell(event.time),
        "last": spell(event.time),
        "by": event.actor,
        "until": None,
        "who": [],
        "intent": str(request.intent),
        "product": request.product,
        "tag": request.tag,
        "release": request.release,
        "target": request.target,
        "alias": request.alias,
        "places": [str(each) for each in request.places],
        "done": [],
    }


def _waiting(body: dict[str, Any]) -> dict[str, Any]:
    return {"state": "waiting", "until": body.get("until"), "who": body.get("who", [])}


def _running(_: dict[str, Any]) -> dict[str, Any]:
    return {"state": "running", "until": None, "who": []}


def _intended(body: dict[str, Any]) -> dict[str, Any]:
    return {"state": "restoring"} if str(body.get("step")).endswith("/restore") else {}


_CHANGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    EventKind.PLANNED: _running,
    EventKind.WAITING: _waiting,
    EventKind.RESUMED: _running,
    EventKind.HALTING: lambda _: {"state": "halting", "until": None, "who": []},
    EventKind.INTENDED: _intended,
    EventKind.ENDED: lambda body: {"state": body.get("state"), "until": None, "who": []},
}
