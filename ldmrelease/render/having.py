"""Conditional questions for people: where the condition holds, where nobody knows and why, and how many are left."""

from collections.abc import Sequence

from ldmrelease.answers.having import place_counts
from ldmrelease.answers.sentences.text import counted, few, said
from ldmrelease.render.places import where_table
from ldmrelease.services.inventory.having import Holds, PlaceAnswer
from ldmrelease.services.inventory.where import PlaceComponent


def having_text(rows: Sequence[PlaceAnswer]) -> str:
    """What matches, as a table; how many places there are of each kind; and why others are unknown."""
    matched = [each.row for each in rows if each.holds is Holds.MATCHED]
    unknown = [each for each in rows if each.holds is Holds.UNKNOWN]
    counts = place_counts(rows)
    summary = (
        f"{counted(counts.matched, 'place')} matched, {counts.not_matched} did not, "
        f"{counts.unknown} cannot be told"
    )
    lines = [*([where_table(matched)] if matched else []), summary]
    names: dict[str, list[str]] = {}
    for each in unknown:
        names.setdefault(each.reason or "", []).append(_name(each))
    for reason, own in names.items():
        lines += [f"unknown: {said(reason)}", f"  {few(list(dict.fromkeys(own)))}"]
    return "\n".join(lines)


def _name(answer: PlaceAnswer) -> str:
    row = answer.row
    what = f" {row.product}/{row.component}" if isinstance(row, PlaceComponent) else ""
    return f"{row.place}{what}"
