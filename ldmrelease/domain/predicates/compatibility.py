"""Compatibility: the schemas and protocols that a release needs, as ranges of versions, and those that it brings.

There is no type of in-toto for it: this one is ours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ldmrelease.domain.predicates.interface import Predicate, StatementType
from ldmrelease.domain.product_versions import version_key
from ldmrelease.domain.statement_facts import CompatibilityFact
from ldmrelease.domain.version_ranges import VersionRange

MOST_INTERFACES = 1_000


def read_compatibility(predicate: Predicate) -> CompatibilityFact | str:
    """What it says, or the code of why it cannot be said: `bad-compatibility`, `too-many-interfaces`."""
    try:
        found = msgspec.convert(predicate, CompatibilityFact)
        if len(found.requires) + len(found.provides) > MOST_INTERFACES:
            return "too-many-interfaces"
        for each in found.requires.values():
            VersionRange.parse(each)
        for each in found.provides.values():
            version_key(each)
    except (msgspec.ValidationError, ValueError):
        return "bad-compatibility"
    named = all(name.isascii() and name for name in (*found.requires, *found.provides))
    return found if named else "bad-compatibility"


def _facts(predicate: Predicate, _checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    found = read_compatibility(predicate)
    return {"code": found} if isinstance(found, str) else {"compatibility": found}


TYPE = StatementType(
    name="compatibility",
    uris=("https://ldmrelease.invalid/compatibility/v1",),
    facts=_facts,
    has_own_rule=True,
)
