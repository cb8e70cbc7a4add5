"""The types of statement that the program knows. A new one is a file beside this one, and a line here."""

from ldmrelease.domain.predicates import (
    compatibility,
    document,
    metric,
    provenance,
    review,
    sbom,
    scan,
    summary,
    test_result,
    verification,
    vex,
)
from ldmrelease.domain.predicates.interface import StatementType

STATEMENT_TYPES: dict[str, StatementType] = {
    each.name: each
    for each in (
        provenance.TYPE,
        test_result.TYPE,
        scan.TYPE,
        vex.TYPE,
        sbom.TYPE,
        metric.TYPE,
        review.TYPE,
        document.TYPE,
        compatibility.TYPE,
        verification.TYPE,
        summary.TYPE,
    )
}
"""By short name."""

_BY_URI = {uri: each for each in STATEMENT_TYPES.values() for uri in each.uris}


def statement_type(predicate_type: str) -> StatementType:
    """What is known of a predicate type; of another one nothing but its name, which is the type itself."""
    return _BY_URI.get(predicate_type) or StatementType(predicate_type, (predicate_type,))


def short_type(predicate_type: str) -> str:
    """The short name of a predicate type (`check`, `provenance`, ...), or the type itself."""
    return statement_type(predicate_type).name
