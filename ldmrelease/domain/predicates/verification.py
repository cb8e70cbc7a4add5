"""Results of a verification campaign: what became of its test cases, about a release or its content.

in-toto's test-result is of one check with all of its tests; a campaign is worked on for weeks, one test case after the
other, and a test case may wait or be blocked. So this type is ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from ldmrelease.domain import times
from ldmrelease.domain.images import is_digest
from ldmrelease.domain.predicates.interface import Predicate, StatementType
from ldmrelease.domain.statement_facts import CaseStatus, VerificationFact

MOST_RESULTS = 10_000


class ExecutedCase(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What became of one test case. `executed_on` is a day or a time as somebody wrote it, `executed_by` whoever
    executed it as the source names them; both and `environment` and `comment` are for people.
    """

    test_case: str
    status: CaseStatus
    executed_on: str = ""
    executed_by: str = ""
    environment: str = ""
    comment: str = ""


class _Verification(Struct):
    campaign: str
    definition: str
    results: tuple[ExecutedCase, ...]


def write_verification(
    campaign: str, definition: str, results: Iterable[ExecutedCase], signed: datetime
) -> dict[str, Any]:
    """The predicate of results; `definition` is the digest of the campaign that they are results of."""
    return {
        "campaign": campaign,
        "definition": definition,
        "results": msgspec.to_builtins(list(results)),
        "signedOn": times.spell(signed),
    }


def read_results(predicate: Predicate) -> tuple[ExecutedCase, ...] | str:
    """The results, in their order, or the code of why they cannot be told: `bad-verification`, `too-many-results`."""
    try:
        found = msgspec.convert(predicate, _Verification)
    except msgspec.ValidationError:
        return "bad-verification"
    if len(found.results) > MOST_RESULTS:
        return "too-many-results"
    keys = [each.test_case for each in found.results]
    named = all(keys) and len(set(keys)) == len(keys) and found.campaign
    return found.results if keys and named and is_digest(found.definition) else "bad-verification"


def read_verification(predicate: Predicate) -> VerificationFact | str:
    """What it says, or the code as of `read_results`."""
    results = read_results(predicate)
    if isinstance(results, str):
        return results
    statuses = {each.test_case: each.status for each in results}
    return VerificationFact(str(predicate["campaign"]), str(predicate["definition"]), statuses)


def _facts(predicate: Predicate, _checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    found = read_verification(predicate)
    return {"code": found} if isinstance(found, str) else {"verification": found}


TYPE = StatementType(
    name="verification",
    uris=("https://ldmrelease.invalid/verification/v1",),
    times=(("signedOn",),),
    facts=_facts,
    has_own_rule=True,
)
