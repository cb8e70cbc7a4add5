"""Text for verification campaigns."""

from collections.abc import Iterator

from ldmrelease.answers.campaigns import (
    CampaignAnswer,
    Campaigns,
    CampaignStatusAnswer,
    CampaignStatuses,
    CaseStateAnswer,
    ClaimStateAnswer,
    ImportedResultsAnswer,
)
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted, listed
from ldmrelease.render.tables import Cell, Colour, table

_WIDEST = 60
_COLOURS = {"satisfied": Colour.green, "pending": Colour.yellow}


def campaigns_text(campaigns: Campaigns) -> str:
    """A line for each campaign."""
    headers = ["campaign", "milestone", "claims", "test cases", "without", "title"]
    rows = (
        [
            each.name,
            each.milestone,
            str(len(each.claims)),
            str(each.test_cases),
            str(sum(not one.test_cases for one in each.claims)),
            each.title,
        ]
        for each in campaigns
    )
    return "\n".join([table(headers, rows), *filter(None, map(_marked, campaigns))])


def campaign_text(campaign: CampaignAnswer) -> str:
    """A campaign with what it claims."""
    title = f": {campaign.title}" if campaign.title else ""
    lines = [printable(f"{campaign.name}{title}"), f"binds {campaign.milestone}; {campaign.definition}"]
    lines += filter(None, [_marked(campaign)])
    rows = ([each.code, ", ".join(each.test_cases) or "none", _cut(each.text)] for each in campaign.claims)
    return "\n".join([*lines, table(["feature", "test cases", "text"], rows)])


def statuses_text(statuses: CampaignStatuses) -> str:
    """How far each campaign is, feature by feature."""
    return "\n\n".join("\n".join(_status(each)) for each in statuses)


def imported_results_text(answer: ImportedResultsAnswer) -> str:
    """What became of a file."""
    lines = [f"{answer.campaign} in {answer.release}: {counted(answer.results, 'result')} read"]
    lines += [printable(f"line {each.line}: {each.message}") for each in answer.problems]
    lines += [f"{each}: not a test case of the campaign" for each in answer.unknown]
    lines += [f"{each}: of another version of the test case" for each in answer.other_version]
    if answer.not_executed:
        lines.append(f"not executed: {listed(answer.not_executed)}")
    if answer.statement is not None:
        known = "" if answer.statement.new else ", which the ledger had"
        refused = answer.statement.rejected
        count = f"; it does not count: {refused.sentence}" if refused is not None else ""
        lines.append(f"signed as {answer.statement.digest}{known}{count}")
    return "\n".join(map(printable, lines))


def _status(status: CampaignStatusAnswer) -> Iterator[str]:
    yield (
        f"{status.name} ({status.milestone}) in {status.release}: "
        f"{status.verified} of {len(status.claims)} verified"
    )
    left = [each.code for each in status.claims if each.incomplete]
    if status.marked_complete and left:
        yield f"the catalogue marks {status.milestone} complete, and {listed(left)} not"
    if not status.claims:
        yield "it claims nothing: there is nothing to verify"
        return
    rows = (_row(claim, case) for claim in status.claims for case in claim.test_cases)
    yield table(["feature", "test case", "state", "text"], rows)


def _row(claim: ClaimStateAnswer, case: CaseStateAnswer) -> list[str | Cell]:
    state = Cell(case.state, _COLOURS.get(case.outcome, Colour.red))
    return [claim.code, case.test_case or "", state, _cut(claim.text)]


def _marked(campaign: CampaignAnswer) -> str:
    left = [each.code for each in campaign.claims if each.incomplete]
    if not (campaign.marked_complete and left):
        return ""
    return f"the catalogue marks {campaign.milestone} complete, and {listed(left)} not"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."
