"""`reviewed`: who approved the last commit of the change; an approval of an earlier one is void."""

from typing import Any

from ldmrelease.domain.decision import Finding
from ldmrelease.domain.facts import BuildSource, StatementFact
from ldmrelease.domain.statement_facts import OwnersFact, ReviewerFact, ReviewFact
from tests.unit.policy.policy_facts import HOUR, RELEASE, ago, facts, judge, statement, weekly

PHALANX, OTHER = "c" * 40, "e" * 40
LAST, EARLIER = "d" * 40, "a" * 40


def said(person: str, *, approved: bool = True, commit: str | None = LAST) -> ReviewerFact:
    return ReviewerFact(person, approved, commit)


def review(name: str, *reviewers: ReviewerFact, **changes: Any) -> StatementFact:
    about = {key: changes.pop(key) for key in ("commit", "author", "owners", "reference") if key in changes}
    fact = ReviewFact(
        **{"system": "github", "reference": "lsst/phalanx#1", "commit": LAST, "author": "bob", **about},
        reviewers=reviewers,
    )
    given: dict[str, Any] = {
        "type": "code-review",
        "subjects": (f"gitCommit:{PHALANX}",),
        "roles": ("bridge",),
        "review": fact,
    }
    return statement(name, **given | changes)


def asked(*statements: StatementFact, commits: tuple[str, ...] = (PHALANX,), **parameters: Any) -> Finding:
    sources = tuple(BuildSource(f"https://example.org/{each[0]}", each) for each in commits)
    known = facts(statements=statements, release=weekly(configurations=sources))
    return judge("reviewed", known, **{"by": ["bridge"], **parameters})


def both(finding: Finding) -> tuple[str, str]:
    return finding.outcome.value, finding.code


def test_an_approval_of_the_last_commit_counts() -> None:
    finding = asked(review("r", said("ada"), said("eve", approved=False)))
    assert both(finding) == ("satisfied", "reviewed")
    assert finding.values["approved"] == ["ada"]


def test_new_commits_void_it() -> None:
    finding = asked(review("r", said("ada", commit=EARLIER)))
    assert (both(finding), finding.values["void"]) == (("missing", "new-commits"), ["ada"])


def test_persons_are_counted_without_the_author_and_whoever_asks() -> None:
    """The requester of these facts is ana."""
    finding = asked(review("r", said("ada"), said("bob"), said("ana")), quorum=2)
    assert (both(finding), finding.values["approved"]) == (("missing", "too-few"), ["ada"])
    assert both(asked(review("r", said("ada"), said("eve")), quorum=2)) == ("satisfied", "reviewed")


def test_every_part_needs_one_of_its_owners() -> None:
    owners = OwnersFact("/applications/atdome/", ("@eve", "@zoe")), OwnersFact("/docs/", ())
    finding = asked(review("r", said("ada"), owners=owners), owners=True)
    assert both(finding) == ("missing", "owner-missing")
    assert finding.values["owners"] == [{"pattern": "/applications/atdome/", "owners": ["@eve", "@zoe"]}]
    assert both(asked(review("r", said("Eve"), owners=owners), owners=True)) == ("satisfied", "reviewed")
    assert both(asked(review("r", said("ada"), owners=owners))) == ("satisfied", "reviewed")


def test_the_commit_of_each_configuration_needs_a_review() -> None:
    finding = asked(review("r", said("ada")), commits=(PHALANX, OTHER))
    assert (both(finding), finding.values["commit"]) == (("missing", "no-evidence"), OTHER)


def test_what_was_seen_last_of_a_review_counts() -> None:
    early = review("r", said("ada"), received=ago(9 * HOUR))
    assert both(asked(early, review("s", said("ada", approved=False)))) == ("missing", "too-few")


def test_another_change_with_the_same_commit_is_a_review_of_its_own() -> None:
    other = review("s", reference="lsst/phalanx#2")
    assert both(asked(review("r", said("ada")), other)) == ("satisfied", "reviewed")


def test_a_bridge_without_the_role_does_not_count() -> None:
    assert both(asked(review("r", said("ada"), roles=("ci",)))) == ("missing", "not-counted")


def test_a_review_may_be_of_the_release_itself() -> None:
    assert both(asked(review("r", said("ada"), subjects=(RELEASE,)), about="release")) == (
        "satisfied",
        "reviewed",
    )
    assert both(asked(review("r", said("ada")), about="release")) == ("missing", "no-evidence")


def test_a_release_without_configuration_has_none_to_review() -> None:
    assert both(asked(commits=())) == ("missing", "no-configuration")


def test_an_old_one_lapses() -> None:
    assert both(asked(review("r", said("ada")), max_age=HOUR // 2)) == ("missing", "too-old")


def test_one_without_a_commit_approves_nothing() -> None:
    assert both(asked(review("r", said("ada", commit=None), commit=None))) == ("missing", "too-few")
