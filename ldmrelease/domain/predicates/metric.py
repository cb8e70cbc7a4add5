"""Measured values: in-toto's attribute report (SCAI 0.2), each attribute with its value and unit as conditions."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from ldmrelease.domain import times
from ldmrelease.domain.predicates.interface import Predicate, StatementType, value_at
from ldmrelease.domain.statement_facts import MetricFact

MOST_METRICS = 10_000
RUN_FIELD = "ldmreleaseMeasured"
_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")


class _Conditions(Struct):
    value: str | None = None
    unit: str = ""


class _Attribute(Struct):
    attribute: str
    conditions: _Conditions = field(default_factory=_Conditions)


class _Report(Struct):
    attributes: list[_Attribute]


def is_decimal(text: str) -> bool:
    """Whether a text is a decimal number as metrics spell it: `4.38`, `-0.5`, `1e-3`."""
    return _DECIMAL.fullmatch(text) is not None


def write_metrics(
    metrics: Mapping[str, MetricFact], environment: str | None, measured: datetime
) -> dict[str, Any]:
    """The predicate of measured values, by name."""
    return {
        "attributes": [
            {"attribute": name, "conditions": {"value": each.value, "unit": each.unit}}
            for name, each in sorted(metrics.items())
        ],
        RUN_FIELD: {"environment": environment, "finishedOn": times.spell(measured)},
    }


def read_metrics(predicate: Predicate) -> dict[str, MetricFact] | str:
    """The values by name, or a code: `bad-metric` (no decimal; a name that is there twice, or not ASCII),
    `too-many-metrics`.

    Attributes without a value are others' assertions, and no metrics.
    """
    try:
        report = msgspec.convert(predicate, _Report)
    except msgspec.ValidationError:
        return "bad-metric"
    found = [each for each in report.attributes if each.conditions.value is not None]
    if len(found) > MOST_METRICS:
        return "too-many-metrics"
    values = {each.attribute: MetricFact(each.conditions.value or "", each.conditions.unit) for each in found}
    named = all(name.isascii() and is_decimal(each.value) for name, each in values.items())
    if len(values) < len(found) or not named:
        return "bad-metric"
    return values


def _environment(predicate: Predicate) -> str | None:
    name = value_at(predicate, (RUN_FIELD, "environment"))
    return name if isinstance(name, str) else None


def _facts(predicate: Predicate, _checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    metrics = read_metrics(predicate)
    return {"code": metrics} if isinstance(metrics, str) else {"metrics": metrics}


TYPE = StatementType(
    name="metric",
    uris=("https://in-toto.io/attestation/scai/attribute-report/v0.2",),
    times=((RUN_FIELD, "finishedOn"),),
    environment=_environment,
    facts=_facts,
)
