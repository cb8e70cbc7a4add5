"""`policy backtest` for people: the figures, what each requirement does, and the incidents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted, few
from ldmrelease.services.backtest.outcomes import Fate

if TYPE_CHECKING:
    from ldmrelease.answers.backtests import BacktestAnswer, BacktestIncidentAnswer, HeldAnswer

_MOST = 25
_WORDS = {
    Fate.MISTAKE: "mistakes (another tag was there before, and came back)",
    Fate.GOOD: "good (stayed, or went on)",
    Fate.TRIAL: "trials (branches at development systems, literal tags in menus)",
    Fate.WITHDRAWN: "withdrawn (what was added was taken away again)",
    Fate.RESTORED: "restored (what was taken away came back)",
    Fate.OPEN: "open (the history ends too early to tell)",
}


def backtest_text(answer: BacktestAnswer) -> str:
    """The figures first; of many incidents the largest."""
    return "\n".join(map(printable, _lines(answer)))


def _lines(answer: BacktestAnswer) -> Iterator[str]:
    summary = answer.summary
    verdicts = ", ".join(f"{number} {verdict}" for verdict, number in summary.verdicts.items() if number)
    yield f"{counted(summary.changes, 'change')} in {counted(summary.commits, 'commit')}: {verdicts or 'none'}"
    yield f"what became of them within {summary.days} days:"
    for fate, words in _WORDS.items():
        if summary.fates[fate].changes:
            yield f"  {words}: {_held(summary.fates[fate])}"
    if summary.requirements:
        yield "what held them up:"
    for each in summary.requirements:
        told = ", ".join(f"{number} {fate}" for fate, number in each.held.items())
        yield f"  {each.level} {each.requirement}: {told}, in {counted(each.incidents, 'commit')}"
    yield from _incidents(answer)
    for bad in answer.unreadable:
        yield f"not read: {bad.source}{'' if bad.line is None else f', line {bad.line}'}: {bad.reason}"
    if answer.not_asked:
        rules = sorted({each.rule for each in answer.not_asked})
        yield f"not asked, as tags cannot answer it: {few(rules)}"


def _held(each: HeldAnswer) -> str:
    held = each.refused + each.waiting + each.undecided
    told = [f"{each.refused} refused"] if each.refused else []
    told += [f"{each.waiting} waiting"] if each.waiting else []
    told += [f"{each.undecided} undecided"] if each.undecided else []
    share = f" ({100 * (each.share or 0):.1f} %)" if held else ""
    return f"{each.changes}, {' and '.join(told) or 'none'} of them{' held up' if not told else ''}{share}"


def _incidents(answer: BacktestAnswer) -> Iterator[str]:
    if not answer.incidents:
        return
    largest = sorted(
        answer.incidents, key=lambda each: (-each.mistakes - each.goes_back, -each.refused, each.date)
    )
    shown = sorted(largest[:_MOST], key=lambda each: each.date)
    more = len(answer.incidents) - len(shown)
    yield f"incidents{f' (the largest; {more} more in -o json)' if more else ''}:"
    yield from map(_incident, shown)


def _incident(each: BacktestIncidentAnswer) -> str:
    told = [f"{each.refused} refused"] if each.refused else []
    told += [f"{each.waiting} waiting"] if each.waiting else []
    told += [f"{each.goes_back} back"] if each.goes_back else []
    told += [f"{counted(each.mistakes, 'mistake')}"] if each.mistakes else []
    back = f"; taken back {each.returned}" if each.returned else ""
    why = f" by {few(each.requirements)}" if each.requirements else ""
    where = f"{few(each.applications, 4)} in {few(each.environments, 4)}"
    return f"  {each.date} {each.commit[:12]} {where}: {', '.join(told)} of {each.changes}{why}{back}"
