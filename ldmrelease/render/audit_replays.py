"""Decisions that were made again, for people: what differs and what is missing, then how many came out the same."""

from collections.abc import Iterator
from typing import Any

from ldmrelease.answers.audit_replays import AuditReplayAnswer, ReplayedDecisionAnswer
from ldmrelease.answers.sentences.text import counted, said, short
from ldmrelease.render.tables import Colour, painted
from ldmrelease.services.audit.replay_decision import ReplayState

_LONGEST = 160


def audit_replay_text(found: AuditReplayAnswer) -> str:
    """One decision with what was read; of several those alone that did not come out the same; and the sum."""
    return "\n".join([*_lines(found), summary_line(found)])


def _lines(found: AuditReplayAnswer) -> Iterator[str]:
    is_one = len({each.decision for each in found.replays}) == 1
    for each in found.replays:
        if is_one or each.state is not ReplayState.SAME:
            yield from _decision(each)
    if found.uncounted:
        yield f"{counted(found.uncounted, 'event')} of decisions do not count: `ldmrelease ledger verify` says why"


def _decision(each: ReplayedDecisionAnswer) -> Iterator[str]:
    colour = Colour.green if each.state is ReplayState.SAME else Colour.red
    yield (
        f"{painted(_WORDS[each.state], colour)}: decision {short(each.decision)} (event {each.event}, "
        f"{each.promotion}, {each.stage})"
    )
    if each.difference is not None:
        yield f"  first difference at {each.difference.path or 'its beginning'}:"
        yield f"    stored: {_value(each.difference.stored)}"
        yield f"    again:  {_value(each.difference.again)}"
    if each.detail is not None:
        yield f"  {each.detail}"
    if each.state is ReplayState.SAME:
        yield f"  facts {short(each.facts)}; read again from the ledger: {', '.join(each.gathered)}"
        if each.as_stored:
            yield f"  as told by others, and kept as facts alone: {', '.join(each.as_stored)}"


_WORDS = {
    ReplayState.SAME: "same bytes",
    ReplayState.FACTS_DIFFER: "OTHER FACTS",
    ReplayState.DECISION_DIFFERS: "OTHER DECISION",
    ReplayState.MISSING: "MISSING",
    ReplayState.UNREADABLE: "UNREADABLE",
}


def _value(value: Any) -> str:
    told = "nothing" if value is None else said(value)
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}..."


def summary_line(found: AuditReplayAnswer) -> str:
    """How many of them, and in what they were made again."""
    parts = [f"{found.same} with the same bytes"]
    parts += [f"{found.differ} with others"] if found.differ else []
    parts += [f"{found.missing} with something missing"] if found.missing else []
    parts += [f"{found.unreadable} that cannot be read"] if found.unreadable else []
    there = found.surroundings
    return (
        f"{counted(found.decisions, 'decision')} made again: {', '.join(parts)} "
        f"(TZ {there.zone}, LC_ALL {there.locale}, another hash seed)"
    )
