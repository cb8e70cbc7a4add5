"""Check runs that failed, by somebody who counts, and that this ledger has never registered."""

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.events.evidence import RunRegistration
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry
from ldmrelease.services.decisions.facts.statements import in_stream_order
from ldmrelease.services.evidence.registered_runs import registered_runs


def gather(inquiry: Inquiry) -> tuple[str, ...]:
    """Their ids: the ledger was cut, or another one acts (docs/decisions/0034)."""
    return inquiry.release.once(_unknown)


def _unknown(about: ReleaseInquiry) -> tuple[str, ...]:
    told = about.once(in_stream_order)
    failed = {each.run for each in told if each.run is not None and each.counted and each.result == "FAILED"}
    failed -= {each.run for each in registered_runs(about.context, about.pinned)}
    if failed:
        failed -= _registered_elsewhere(about, failed)
    return tuple(sorted(failed))


def _registered_elsewhere(about: ReleaseInquiry, asked: set[str]) -> set[str]:
    """Those that were registered for another release, which has an image in common with this one."""
    context, found = about.context, set()
    for event in context.unguarded.events(kinds=[EventKind.REGISTERED]):
        claimed = claimed_body(event, RunRegistration)
        if claimed is not None and claimed.run in asked:
            found |= {each.body.run for each in context.records.counted([event], RunRegistration)}
    return found
