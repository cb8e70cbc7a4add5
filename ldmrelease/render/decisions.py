"""A decision for people, as a careful reviewer would tell it: the verdict, then each finding, unmet ones first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ldmrelease.answers.decisions import NONE_BLOCKED
from ldmrelease.answers.sentences.advice import not_advised_words
from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.answers.sentences.overlays import overlay_words
from ldmrelease.answers.sentences.text import command_line, listed, moment, short
from ldmrelease.domain.decision import Decision, Finding, Outcome, Verdict
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.overlays import OverlayRequest
from ldmrelease.render.tables import Cell, Colour, painted, table

if TYPE_CHECKING:
    from ldmrelease.services.decisions.replay import Replayed
    from ldmrelease.services.inventory.drift_report import Blocked

MARKS: dict[Outcome, tuple[str, Colour]] = {
    Outcome.FAILED: ("FAILED", Colour.red),
    Outcome.MISSING: ("MISSING", Colour.red),
    Outcome.ERRORED: ("ERROR", Colour.red),
    Outcome.PENDING: ("wait", Colour.yellow),
    Outcome.REPORTED: ("reported", Colour.yellow),
    Outcome.WAIVED: ("waived", Colour.yellow),
    Outcome.SATISFIED: ("ok", Colour.green),
}
"""In the order in which findings are told."""

_COLOURS = {
    Verdict.ALLOWED: Colour.green,
    Verdict.WAITING: Colour.yellow,
    Verdict.UNDECIDED: Colour.red,
    Verdict.REFUSED: Colour.red,
}
_WIDTH = max(len(mark) for mark, _ in MARKS.values())
_MAY = {
    Intent.PROMOTE: ("may enter", "may not enter", "may not yet enter", "could not be decided for"),
    Intent.ROLLBACK: (
        "may come back to",
        "may not come back to",
        "may not yet come back to",
        "could not be decided for",
    ),
    Intent.ALIAS: (
        "may be named at",
        "may not be named at",
        "may not yet be named at",
        "could not be decided for",
    ),
    Intent.RETIRE: ("may leave", "may not leave", "may not yet leave", "could not be decided for"),
}
_VERDICTS = (Verdict.ALLOWED, Verdict.REFUSED, Verdict.WAITING, Verdict.UNDECIDED)


def decision_text(
    decision: Decision, default_product: str | None = None, blocked: Mapping[str, Blocked] = NONE_BLOCKED
) -> str:
    """The whole decision. `default_product` is the one that a tag alone means here; `blocked` is what is not advised,
    by requirement.
    """
    lines = [verdict_line(decision), *_all_findings(decision, default_product, blocked)]
    return "\n".join([*overlay_lines(decision.overlay), *lines])


def overlay_lines(asked: OverlayRequest | None) -> Iterator[str]:
    """What stands in front of whatever was asked for as a compression or an emergency; nothing in front of others."""
    if asked is not None:
        yield painted(f"*** {overlay_words(asked)} ***", Colour.red)


def each_once(blocked: Sequence[Mapping[str, Blocked]]) -> list[Mapping[str, Blocked]]:
    """The same without what was said before: a command that several places or requirements would ask for."""
    said: set[str] = set()
    left: list[Mapping[str, Blocked]] = []
    for each in blocked:
        own: dict[str, Blocked] = {}
        for requirement, why in each.items():
            words = not_advised_words(why)
            if words not in said:
                said.add(words)
                own[requirement] = why
        left.append(own)
    return left


def details_text(decision: Decision, default_product: str | None = None) -> str:
    """Why something was allowed, for whoever sees first that it was done."""
    mark = " (found, not decided)" if decision.only_found else ""
    verdict = f"decision: {decision.verdict}{mark} at {moment(decision.now)} (level {decision.level})"
    return "\n".join([*overlay_lines(decision.overlay), verdict, *_all_findings(decision, default_product)])


def _all_findings(
    decision: Decision, default_product: str | None, blocked: Mapping[str, Blocked] = NONE_BLOCKED
) -> Iterator[str]:
    product = decision.name.partition("/")[0]
    named = product if product != default_product else None
    (blocked,) = each_once([blocked])
    for each in sorted(decision.findings, key=lambda each: list(MARKS).index(each.outcome)):
        yield from finding_lines(each, decision.now, named)
        if each.requirement in blocked:
            yield f"  {' ' * _WIDTH}    {not_advised_words(blocked[each.requirement])}"


def verdict_line(decision: Decision) -> str:
    """The verdict in one line: what, where, until when."""
    words = dict(zip(_VERDICTS, _MAY[decision.intent], strict=True))[decision.verdict]
    mark = painted(str(decision.verdict).upper(), _COLOURS[decision.verdict])
    line = f"{mark}: {decision.name} {words} {decision.place} (level {decision.level})"
    if decision.only_found:
        line += "; it was found there, not decided: no policy has let it in"
    if decision.verdict is Verdict.ALLOWED and decision.valid_until is not None:
        line += f", until {moment(decision.valid_until)} as things stand"
    if decision.verdict is Verdict.WAITING:
        line += _until(decision.unmet(), decision.now)
    return line


def _until(unmet: Sequence[Finding], now: datetime) -> str:
    times = [each.when for each in unmet]
    known = [each for each in times if each is not None]
    if known and len(known) == len(times):
        return f"; at the earliest {moment(max(known), now)}"
    who = sorted({each for one in unmet for each in one.who})
    return f"; it waits for {listed(who)}" if who else ""


def finding_lines(finding: Finding, now: datetime, product: str | None = None) -> Iterator[str]:
    """One finding: its mark and sentence, and under it what can be done about it."""
    mark, colour = MARKS[finding.outcome]
    yield f"  {painted(mark, colour)}{' ' * (_WIDTH - len(mark))}  {finding.requirement}: {sentence(finding)}"
    for line in _remedies(finding, now, product):
        yield f"  {' ' * _WIDTH}    {line}"


def _remedies(finding: Finding, now: datetime, product: str | None) -> Iterator[str]:
    if finding.outcome is Outcome.SATISFIED:
        return
    if finding.outcome is Outcome.REPORTED and finding.until is not None:
        yield f"not enforced before {moment(finding.until)}; from then on it is {finding.unmet}"
    if finding.when is not None:
        yield f"can become true {moment(finding.when, now)}"
    if finding.who:
        yield f"who can change it: {listed(finding.who)}"
    if finding.next:
        yield f"next: {command_line(finding.next, product)}"


def decision_source(decision: Decision, digest: str | None = None) -> str:
    """What the decision is of: for whoever wants to replay it."""
    of = f"decision {short(digest)}, " if digest is not None else ""
    policy, facts = short(decision.policy), short(decision.facts)
    return f"{of}policy {decision.level} {policy}, facts {facts}, as of {moment(decision.now)}"


def replay_text(found: Iterable[Replayed]) -> str:
    """What came of making decisions again."""
    rows: list[list[str | Cell]] = [
        [
            each.stage,
            str(each.decision.place),
            str(each.decision.verdict),
            each.digest,
            Cell("same bytes", Colour.green) if each.same else Cell(f"now {each.again}", Colour.red),
        ]
        for each in found
    ]
    return table(["stage", "place", "verdict", "decision", "replayed"], rows, spare=("decision",))
