"""What came of an import, for people."""

from collections.abc import Iterator

from ldmrelease.answers.imports import ImportAnswer, RewrittenAnswer, UnreadableAnswer
from ldmrelease.answers.sentences.text import counted, said

_MOST = 50
_ROWS = {"desired": "change", "synced": "sync", "seen": "observation"}


def import_text(found: ImportAnswer) -> str:
    """How much was new, and what was not taken."""
    row = _ROWS[found.state]
    environments = {each.environment for each in found.applications}
    where = (
        f"{counted(len(found.applications), 'application')} in {counted(len(environments), 'environment')}"
    )
    did = "would import" if found.dry_run else "imported"
    new = (
        f"{did} {counted(found.new, row)} of {where}, as {found.state} ({counted(found.events, 'event')})"
        if found.new
        else f"nothing new from {said(found.source)}"
    )
    known = [f"{counted(found.known, row)} known already"] if found.known else []
    left_out = [f"{counted(found.left_out, 'row')} left out that name no image"] if found.left_out else []
    return "\n".join(["; ".join([new, *known, *left_out])])


def problem_lines(found: ImportAnswer) -> Iterator[str]:
    """What was rewritten, and what could not be read, a line each; of very many the first ones."""
    for each in found.rewritten[:_MOST]:
        yield _rewritten(each)
    yield from _more(len(found.rewritten))
    for problem in found.unreadable[:_MOST]:
        yield _unreadable(problem)
    yield from _more(len(found.unreadable))


def _rewritten(each: RewrittenAnswer) -> str:
    now = "is not in the history any more" if each.found is None else f"is now {said(_row(each.found))}"
    return (
        f"{said(each.environment)}/{said(each.application)}: the history was rewritten, and nothing of it is taken: "
        f"{said(_row(each.imported))} {now}"
    )


def _row(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value not in (None, "", [], ())}


def _unreadable(each: UnreadableAnswer) -> str:
    at = said(each.source) + (f":{each.line}" if each.line is not None else "")
    commit = f" (commit {said(each.commit[:12])})" if each.commit else ""
    return f"{at}: {said(each.reason)}{commit}"


def _more(count: int) -> Iterator[str]:
    if count > _MOST:
        yield f"... and {count - _MOST:,} more: -o json has all of them"
