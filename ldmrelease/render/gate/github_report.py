"""A gate's answer for GitHub Actions: annotations at the lines of files, and the summary of a job."""

import re
from collections import Counter
from collections.abc import Iterator

from ldmrelease.answers.gate import GateAnswer, GateImageAnswer, GateVerdict
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import counted
from ldmrelease.render.gate.gate_text import ORDER, location_text, verdict_counts
from ldmrelease.render.gate.report_rows import ReportRow, Severity, image_title, relative, report_rows

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_WORST_FIRST = list(_COMMANDS)
_MARKS = {
    GateVerdict.ALLOWED: "✅",
    GateVerdict.WAITING: "⏳",
    GateVerdict.REFUSED: "❌",
    GateVerdict.UNDECIDED: "❓",
    GateVerdict.UNMANAGED: "➖",
}
_MOST = 200
"""How many rows a summary has: GitHub takes a mebibyte."""
_LONGEST = 500
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ,;()-]")


def github_annotations(answer: GateAnswer, *, waiting_is_bad: bool) -> str:
    """Workflow commands, the worst first, since GitHub shows ten of a kind; then the verdict."""
    rows = sorted(
        report_rows(answer, waiting_is_bad=waiting_is_bad), key=lambda each: _WORST_FIRST.index(each.severity)
    )
    return "\n".join([*dict.fromkeys(map(_annotation, rows)), _verdict(answer)])


def github_summary(answer: GateAnswer, *, waiting_is_bad: bool) -> str:
    """Markdown for `$GITHUB_STEP_SUMMARY`; nothing in it that the answer says is read as Markdown."""
    lines = [f"### {_MARKS[answer.verdict]} Gate: {answer.verdict}", "", _verdict(answer)]
    rows = list(report_rows(answer, waiting_is_bad=waiting_is_bad))
    unread = [each for each in rows if each.image is None]
    if unread:
        lines += ["", "**Unreadable**", ""]
        lines += [
            f"- {_code(location_text(each.location))}: {_plain(each.lines[0])}" for each in unread[:_MOST]
        ]
        lines += _more(len(unread))
    images = sorted(answer.images, key=lambda each: ORDER.index(each.verdict))
    if images:
        lines += ["", *_table(images, rows)]
    return "\n".join(lines)


def _annotation(row: ReportRow) -> str:
    file = relative(row.location.file)
    title = image_title(row.image) if row.image is not None else row.rule
    properties = {"file": file, "line": str(row.location.line or ""), "title": title}
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    command = f"{_COMMANDS[row.severity]} {told}".rstrip(" ")
    return f"::{command}::{_data(chr(10).join(row.lines))}"


def _data(text: str) -> str:
    """The text of a workflow command (actions/toolkit, `escapeData`)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The value of a property of a workflow command (actions/toolkit, `escapeProperty`)."""
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")


def _verdict(answer: GateAnswer) -> str:
    return f"{str(answer.verdict).upper()}: {verdict_counts(answer)}, as of {answer.now}"


def _table(images: list[GateImageAnswer], rows: list[ReportRow]) -> Iterator[str]:
    told: dict[int, list[str]] = {}
    for row in rows:
        if row.image is not None and row.severity is not Severity.NOTE:
            told.setdefault(id(row.image), []).append("<br>".join(map(_plain, row.lines)))
    yield "| | place | image | release | where | why |"
    yield "|---|---|---|---|---|---|"
    for each in images[:_MOST]:
        where = "<br>".join(_code(location_text(part)) for part in each.parts)
        before = f"{_code(each.previous)} → " if each.previous is not None else ""
        why = "<br>".join(told.get(id(each), [])) or str(each.verdict)
        cells = [_MARKS[each.verdict], _code(each.place), f"{before}{_code(each.image)}", _code(each.release)]
        yield f"| {' | '.join([*cells, where, why])} |"
    yield from _more(len(images))


def _more(count: int) -> list[str]:
    return ["", f"and {counted(count - _MOST, 'more', 'more')}"] if count > _MOST else []


def _code(text: str | None) -> str:
    """A code span of a cell, in which nothing but its end is Markdown."""
    if not text:
        return ""
    shown = printable(text)[:_LONGEST].replace("|", "\\|")
    runs = Counter(map(len, re.findall("`+", shown)))
    fence = "`" * (max(runs, default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _plain(text: str) -> str:
    """Text in which nothing is Markdown or HTML: every sign as its number."""
    return _NOT_PLAIN.sub(lambda each: f"&#{ord(each[0])};", printable(text)[:_LONGEST])
