"""Reviews of a pull request become signed evidence about the release, by the persons of the accounts."""

import pytest
from msgspec.structs import replace

from ldmrelease.domain.predicates.review import write_review
from ldmrelease.domain.statement_facts import OwnersFact, ReviewerFact, ReviewFact
from ldmrelease.evidence_formats.found import OwnersFound
from ldmrelease.faces.cli.arguments import release_now
from ldmrelease.forges.interface import Draft, PullRequestReview, ReviewVerdict
from ldmrelease.forges.memory import MemoryForge
from ldmrelease.services.evidence.manual import AddedEvidence
from ldmrelease.services.evidence.pull_request_reviews import observe_reviews, record_reviews
from tests.unit.trust.trust_samples import fact, ring, signed
from tests.workspace import BEFORE, Site

HEAD, EARLIER = "a" * 40, "b" * 40


@pytest.fixture
def forge() -> MemoryForge:
    """One pull request with an approval of its head, a void one, one of nobody knows what, and a comment."""
    made = MemoryForge(lambda _: HEAD)
    made.open(Draft("ldmrelease/1", "main", "t", "b"))
    made.change("1", author="bot")
    made.given_paths["1"] = ["environments/values.yaml"]
    made.given_reviews["1"] = [
        PullRequestReview("carol", ReviewVerdict.COMMENTED, HEAD),
        PullRequestReview("bob", ReviewVerdict.APPROVED, EARLIER),
        PullRequestReview("alice", ReviewVerdict.APPROVED, HEAD),
        PullRequestReview("dan", ReviewVerdict.APPROVED, ""),
    ]
    return made


def test_what_a_forge_tells_is_a_review_of_its_head(forge: MemoryForge) -> None:
    found = observe_reviews(forge, "github", "o/r", "1").found.review
    assert (found.reference, found.commit, found.author) == ("o/r#1", HEAD, "bot")
    assert [(each.person, each.approved, each.commit) for each in found.reviewers] == [
        ("alice", True, HEAD),
        ("bob", True, EARLIER),
        ("dan", True, None),
    ]


def test_it_is_signed_by_the_bridge_and_taken_in_once(ready: Site, forge: MemoryForge) -> None:
    context = ready.context()
    try:
        pinned = release_now(context, BEFORE, None)
        owners = OwnersFound((("environments/", ("@alice",)),))
        reviewed = observe_reviews(forge, "github", "o/r", "1", owners)
        first, again = (record_reviews(context, pinned, reviewed) for _ in range(2))
    finally:
        context.ledger.close()
    assert isinstance(first, AddedEvidence)
    assert isinstance(again, AddedEvidence)
    assert (first.type, first.new) == ("code-review", True)


def test_accounts_are_the_persons_that_the_trust_document_says() -> None:
    reviewers = (ReviewerFact("alice-gh", True, HEAD), ReviewerFact("stranger", True, HEAD))
    owners = (OwnersFact("*", ("@alice-gh", "@o/team")),)
    review = ReviewFact("github", "o/r#1", HEAD, "bob-gh", reviewers, owners)
    envelope = signed(write_review(review), type="code-review")
    accounts = {"github:alice-gh": "ann", "github:bob-gh": "runner@dev", "gitlab:stranger": "ann"}
    found = fact(envelope, keyring=replace(ring(), accounts=accounts)).review
    assert found is not None
    assert found.author == "runner@dev"
    assert [each.person for each in found.reviewers] == ["ann", "stranger"]
    assert found.owners == (OwnersFact("*", ("ann", "@o/team")),)
    assert fact(envelope).review == review
