"""Publish: put the stored receipts where others look for them. Copies: the ledger has them already."""

from ldmrelease.registry.errors import RegistryError
from ldmrelease.services.pin import push_release
from ldmrelease.services.publishing import publish_envelope
from ldmrelease.services.receipts import receipts_of
from ldmrelease.services.steps.step import Answer, Done, Interrupted, Work


def act(work: Work) -> Answer:
    """Push each receipt as a referrer of its index and of each platform's manifest; again does no harm."""
    pushed = []
    try:
        push_release(work.bench, work.pinned)
        for receipt in receipts_of(work.bench, work.step.place, work.promotion):
            pushed += publish_envelope(work.bench, receipt.repository, receipt.envelope)
    except RegistryError as error:
        return Interrupted(error.repository, str(error))
    return Done({"referrers": pushed})
