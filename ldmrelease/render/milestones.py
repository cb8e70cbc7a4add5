"""Text for milestones."""

from collections.abc import Iterable, Iterator
from datetime import date

from ldmrelease.answers.milestones import (
    DatedItems,
    FeatureAnswer,
    ImportedMilestonesAnswer,
    MilestoneAnswer,
    MilestoneChangeAnswer,
    MilestoneChanges,
    MilestoneFeatures,
    MilestonesAnswer,
)
from ldmrelease.answers.sentences.text import counted, said
from ldmrelease.render.tables import Cell, Colour, table

_WIDEST = 60


def milestones_text(milestones: MilestonesAnswer, at: date) -> str:
    """A line for each milestone, in the document's order."""
    headers = ["section", "code", "due", "state", "features", "title"]
    return table(headers, (_row(each, at) for each in milestones), spare=("section", "features"))


def milestone_text(milestone: MilestoneAnswer, at: date) -> str:
    """A milestone with its features."""
    lines = [
        f"{milestone.section} {milestone.code}: {milestone.title}",
        f"due {milestone.due or 'unknown'}; {_state(milestone, at).text}",
    ]
    if milestone.no_new_functionality:
        lines.append("no new functionality: it refines or improves earlier deliveries")
    left = [each for each in milestone.features if each.completed is None]
    if milestone.completed is not None and left:
        lines.append(f"it is marked complete, and {counted(len(left), 'feature')} of it not")
    if milestone.features:
        headers = ["feature", "due", "state", "text"]
        lines.append(table(headers, (_feature(each, at) for each in milestone.features)))
    return "\n".join(lines)


def features_text(features: MilestoneFeatures, at: date) -> str:
    """A line for each feature, as often as it stands."""
    headers = ["milestone", "feature", "due", "state", "text"]
    return table(headers, ([each.milestone, *_feature(each.feature, at)] for each in features))


def dated_text(items: DatedItems, none: str) -> str:
    """A line for each milestone and feature, by date."""
    if not items:
        return none
    headers = ["due", "", "milestone", "feature", "title"]
    return table(
        headers,
        (
            [each.due, _days(each.days), each.milestone, each.feature or "", _cut(each.title)]
            for each in items
        ),
    )


def gantt_text(milestones: MilestonesAnswer, at: date) -> str:
    """A bar for each milestone, a column for each quarter of a year.

    `D` is when it is due, `x` when it was completed, `X` both, `-` what is between them: early or late; `|` is the day.
    """
    days = [each for one in milestones for each in (one.due, one.completed) if each is not None]
    first, last = _quarter(min([*days, str(at)])), _quarter(max([*days, str(at)]))
    headers = ["code", "due", "completed", _years(first, last)]
    bars: list[list[str | Cell]] = [
        [each.code, each.due or "", each.completed or "", _bar(each, at, first, last)] for each in milestones
    ]
    told = "D due, x completed, X both, | the day; a column is a quarter of a year"
    return f"{table(headers, bars, spare=('due', 'completed'))}\n{told}"


def _quarter(day: str) -> int:
    return int(day[:4]) * 4 + (int(day[5:7]) - 1) // 3


def _years(first: int, last: int) -> str:
    head = [" "] * (last - first + 1 + 4)
    for quarter in range(first, last + 1):
        if quarter % 4 == 0:
            head[quarter - first : quarter - first + 4] = list(str(quarter // 4))
    return "".join(head).rstrip()


def _bar(each: MilestoneAnswer, at: date, first: int, last: int) -> Cell:
    bar = ["."] * (last - first + 1)
    today = _quarter(str(at)) - first
    bar[today] = "|"
    due = _quarter(each.due) - first if each.due is not None else None
    done = each.completed is not None and each.completed <= str(at)
    completed = _quarter(each.completed) - first if each.completed is not None and done else None
    end = completed if completed is not None else today
    if due is not None and (completed is not None or due < today):
        for column in range(min(due, end) + 1, max(due, end)):
            bar[column] = "-"
    if due is not None:
        bar[due] = "D"
    if completed is not None:
        bar[completed] = "X" if completed == due else "x"
    return Cell("".join(bar), _state(each, at).colour)


def imported_text(answer: ImportedMilestonesAnswer) -> str:
    """What was read, what not, and where it is."""
    revision = f", revision {answer.revision}" if answer.revision else ""
    lines = [
        f"{answer.document}{revision}: {counted(answer.milestones, 'milestone')}, {counted(answer.features, 'feature')}"
    ]
    lines += [f"line {each.line}: {each.message}: {said(_cut(each.text))}" for each in answer.problems]
    lines += [
        f"line {each.line}: passed over, {each.message}: {_cut(each.text)}" for each in answer.passed_over
    ]
    lines.append(f"written to {answer.file}" if answer.file else "nothing was written")
    return "\n".join(lines)


def changes_text(changes: MilestoneChanges) -> str:
    """A line for each difference."""
    return "\n".join(_changes(changes)) or "nothing moved"


def _changes(changes: Iterable[MilestoneChangeAnswer]) -> Iterator[str]:
    for each in changes:
        name = f"{each.milestone} {each.feature}" if each.feature else each.milestone
        if each.field is None:
            yield f"{name}: {each.change}: {_cut(str(each.after or each.before))}"
        else:
            yield f"{name}: {each.field.replace('_', ' ')}: {_value(each.before)} -> {_value(each.after)}"


def _value(value: object) -> str:
    return "none" if value is None else _cut(str(value).lower() if isinstance(value, bool) else str(value))


def _row(each: MilestoneAnswer, at: date) -> list[str | Cell]:
    return [
        each.section,
        each.code,
        each.due or "",
        _state(each, at),
        str(len(each.features) or ""),
        each.title,
    ]


def _feature(each: FeatureAnswer, at: date) -> list[str | Cell]:
    return [each.code, each.due or "", _state(each, at), _cut(each.text)]


def _state(each: MilestoneAnswer | FeatureAnswer, at: date) -> Cell:
    day = str(at)
    if each.completed is not None and each.completed <= day:
        late = each.due is not None and each.completed > each.due
        return Cell(f"completed {each.completed}{' (late)' if late else ''}", Colour.green)
    if each.due is not None and each.due < day:
        return Cell("overdue", Colour.red)
    return Cell("to come", Colour.yellow)


def _days(days: int) -> str:
    if days == 0:
        return "today"
    return f"in {counted(days, 'day')}" if days > 0 else f"{counted(-days, 'day')} ago"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3].rstrip()}..."
