"""Notifications as CloudEvents 1.0 in JSON, with our own data or with a CDEvent.

Sources: CloudEvents 1.0.2, "JSON Event Format" (a batch has its own media type); CDEvents 0.4.1 with a custom event
(`dev.cdeventsx.<tool>-<subject>.<predicate>.<version>`): its vocabulary has none for somebody who has to act.
"""

import json
from collections.abc import Sequence
from typing import Any

from ldmrelease.notifications.interface import Notification

ONE, SEVERAL = "application/cloudevents+json", "application/cloudevents-batch+json"
_PREFIX = "org.lsst.ldmrelease."
_CDEVENTS, _CUSTOM = "0.4.1", "dev.cdeventsx.ldmrelease-promotion.{predicate}.0.1.0"


def encoded(told: Sequence[Notification], source: str, format: str) -> tuple[str, bytes]:
    """The media type and the body: one event, or a batch of them."""
    events = [_event(each, source, format) for each in told]
    if len(events) == 1:
        return ONE, json.dumps(events[0]).encode()
    return SEVERAL, json.dumps(events).encode()


def _event(each: Notification, source: str, format: str) -> dict[str, Any]:
    cd_event = format == "cdevents"
    data = _cd_event(each, source) if cd_event else {**each.data, "text": each.text}
    return {
        "specversion": "1.0",
        "id": each.key,
        "source": source,
        "type": data["context"]["type"] if cd_event else f"{_PREFIX}{each.event}",
        "subject": each.subject,
        "time": each.time,
        "datacontenttype": "application/json",
        "data": data,
    }


def _cd_event(each: Notification, source: str) -> dict[str, Any]:
    predicate = each.event.replace("-", "")
    return {
        "context": {
            "version": _CDEVENTS,
            "id": each.key,
            "source": source,
            "type": _CUSTOM.format(predicate=predicate),
            "timestamp": each.time,
        },
        "subject": {
            "id": each.subject,
            "source": source,
            "type": "ldmrelease-promotion",
            "content": {**each.data, "text": each.text},
        },
    }
