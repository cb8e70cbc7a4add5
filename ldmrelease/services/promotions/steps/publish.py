"""Publish: put the stored receipts where others look for them. Copies: the ledger has them already."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ldmrelease.domain.site_registry import site_repository
from ldmrelease.registry.errors import RegistryError
from ldmrelease.services.evidence.publish import publish_envelope
from ldmrelease.services.inventory.receipts import StoredReceipt, receipts_of
from ldmrelease.services.promotions.work import StepDone, StepResult, Work
from ldmrelease.services.releases.pin import push_release

_AT_ONCE = 4


def act(work: Work) -> StepResult:
    """Push each receipt as a referrer of its index and of each platform's manifest; again does no harm."""
    receipts = list(receipts_of(work.context, work.step.place, work.promotion))
    if not receipts:
        # A place where nothing is to run passed nothing.
        return StepDone({"referrers": [], "skipped": "no-receipts"})
    try:
        push_release(work.context.release_repository(), work.pinned)
        # The registry takes its time for each, and several at once.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            pushed = pool.map(partial(_published, work), receipts)
            return StepDone({"referrers": [each for digests in pushed for each in digests]})
    except RegistryError as error:
        return error.unavailable


def _published(work: Work, receipt: StoredReceipt) -> list[str]:
    """The digests of one receipt's referrers. Raises `RegistryError`."""
    return [
        digest
        for repository in _repositories(work, receipt)
        for digest in publish_envelope(work.context.registries, repository, receipt.envelope)
    ]


def _repositories(work: Work, receipt: StoredReceipt) -> Iterator[str]:
    """Where the image was built, and the site's registry: its gate looks there alone."""
    yield receipt.repository
    registry = work.application.registry
    if registry is not None and receipt.component in work.step.parameters["components"]:
        yield site_repository(receipt.repository, registry)
