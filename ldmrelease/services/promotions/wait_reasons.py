"""What a promotion waits for, beside the time and the people that its decision names."""

from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision, Outcome
from ldmrelease.domain.events.promotion import Request
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.release import Release
from ldmrelease.ledger import LedgerReader
from ldmrelease.promotion.machine import blocking_decision
from ldmrelease.services.inventory.promotions import PromotionSummary
from ldmrelease.services.needs import ReleaseHistory
from ldmrelease.services.releases.products import default_product

OPEN = "open-release"
"""The code of a wait that resuming never ends: a promotion is bound to the release as it was pinned for it."""


def open_wait(context: ReleaseHistory, request: Request, release: Release) -> dict[str, Any]:
    """The cause of a wait for an open release: what it lacks, which revision is complete by now, and the command that
    pins it again and goes on with that one. Empty where the release is complete, or nobody asks for that."""
    if release.complete or request.intent not in (Intent.PROMOTE, Intent.ALIAS):
        return {}
    usual = default_product(context.topology)
    named = () if usual is not None and usual.name == request.product else ("--product", request.product)
    act = ("promote",) if request.intent is Intent.PROMOTE else ("alias", "move", str(request.alias))
    command = ("ldmrelease", *act, request.tag, *named, "--target", request.target)
    values: dict[str, Any] = {"missing": list(release.missing), "next": list(command)}
    newest = context.pins.revisions(request.product, request.tag)[-1:]
    if newest and newest[0].body.complete:
        values["complete"] = newest[0].body.revision
    return {"code": OPEN, "values": values}


def pending_requirements(ledger: LedgerReader, summary: PromotionSummary) -> tuple[str, ...]:
    """What its last decision found pending, or the code of the step that it waits with."""
    journal = summary.journal
    if journal is None or not journal.waiting or journal.waits_at is None:
        return ()
    if journal.waits_for:
        return (str(journal.waits_for["code"]),)
    barred = blocking_decision(journal.waits_at, journal)
    if barred is None:
        return ()
    decision = canonical.decode(ledger.blob(barred[1].decision), Decision)
    return tuple(each.requirement for each in decision.unmet() if each.outcome is Outcome.PENDING)
