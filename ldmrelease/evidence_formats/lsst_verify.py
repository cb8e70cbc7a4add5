"""A job of lsst.verify as JSON: its measurements, as they are spelled there."""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from ldmrelease.domain.document_faults import DocumentFaults, refused
from ldmrelease.domain.predicates.metric import MOST_METRICS, is_decimal
from ldmrelease.domain.statement_facts import MetricFact
from ldmrelease.evidence_formats.found import MetricsFound
from ldmrelease.evidence_formats.interface import EvidenceFormat
from ldmrelease.evidence_formats.typed_fields import Fields, read_object


class _Measurement(Struct):
    metric: str
    value: Any = None
    unit: str | None = None


def read(data: bytes) -> MetricsFound | DocumentFaults:
    """The measured values by metric, such as `validate_drp.AM1`; one without a value was not measured."""
    plain = read_object(data)
    if isinstance(plain, DocumentFaults):
        return plain
    fields = Fields()
    found: dict[str, MetricFact] = {}
    for index, each in fields.each(plain.get("measurements"), _Measurement, "measurements"):
        path = ("measurements", index)
        if each.value is None:
            continue
        name = fields.name(each.metric, *path, "metric")
        if not name.isascii():
            fields.note((*path, "metric"), "not ASCII", name, "a name such as validate_drp.AM1")
        if name in found:
            fields.note((*path, "metric"), "measured twice", name, "each metric once")
        found[name] = MetricFact(_spelled(each.value, fields, path), each.unit or "")
    if not found and not fields.faults:
        return refused("no-metrics", "nothing was measured", expected="at least one measurement with a value")
    if len(found) > MOST_METRICS:
        fields.note(("measurements",), "too many", len(found), f"at most {MOST_METRICS}")
    return fields.refused() or MetricsFound(found)


def _spelled(value: Any, fields: Fields, path: tuple[str | int, ...]) -> str:
    text = str(value)
    number = isinstance(value, Decimal | int | str) and not isinstance(value, bool)
    if not number or not is_decimal(text):
        fields.note((*path, "value"), "not a number", text, "a decimal number")
    return text


FORMAT = EvidenceFormat("lsst-verify", "A job of lsst.verify: measured values", "lsst-verify", "metric", read)
