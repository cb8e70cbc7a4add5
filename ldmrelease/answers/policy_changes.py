"""`policy diff`: what changed in policies, and which decisions would change with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from ldmrelease.answers.backtests import BacktestFindingAnswer, finding_answers
from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.answers.sentences.policy_changes import policy_change_words
from ldmrelease.answers.spellings import PlaceName, ReleaseName, TimeText, plain_value
from ldmrelease.domain.decision import Outcome, Phase, Verdict
from ldmrelease.domain.times import spell
from ldmrelease.policy.comparison import ClauseChange
from ldmrelease.services.backtest.backtesting import differences
from ldmrelease.services.decisions.policy_diff import DecisionChange, UndecidedChange

if TYPE_CHECKING:
    from ldmrelease.domain.decision import Finding
    from ldmrelease.policy.comparison import PolicyChange
    from ldmrelease.services.backtest.backtesting import Backtest, HistoryDifference
    from ldmrelease.services.backtest.history_replay import ReplayedChange


class PolicyChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A difference between two policies. `environment` is null for what a level asks anywhere, `requirement` for what
    it says itself; `key` is what of it changed, null for the whole.
    """

    level: str
    environment: str | None
    phase: str | None
    requirement: str | None
    change: ClauseChange
    key: str | None
    before: Any
    after: Any
    sentence: str


class ChangedFindingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a requirement in one of two policies."""

    outcome: Outcome
    code: str
    sentence: str


class FindingChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a requirement before and after; null where it is not asked."""

    requirement: str
    before: ChangedFindingAnswer | None
    after: ChangedFindingAnswer | None


class DecisionChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that would change."""

    release: ReleaseName
    place: PlaceName
    phase: Phase
    before: Verdict
    after: Verdict
    findings: tuple[FindingChangeAnswer, ...]


class UndecidedChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A release about which nothing could be decided at a place."""

    release: ReleaseName
    place: PlaceName
    reason: str


class HistoryVerdictAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What policies say of a change of a history, and what stands in its way."""

    verdict: Verdict
    findings: tuple[BacktestFindingAnswer, ...]


class HistoryChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a history of which the two policies do not say the same."""

    date: TimeText
    environment: str
    application: str
    key: str
    tag: str | None
    previous_tag: str | None
    commit: str
    before: HistoryVerdictAnswer
    after: HistoryVerdictAnswer


class PolicyDiffAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What changed, and what follows from it for the ledger's releases. `compared` is how many decisions were made by
    both; null where there is no workspace, and the words are all. Of a history `history_compared` changes were looked
    at, and `history` are those of which the policies do not say the same; both are null where none was named.
    """

    changes: tuple[PolicyChangeAnswer, ...]
    compared: int | None
    decisions: tuple[DecisionChangeAnswer, ...]
    undecided: tuple[UndecidedChangeAnswer, ...]
    history_compared: int | None = None
    history: tuple[HistoryChangeAnswer, ...] | None = None

    def exit_code(self, *, asked: bool) -> ExitCode:
        """Undecided where something could not be decided; that something differs counts where it is `asked`."""
        only_described = self.compared is None and self.history is None
        differs = asked and (self.decisions or self.history or (only_described and self.changes))
        return found_code(differs, self.undecided)


def policy_diff_answer(
    changes: Iterable[PolicyChange],
    found: Iterable[DecisionChange | UndecidedChange | None] | None,
    history: tuple[Backtest, Backtest] | None = None,
) -> PolicyDiffAnswer:
    """What changed; `found` is what became of each decision, None without a workspace; `history` is one history by the
    policies before and after.
    """
    decisions = None if found is None else list(found)
    return PolicyDiffAnswer(
        changes=tuple(map(_change, changes)),
        compared=None if decisions is None else len(decisions),
        decisions=tuple(_decision(each) for each in decisions or () if isinstance(each, DecisionChange)),
        undecided=tuple(
            UndecidedChangeAnswer(release=each.release, place=str(each.place), reason=each.reason)
            for each in decisions or ()
            if isinstance(each, UndecidedChange)
        ),
        history_compared=None if history is None else len(history[0].judged),
        history=None if history is None else tuple(map(_of_history, differences(*history))),
    )


def _of_history(found: HistoryDifference) -> HistoryChangeAnswer:
    change = found.before.change
    return HistoryChangeAnswer(
        date=spell(change.time),
        environment=change.environment,
        application=change.application,
        key=change.key,
        tag=change.tag,
        previous_tag=found.before.previous,
        commit=change.commit,
        before=_verdict(found.before),
        after=_verdict(found.after),
    )


def _verdict(change: ReplayedChange) -> HistoryVerdictAnswer:
    return HistoryVerdictAnswer(verdict=change.verdict, findings=finding_answers(change.findings))


def _change(change: PolicyChange) -> PolicyChangeAnswer:
    return PolicyChangeAnswer(
        level=change.level,
        environment=change.environment,
        phase=change.phase,
        requirement=change.requirement,
        change=change.change,
        key=change.key,
        before=plain_value(change.before),
        after=plain_value(change.after),
        sentence=policy_change_words(change),
    )


def _decision(change: DecisionChange) -> DecisionChangeAnswer:
    return DecisionChangeAnswer(
        release=change.release,
        place=str(change.place),
        phase=change.phase,
        before=change.before.verdict,
        after=change.after.verdict,
        findings=tuple(
            FindingChangeAnswer(requirement=name, before=_finding(before), after=_finding(after))
            for name, before, after in change.findings
        ),
    )


def _finding(finding: Finding | None) -> ChangedFindingAnswer | None:
    if finding is None:
        return None
    return ChangedFindingAnswer(outcome=finding.outcome, code=finding.code, sentence=sentence(finding))
