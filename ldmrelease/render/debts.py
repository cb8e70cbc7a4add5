"""What is owed, for people, and what came of a review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import listed
from ldmrelease.render.tables import Cell, Colour, table

if TYPE_CHECKING:
    from ldmrelease.answers.debts import DebtAnswer, DebtsAnswer, ReviewAnswer

_COLOURS = {"overdue": Colour.red, "rejected": Colour.red, "owed": Colour.yellow, "stands": Colour.yellow}


def debts_text(answer: DebtsAnswer) -> str:
    """One line each, what is due first; what is overdue says what it does."""
    if not answer.debts:
        return "nothing is owed"
    headers = ["due", "state", "kind", "what", "release", "where", "asked for by", "since", "why"]
    rows = [_row(each) for each in answer.debts]
    lines = [table(headers, rows, spare=("since", "why"))]
    lines += [
        f"{each.name}: out of reach then, and owed: {listed(each.unasked)}"
        for each in answer.debts
        if each.unasked
    ]
    if answer.overdue:
        lines.append(
            "until what is overdue is reviewed by somebody else (`ldmrelease review`), nothing comes there but a "
            "rollback"
        )
    return "\n".join(lines)


def _row(debt: DebtAnswer) -> list[str | Cell]:
    what = f"{debt.name} ({debt.about})" if debt.kind != debt.about else debt.name
    state = f"{debt.state}, ended" if debt.ended and debt.kind == "emergency" else str(debt.state)
    return [
        debt.due,
        Cell(state, _COLOURS.get(debt.state)),
        str(debt.kind),
        what,
        debt.release,
        debt.scope,
        debt.person,
        debt.since,
        debt.reason or "",
    ]


def review_text(answer: ReviewAnswer) -> str:
    """What was signed, or why nothing was."""
    if answer.refused:
        return (
            f"refused: {answer.person} asked for {answer.promotion}, and whoever asks for less than everybody is asked "
            "does not review it; nothing was written"
        )
    lines = []
    if answer.places:
        word = "accepted" if answer.accepted else "rejected"
        told = (
            ""
            if answer.accepted
            else ": nothing comes there but a rollback, until somebody accepts what became of it"
        )
        lines.append(f"{answer.promotion} at {listed(answer.places)} is {word} by {answer.person}{told}")
    if answer.again:
        lines.append(f"{answer.promotion} at {listed(answer.again)} was accepted before: nothing was written")
    return "\n".join(lines)
