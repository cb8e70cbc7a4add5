"""Approvals and waivers for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import command_line, few, listed, said
from ldmrelease.domain.decision import IN_THE_WAY
from ldmrelease.domain.times import spell
from ldmrelease.render.decisions import finding_lines
from ldmrelease.render.tables import table

if TYPE_CHECKING:
    from ldmrelease.answers.approvals import (
        Approvals,
        ApproveAnswer,
        GivenApprovalAnswer,
        PlaceApprovalsAnswer,
    )
    from ldmrelease.answers.waivers import WaiveAnswer
    from ldmrelease.services.governance.approve import Drafted
    from ldmrelease.services.governance.waive import DraftedWaiver


def draft_text(draft: Drafted, default_product: str | None) -> str:
    """What somebody is about to approve: for whom, on which findings, until when."""
    decision, body = draft.decided.decision, draft.body
    asks = f"{draft.promotion} asks for it" if draft.promotion is not None else "nobody has asked for it yet"
    lines = [f"{decision.name} at {decision.place} ({asks}), approved until {spell(body.expires)} on:"]
    product = body.product if body.product != default_product else None
    for each in decision.findings:
        lines += finding_lines(each, decision.now, product)
    unmet = [each.requirement for each in decision.findings if each.outcome in IN_THE_WAY]
    if unmet:
        lines.append(f"what gets better leaves the approval as it is; open now: {few(unmet)}")
    return "\n".join(lines)


def approve_text(answer: ApproveAnswer) -> str:
    """What became of `approve`."""
    if answer.action == "nothing":
        return f"{said(answer.release)}: nothing to do, and nothing was written"
    done = "APPROVED" if answer.action == "given" else "WITHDRAWN"
    return "\n".join(_done(done, answer.release, each) for each in answer.approvals)


def _done(done: str, release: str, approval: GivenApprovalAnswer) -> str:
    asked = f" for {approval.promotion}" if approval.promotion is not None else ""
    until = f", until {approval.expires}" if approval.expires is not None else ""
    why = f": {said(approval.reason)}" if approval.reason else ""
    return f"{done} {said(release)} at {said(approval.scope)}{asked} as {approval.approval}{until}{why}"


def approvals_text(answer: Approvals, default_product: str | None) -> str:
    """Place by place: what is owed by whom, and each approval that was given."""
    if not answer:
        return "no promotion that has not ended asks for an approval"
    return "\n\n".join("\n".join(_place(each, default_product)) for each in answer)


def _place(found: PlaceApprovalsAnswer, default_product: str | None) -> Iterator[str]:
    alias = f" as {said(found.alias)}" if found.alias is not None else ""
    asks = (
        f"{found.promotion} by {said(found.requester)}" if found.promotion is not None else "nobody asks yet"
    )
    yield f"{said(found.release)} at {found.place}{alias} ({asks}): {found.verdict}"
    if not found.requirements:
        yield "  no approval is asked for"
    for each in found.requirements:
        yield f"  {each.requirement}: {each.sentence}"
        if each.outcome in IN_THE_WAY and each.who:
            yield f"    who can approve: {listed(each.who)}"
        if each.outcome in IN_THE_WAY and each.next:
            product = found.release.partition("/")[0]
            yield f"    next: {command_line(each.next, product if product != default_product else None)}"
    if found.approvals:
        headers = ["approval", "by", "as", "given", "until", "counts", "why not"]
        yield from (f"  {line}" for line in table(headers, map(_row, found.approvals)).splitlines())


def _row(each: GivenApprovalAnswer) -> list[str]:
    return [
        each.approval,
        ", ".join(map(said, each.persons)),
        ", ".join(map(said, each.roles)),
        each.given or "",
        each.expires or "",
        "yes" if each.counted else "no",
        each.sentence or "",
    ]


def waiver_draft_text(draft: DraftedWaiver) -> str:
    """What somebody is about to waive."""
    body = draft.body
    head = (
        f"{body.requirement} of {said(body.tag)} at {said(body.scope)}, waived until {spell(body.expires)}:"
    )
    lines = [head, *finding_lines(draft.finding, draft.decided.decision.now)]
    return "\n".join([*lines, f"  it covers {few(body.failing)}, and nothing new"])


def waive_text(answer: WaiveAnswer) -> str:
    """What became of `waive`, or the waivers that there are."""
    if answer.action == "listed":
        return _waivers(answer) if answer.waivers else "there is no waiver"
    if answer.action == "nothing":
        return "nothing to do, and nothing was written"
    done = "WAIVED" if answer.action == "given" else "WITHDRAWN"
    return "\n".join(
        f"{done} {said(each.requirement or '?')} for {said(each.release)} at {each.place} as {each.waiver}"
        + (f", until {each.expires}" if each.expires else "")
        + (f": {said(each.reason)}" if each.reason else "")
        for each in answer.waivers
    )


def _waivers(answer: WaiveAnswer) -> str:
    headers = ["waiver", "requirement", "place", "by", "until", "covers", "counts", "reason"]
    rows = [
        [
            each.waiver,
            said(each.requirement or "?"),
            each.place,
            said(each.person or "?"),
            each.expires or "",
            few(each.failing),
            "yes" if each.counted else f"no: {each.sentence}",
            said(each.reason or ""),
        ]
        for each in answer.waivers
    ]
    return table(headers, rows)
