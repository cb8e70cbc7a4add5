"""Verification campaigns: what they claim, how far they are, and results that were imported."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.evidence import AddedStatementAnswer
from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.milestones import LineProblemAnswer
from ldmrelease.answers.spellings import DigestText, ReleaseName
from ldmrelease.milestones.campaign import BoundCampaign
from ldmrelease.milestones.chapter import LineProblem
from ldmrelease.policy.campaign_results import CaseState, ClaimState
from ldmrelease.services.milestones.campaign_import import FittingResults
from ldmrelease.services.milestones.campaign_status import CampaignStatus


class ClaimAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A feature of the milestone, or a requirement, and the keys of the test cases that verify it. `incomplete`: the
    catalogue does not have it as completed.
    """

    code: str
    text: str
    incomplete: bool
    test_cases: tuple[str, ...]


class CampaignAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign. `definition` is the digest of what is verified and how: results are of it. `marked_complete`: the
    catalogue marks the milestone complete; `test_cases`: how many there are.
    """

    name: str
    title: str
    milestone: str
    marked_complete: bool
    definition: DigestText
    test_cases: int
    claims: tuple[ClaimAnswer, ...]


Campaigns = list[CampaignAnswer]


class CaseStateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A test case: its `outcome` as rules have it, and the `state` that says why. `test_case` is None where none
    verifies the feature.
    """

    test_case: str | None
    outcome: str
    state: str


class ClaimStateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A feature or a requirement in the content of a release; its outcome is that of the worst of its test cases."""

    code: str
    text: str
    outcome: str
    incomplete: bool
    test_cases: tuple[CaseStateAnswer, ...]


class CampaignStatusAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How far a campaign is in a release. `outcome` is satisfied where everything is verified."""

    name: str
    milestone: str
    release: ReleaseName
    outcome: str
    marked_complete: bool
    verified: int
    claims: tuple[ClaimStateAnswer, ...]


CampaignStatuses = list[CampaignStatusAnswer]


class ImportedResultsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Results that were read of a file, and the statement that was signed about them (None: nothing to sign, or a dry
    run). What was not read is in `problems`, each with its line; `not_executed` are test cases without a result.
    """

    campaign: str
    release: ReleaseName
    results: int
    problems: tuple[LineProblemAnswer, ...]
    unknown: tuple[str, ...]
    other_version: tuple[str, ...]
    not_executed: tuple[str, ...]
    statement: AddedStatementAnswer | None

    @property
    def exit_code(self) -> ExitCode:
        """Refused where something of the file was left out, or where what was signed does not count."""
        left = self.problems or self.unknown or self.other_version
        bad = left or (self.statement is not None and not self.statement.counted)
        return ExitCode.REFUSED if bad or not self.results else ExitCode.OK


def campaign_answer(bound: BoundCampaign) -> CampaignAnswer:
    """A campaign as it is told."""
    texts = bound.texts()
    return CampaignAnswer(
        name=bound.campaign.name,
        title=bound.campaign.title,
        milestone=bound.milestone.code,
        marked_complete=bound.milestone.completed is not None,
        definition=bound.definition,
        test_cases=len(bound.campaign.cases),
        claims=tuple(
            ClaimAnswer(
                code=each.code, text=texts[each.code], incomplete=each.incomplete, test_cases=each.cases
            )
            for each in bound.fact().claims
        ),
    )


def campaign_status_answers(statuses: Iterable[CampaignStatus], release: str) -> CampaignStatuses:
    """How far each is in a release."""
    return [_status(each, release) for each in statuses]


def campaigns_code(statuses: CampaignStatuses) -> ExitCode:
    """Refused where anything is not verified; waiting where all that is left is in progress."""
    outcomes = {each.outcome for each in statuses}
    if outcomes <= {"satisfied"}:
        return ExitCode.OK
    return ExitCode.WAITING if outcomes <= {"satisfied", "pending"} else ExitCode.REFUSED


def imported_results_answer(
    bound: BoundCampaign,
    release: str,
    found: FittingResults,
    problems: Iterable[LineProblem],
    statement: AddedStatementAnswer | None,
) -> ImportedResultsAnswer:
    """What became of a file."""
    return ImportedResultsAnswer(
        campaign=bound.campaign.name,
        release=release,
        results=len(found.results),
        problems=tuple(
            LineProblemAnswer(line=each.line, message=each.message, text=each.text) for each in problems
        ),
        unknown=found.unknown,
        other_version=found.other_version,
        not_executed=found.not_executed,
        statement=statement,
    )


def _status(status: CampaignStatus, release: str) -> CampaignStatusAnswer:
    texts = status.bound.texts()
    claims = tuple(_claim(each, texts[each.code]) for each in status.claims)
    return CampaignStatusAnswer(
        name=status.bound.campaign.name,
        milestone=status.bound.milestone.code,
        release=release,
        outcome=str(status.outcome),
        marked_complete=status.bound.milestone.completed is not None,
        verified=sum(each.outcome == "satisfied" for each in claims),
        claims=claims,
    )


def _claim(claim: ClaimState, text: str) -> ClaimStateAnswer:
    return ClaimStateAnswer(
        code=claim.code,
        text=text,
        outcome=str(claim.outcome),
        incomplete=claim.incomplete,
        test_cases=tuple(map(_case, claim.cases)),
    )


def _case(case: CaseState) -> CaseStateAnswer:
    return CaseStateAnswer(test_case=case.case, outcome=str(case.outcome), state=case.state)
