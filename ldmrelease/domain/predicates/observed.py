"""What a bridge adds to a predicate: where it read what it signs. Part of every statement that was imported."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.domain.images import is_digest
from ldmrelease.domain.predicates.interface import Predicate, read_time
from ldmrelease.domain.statement_facts import ObservedFact

FIELD = "ldmreleaseObserved"


class _Observed(Struct):
    system: str
    name: str
    digest: str
    observedOn: str  # noqa: N815 - as it is spelled


def write_observed(system: str, name: str, digest: str, time: datetime) -> dict[str, Any]:
    """The field of a predicate. `digest` is that of the document's bytes."""
    spelled = {"system": system, "name": name, "digest": digest, "observedOn": times.spell(time)}
    return {FIELD: spelled}


def read_observed(predicate: Predicate) -> ObservedFact | None:
    """Where it was read; None for a statement that nobody imported, or that does not say it well."""
    try:
        found = msgspec.convert(predicate.get(FIELD), _Observed)
        time = read_time(found.observedOn)
    except (msgspec.ValidationError, ValueError):
        return None
    return ObservedFact(found.system, found.name, found.digest, time) if is_digest(found.digest) else None
