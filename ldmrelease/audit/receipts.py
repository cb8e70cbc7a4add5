"""Which release has a receipt where: a projection that can be rebuilt."""

from collections.abc import Callable
from typing import Any

from ldmrelease.domain.events import Event, Kind
from ldmrelease.domain.times import spell


def fold_receipts(_get: Callable[[str], Any], event: Event) -> dict[str, Any]:
    """By `place/release digest`: the promotion that signed its newest receipt there, and when."""
    body = event.body
    if event.kind != Kind.RECEIPT or not {"place", "release", "promotion"} <= body.keys():
        return {}
    key = f"{body['place']}/{body['release']}"
    return {key: {"promotion": body["promotion"], "time": spell(event.time), "sequence": event.sequence}}
