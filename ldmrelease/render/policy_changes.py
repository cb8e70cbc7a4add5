"""`policy diff` for people: what changed in words, then each decision that would change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted

if TYPE_CHECKING:
    from ldmrelease.answers.policy_changes import (
        ChangedFindingAnswer,
        DecisionChangeAnswer,
        HistoryChangeAnswer,
        PolicyDiffAnswer,
    )


def policy_diff_text(answer: PolicyDiffAnswer) -> str:
    """The changes, the decisions, and how many there were."""
    return "\n".join(map(printable, _lines(answer)))


def _lines(answer: PolicyDiffAnswer) -> Iterator[str]:
    yield from (each.sentence for each in answer.changes)
    if not answer.changes:
        yield "the policies ask the same"
    for decision in answer.decisions:
        yield from _decision(decision)
    for each in answer.undecided:
        yield f"{each.release} at {each.place}: not decided: {each.reason}"
    for change in answer.history or ():
        yield from _of_history(change)
    if answer.history_compared is not None:
        number = len(answer.history or ())
        yield f"{counted(answer.history_compared, 'change')} of the history, {number or 'none'} of them otherwise"
    if answer.compared is not None:
        changed = len(answer.decisions)
        verb = "change" if changed > 1 else "changes"
        yield f"{counted(answer.compared, 'decision')} compared, {changed or 'none'} of them {verb}"


def _of_history(change: HistoryChangeAnswer) -> Iterator[str]:
    what = f"{change.previous_tag or 'nothing'} -> {change.tag or 'nothing'}"
    yield f"{change.date} {change.commit[:12]} {change.environment}/{change.application} {change.key}: {what}"
    yield f"  {change.before.verdict} -> {change.after.verdict}"
    old = {each.sentence for each in change.before.findings}
    new = {each.sentence for each in change.after.findings}
    yield from (f"    was: {each}" for each in sorted(old - new))
    yield from (f"    {each}" for each in sorted(new - old))


def _decision(change: DecisionChangeAnswer) -> Iterator[str]:
    verdict = str(change.before)
    if change.before is not change.after:
        verdict = f"{change.before} -> {change.after}"
    phase = " (confirm)" if change.phase == "confirm" else ""
    yield f"{change.release} at {change.place}{phase}: {verdict}"
    for each in change.findings:
        yield f"  {each.requirement}: {_finding(each.before)} -> {_finding(each.after)}"
        told = each.after or each.before
        if told is not None:
            yield f"    {'' if each.after is not None else 'was: '}{told.sentence}"


def _finding(finding: ChangedFindingAnswer | None) -> str:
    return "not asked" if finding is None else f"{finding.outcome}/{finding.code}"
