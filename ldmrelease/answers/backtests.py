"""`policy backtest`: what policies would have said of the changes of a history, and what became of those."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ldmrelease.answers.findings import FindingAnswer
from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.answers.spellings import TimeText, plain_values, time_text
from ldmrelease.domain.decision import Outcome, Verdict
from ldmrelease.domain.times import spell
from ldmrelease.services.backtest.figures import by_fate, by_requirement, incidents
from ldmrelease.services.backtest.outcomes import DAYS, Fate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldmrelease.domain.decision import Finding
    from ldmrelease.domain.setting_changes import UnreadableChange
    from ldmrelease.services.backtest.backtesting import Backtest
    from ldmrelease.services.backtest.figures import Held, Incident, Judged


class BacktestFindingAnswer(FindingAnswer, frozen=True, kw_only=True):
    """What stands in the way of a change."""

    requirement: str
    rule: str
    outcome: Outcome


class BacktestChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A change of one image setting. `tag` is null where the setting was taken away, `previous_tag` where there was
    none; of a selector of several parts both are put together, and `part` is what the file says. `findings` are those
    that stand in the way. `goes_back`: to an older version, or to what was there before. `fate` is what became of it;
    `returned` and `returned_by` say when and by which commit it was taken back.
    """

    date: TimeText
    environment: str
    application: str
    key: str
    tag: str | None
    previous_tag: str | None
    commit: str
    verdict: Verdict
    findings: tuple[BacktestFindingAnswer, ...]
    level: str
    goes_back: bool
    fate: Fate
    returned: TimeText | None
    returned_by: str | None
    part: str | None
    line: int | None


class BacktestIncidentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A commit of which something is held up, or was taken back as a mistake. `changes` are its settings, `goes_back`
    how many of them go to older versions or to what was there before.
    """

    commit: str
    date: TimeText
    environments: tuple[str, ...]
    applications: tuple[str, ...]
    changes: int
    goes_back: int
    refused: int
    waiting: int
    mistakes: int
    requirements: tuple[str, ...]
    returned: TimeText | None
    returned_by: str | None


class HeldAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How many changes came to this, and how many of them are held up: `refused`, `waiting` or `undecided`; `share` is
    that part, null where there are none. `incidents` are their commits, held where all of these changes are.
    """

    changes: int
    refused: int
    waiting: int
    undecided: int
    share: float | None
    incidents: int
    incidents_held: int


class BacktestRequirementAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What one requirement holds up, by what became of it; `alone`: where nothing else does."""

    level: str
    requirement: str
    rule: str
    held: dict[Fate, int]
    alone: dict[Fate, int]
    incidents: int
    precision: float | None


class BacktestSummaryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The figures. `recall` is the part of the mistakes that is held up; `precision` the part of what is held up, of
    mistakes and good changes, that are mistakes; `good_held` the part of the good changes that is held up.
    """

    commits: int
    changes: int
    verdicts: dict[Verdict, int]
    days: int
    recall: float | None
    precision: float | None
    good_held: float | None
    incident_recall: float | None
    fates: dict[Fate, HeldAnswer]
    requirements: tuple[BacktestRequirementAnswer, ...]


class UnreadableChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What of the history cannot be read, and why."""

    source: str
    line: int | None
    commit: str | None
    reason: str


class NotAskedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement that was not asked, as the tags of a history cannot answer it."""

    level: str
    environment: str | None
    requirement: str
    rule: str


class BacktestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What policies would have said of a history; `assumed_ran`: taking it that what was asked for ran there."""

    assumed_ran: bool
    changes: tuple[BacktestChangeAnswer, ...]
    incidents: tuple[BacktestIncidentAnswer, ...]
    summary: BacktestSummaryAnswer
    unreadable: tuple[UnreadableChangeAnswer, ...]
    not_asked: tuple[NotAskedAnswer, ...]


def backtest_answer(found: Backtest, *, assumed_ran: bool) -> BacktestAnswer:
    """The changes, the incidents and the figures."""
    return BacktestAnswer(
        assumed_ran=assumed_ran,
        changes=tuple(map(_change, found.judged)),
        incidents=tuple(map(_incident, incidents(found.judged))),
        summary=_summary(found),
        unreadable=tuple(map(unreadable_answer, found.unreadable)),
        not_asked=tuple(
            NotAskedAnswer(
                level=each.level, environment=each.environment, requirement=each.requirement, rule=each.rule
            )
            for each in found.not_asked
        ),
    )


def finding_answers(findings: Iterable[Finding]) -> tuple[BacktestFindingAnswer, ...]:
    """What stands in the way."""
    return tuple(
        BacktestFindingAnswer(
            requirement=each.requirement,
            rule=each.rule,
            outcome=each.outcome,
            code=each.code,
            values=plain_values(each.values),
            sentence=sentence(each),
        )
        for each in findings
    )


def unreadable_answer(each: UnreadableChange) -> UnreadableChangeAnswer:
    """What cannot be read."""
    return UnreadableChangeAnswer(source=each.source, line=each.line, commit=each.commit, reason=each.reason)


def _change(judged: Judged) -> BacktestChangeAnswer:
    replayed, became = judged
    change = replayed.change
    return BacktestChangeAnswer(
        date=spell(change.time),
        environment=change.environment,
        application=change.application,
        key=change.key,
        tag=change.tag,
        previous_tag=replayed.previous,
        commit=change.commit,
        verdict=replayed.verdict,
        findings=finding_answers(replayed.findings),
        level=replayed.level,
        goes_back=replayed.goes_back,
        fate=became.fate,
        returned=time_text(became.returned),
        returned_by=became.by,
        part=change.part,
        line=change.line,
    )


def _incident(each: Incident) -> BacktestIncidentAnswer:
    return BacktestIncidentAnswer(
        commit=each.commit,
        date=spell(each.date),
        environments=each.environments,
        applications=each.applications,
        changes=each.changes,
        goes_back=each.goes_back,
        refused=each.refused,
        waiting=each.waiting,
        mistakes=each.mistakes,
        requirements=each.requirements,
        returned=time_text(each.returned),
        returned_by=each.returned_by,
    )


def _summary(found: Backtest) -> BacktestSummaryAnswer:
    fates = by_fate(found.judged)
    mistakes, good = fates[Fate.MISTAKE], fates[Fate.GOOD]
    verdicts = dict.fromkeys(Verdict, 0)
    for change, _ in found.judged:
        verdicts[change.verdict] += 1
    return BacktestSummaryAnswer(
        commits=len({change.change.commit for change, _ in found.judged}),
        changes=len(found.judged),
        verdicts=verdicts,
        days=DAYS,
        recall=_share(mistakes.held, mistakes.changes),
        precision=_share(mistakes.held, mistakes.held + good.held),
        good_held=_share(good.held, good.changes),
        incident_recall=_share(mistakes.incidents_held, mistakes.incidents),
        fates={fate: _held(each) for fate, each in fates.items()},
        requirements=tuple(_requirements(found)),
    )


def _requirements(found: Backtest) -> Iterable[BacktestRequirementAnswer]:
    for each in by_requirement(found.judged):
        mistakes, good = each.held.get(Fate.MISTAKE, 0), each.held.get(Fate.GOOD, 0)
        yield BacktestRequirementAnswer(
            level=each.level,
            requirement=each.requirement,
            rule=each.rule,
            held=each.held,
            alone=each.alone,
            incidents=each.incidents,
            precision=_share(mistakes, mistakes + good),
        )


def _held(each: Held) -> HeldAnswer:
    return HeldAnswer(
        changes=each.changes,
        refused=each.refused,
        waiting=each.waiting,
        undecided=each.undecided,
        share=_share(each.held, each.changes),
        incidents=each.incidents,
        incidents_held=each.incidents_held,
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
