"""What a campaign's signed results say of each feature and requirement that it has to verify.

Missing, pending, failed and errored differ: a test case without a result is missing, one that is in progress is waited
for, one that is blocked could not be executed. Of several results of one test case the one that was taken in last
counts, and of those of one second the worst.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ldmrelease.domain.decision import Outcome
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.statement_facts import CaseStatus
from ldmrelease.domain.workspace_facts import CampaignFact

WORST_FIRST = (Outcome.FAILED, Outcome.MISSING, Outcome.ERRORED, Outcome.PENDING, Outcome.SATISFIED)
_OUTCOMES = {
    CaseStatus.FAILED: Outcome.FAILED,
    CaseStatus.BLOCKED: Outcome.ERRORED,
    CaseStatus.IN_PROGRESS: Outcome.PENDING,
    CaseStatus.PASSED: Outcome.SATISFIED,
}


class CaseState(Struct, frozen=True):
    """What is known of one test case, or that a claim has none (`no-test-case`: `case` and `campaign` are None).

    state: the result's status; or `no-result`, `other-definition` (there is one of another definition of the campaign),
    `not-counted` (signed by nobody who counts), `future`.
    """

    outcome: Outcome
    state: str
    campaign: str | None = None
    case: str | None = None
    evidence: str | None = None


class ClaimState(Struct, frozen=True):
    """A feature or a requirement with its test cases; `incomplete` as in `ClaimFact`."""

    code: str
    cases: tuple[CaseState, ...]
    incomplete: bool = False

    @property
    def outcome(self) -> Outcome:
        """That of the worst test case: one that is not verified by all of them is not verified."""
        return worst_of(each.outcome for each in self.cases)


def worst_of(outcomes: Iterable[Outcome]) -> Outcome:
    """The one that speaks for all; missing where there is none."""
    return min(outcomes, key=WORST_FIRST.index, default=Outcome.MISSING)


def claim_states(
    campaigns: Iterable[CampaignFact], counted: Iterable[StatementFact], others: Iterable[StatementFact] = ()
) -> tuple[ClaimState, ...]:
    """What is known of all that these campaigns claim; what several of them claim is told once, with all test cases.

    `counted` are the statements that count, in the order of their intake; `others` those that do not. Who signs old
    results again makes them no newer.
    """
    first: dict[str, StatementFact] = {}
    for each in counted:
        first.setdefault(each.evidence, each)
    known, rejected = tuple(first.values()), tuple(others)
    cases: dict[str, list[CaseState]] = {}
    incomplete: dict[str, bool] = {}
    for campaign in campaigns:
        for claim in campaign.claims:
            states = cases.setdefault(claim.code, [])
            states += [_state(campaign, case, known, rejected) for case in claim.cases]
            incomplete[claim.code] = incomplete.get(claim.code, False) or claim.incomplete
    none = (CaseState(Outcome.MISSING, "no-test-case"),)
    return tuple(ClaimState(code, tuple(found) or none, incomplete[code]) for code, found in cases.items())


def _state(
    campaign: CampaignFact, case: str, counted: tuple[StatementFact, ...], others: tuple[StatementFact, ...]
) -> CaseState:
    about = list(_results(campaign, case, counted))
    ours = [each for each in about if each[0] == campaign.definition]
    if ours:
        last = [each for each in ours if each[2].received == ours[-1][2].received]
        _, status, statement = min(last, key=lambda each: WORST_FIRST.index(_OUTCOMES[each[1]]))
        return CaseState(_OUTCOMES[status], str(status), campaign.name, case, statement.evidence)
    if about:
        return CaseState(Outcome.MISSING, "other-definition", campaign.name, case)
    rejected = [each for _, _, each in _results(campaign, case, others)]
    if any(each.code == "future" for each in rejected):
        return CaseState(Outcome.ERRORED, "future", campaign.name, case)
    return CaseState(Outcome.MISSING, "not-counted" if rejected else "no-result", campaign.name, case)


def _results(
    campaign: CampaignFact, case: str, statements: tuple[StatementFact, ...]
) -> Iterator[tuple[str, CaseStatus, StatementFact]]:
    for each in statements:
        found = each.verification
        if found is not None and found.campaign == campaign.name and case in found.results:
            yield found.definition, found.results[case], each
