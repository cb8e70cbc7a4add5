"""Which release was let in where, with a receipt or idle: projections that can be rebuilt."""

from collections.abc import Callable
from typing import Any

from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.times import spell


def fold_receipts(_get: Callable[[str], Any], event: Event) -> dict[str, Any]:
    """By `place/release digest`: the promotion that signed its newest receipt there, and when."""
    body = event.body
    if event.kind != EventKind.RECEIPT or not {"place", "release", "promotion"} <= body.keys():
        return {}
    key = f"{body['place']}/{body['release']}"
    return {key: {"promotion": body["promotion"], "time": spell(event.time), "sequence": event.sequence}}


def fold_idle(_get: Callable[[str], Any], event: Event) -> dict[str, Any]:
    """By `place/release digest`: the promotion that let a release in where nothing was to run, so that it has no
    receipt, and when."""
    result = event.body.get("result") if event.kind == EventKind.DONE else None
    if (
        not isinstance(result, dict)
        or result.get("skipped") != "scaled-to-zero"
        or not {"place", "release"} <= result.keys()
    ):
        return {}
    promotion = event.stream.removeprefix("promotion/")
    key = f"{result['place']}/{result['release']}"
    return {key: {"promotion": promotion, "time": spell(event.time), "sequence": event.sequence}}
