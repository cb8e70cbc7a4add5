"""Reviews of changes that were held in other systems: who approved which commit, and whose approval was needed.

There is no type of in-toto for it: this one is ours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ldmrelease.domain import canonical
from ldmrelease.domain.predicates.interface import Predicate, StatementType
from ldmrelease.domain.statement_facts import ReviewFact

MOST_REVIEWERS = 1_000
FIELD = "review"


def write_review(review: ReviewFact) -> dict[str, Any]:
    """The predicate of a review."""
    return {FIELD: canonical.to_plain(review)}


def read_review(predicate: Predicate) -> ReviewFact | str:
    """What it says, or the code of why it cannot be said: `bad-review`, `too-many-reviewers`."""
    try:
        review = msgspec.convert(predicate.get(FIELD), ReviewFact)
    except msgspec.ValidationError:
        return "bad-review"
    if len(review.reviewers) > MOST_REVIEWERS or len(review.owners) > MOST_REVIEWERS:
        return "too-many-reviewers"
    persons = [each.person for each in review.reviewers]
    return "bad-review" if len(set(persons)) < len(persons) else review


def _facts(predicate: Predicate, _checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    review = read_review(predicate)
    return {"code": review} if isinstance(review, str) else {"review": review}


TYPE = StatementType(name="code-review", uris=("https://ldmrelease.invalid/review/v1",), facts=_facts)
