"""Conditional questions: which places run something of which a condition holds, which do not, and which nobody knows.

A place is never silently a no: where the answer needs what is not known, it is unknown, with the reason.
"""

import time
from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.expressions.cel import BadExpression, Condition, Unanswered, read_condition
from ldmrelease.registry.digest_cache import DigestCache
from ldmrelease.services.inventory.image_metadata import (
    Answers,
    ImageMetadata,
    ImageQuestion,
    question_of,
    read_metadata,
)
from ldmrelease.services.inventory.known_values import FIELDS, AskedImage, KnownRelease, KnownValues
from ldmrelease.services.inventory.where import UNOBSERVED, PlaceComponent, UnobservedPlace
from ldmrelease.services.needs import ImageLookup

_OF_IMAGES = frozenset({"labels", "annotations", "rubin_env"})


class Holds(StrEnum):
    """What came of a question at a place."""

    MATCHED = "matched"
    NOT_MATCHED = "not-matched"
    UNKNOWN = "unknown"


class PlaceAnswer(Struct, frozen=True):
    """The answer for an image at a place, or for a place that nobody has observed; `reason` where it is unknown."""

    row: PlaceComponent | UnobservedPlace
    holds: Holds
    reason: str | None = None


class ImageValues(Protocol):
    """Says what is known of images at places."""

    def of(self, row: AskedImage, /) -> KnownValues:
        """What is known of one; nothing else is asked."""


def read_question(expression: str) -> Condition | BadExpression:
    """A question over the fields that are known of images at places."""
    return read_condition(expression, {name: each.type for name, each in FIELDS.items()})


def having(
    context: ImageLookup,
    rows: Iterable[PlaceComponent | UnobservedPlace],
    condition: Condition,
    cache: DigestCache,
    timeout: float,
    known: ImageValues | None = None,
) -> list[PlaceAnswer]:
    """What a condition says of each row, in their order.

    timeout: seconds for what has to be read from registries, and again for the question itself.
    known: who says what is known without asking an image; else ledger and workspace.
    """
    asked = list(rows)
    known = known or KnownRelease(context, condition.fields)
    values = [known.of(each) if isinstance(each, PlaceComponent) else None for each in asked]
    questions = [_question(context, condition, row, each) for row, each in zip(asked, values, strict=True)]
    wanted = [each for each in questions if each is not None]
    metadata = read_metadata(context.registries, cache, wanted, timeout) if wanted else {}
    until = time.monotonic() + timeout
    return [
        _answer(condition, row, _with_image(value, question, metadata), until)
        for row, value, question in zip(asked, values, questions, strict=True)
    ]


def _question(
    context: ImageLookup,
    condition: Condition,
    row: PlaceComponent | UnobservedPlace,
    known: KnownValues | None,
) -> ImageQuestion | None:
    """What the image itself has to be asked, if the question needs that and nothing else says it."""
    if known is None or isinstance(row, UnobservedPlace) or row.foreign is not None or not row.digest:
        return None
    missing = (condition.fields & _OF_IMAGES) - known.values.keys()
    if not missing:
        return None
    annotations = "annotations" in missing
    if known.component is not None:
        return question_of(known.component, row.digest, annotations=annotations)
    product = context.topology.product(row.product)
    source = product.component(row.component) if product is not None else None
    return ImageQuestion(source.source, row.digest, annotations) if source is not None else None


def _with_image(
    known: KnownValues | None, question: ImageQuestion | None, metadata: Answers
) -> KnownValues | None:
    if known is None or question is None:
        return known
    found = metadata[question]
    if not isinstance(found, ImageMetadata):
        return replace(known, lacking=known.lacking | dict.fromkeys(_OF_IMAGES, found))
    values: dict[str, object] = {"labels": found.labels, "annotations": found.annotations}
    if found.rubin_env is not None:
        values["rubin_env"] = found.rubin_env
    return replace(known, values=values | known.values)


def _answer(
    condition: Condition, row: PlaceComponent | UnobservedPlace, known: KnownValues | None, until: float
) -> PlaceAnswer:
    if isinstance(row, UnobservedPlace) or known is None:
        first = row.next if isinstance(row, UnobservedPlace) else None
        never = "nobody has observed this place yet"
        return PlaceAnswer(row, Holds.UNKNOWN, f"nobody observed it before {first}" if first else never)
    if time.monotonic() > until:
        return PlaceAnswer(row, Holds.UNKNOWN, "the question took longer than the time limit")
    found = condition.holds(known.values)
    if isinstance(found, Unanswered):
        return PlaceAnswer(row, Holds.UNKNOWN, _reason(found, known))
    if row.state == UNOBSERVED:
        then = "it matched" if found else "it did not match"
        return PlaceAnswer(row, Holds.UNKNOWN, f"not observed since {row.last}; {then} then")
    return PlaceAnswer(row, Holds.MATCHED if found else Holds.NOT_MATCHED)


def _reason(found: Unanswered, known: KnownValues) -> str:
    if found.field is not None:
        why = known.lacking.get(found.field)
        return f"{found.field} is not known" + (f": {why}" if why else "")
    if found.key is not None:
        return f"it has no {found.key!r}; whether it has one is asked with `in`"
    return found.message or "it could not be answered"
