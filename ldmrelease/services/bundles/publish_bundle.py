"""Publish a bundle as an OCI artifact, so that gates read it by a tag that moves on."""

from ldmrelease.domain.errors import LdmreleaseError
from ldmrelease.domain.images import Reference
from ldmrelease.registry.errors import NotFound
from ldmrelease.services.bundles.source import push_bundle, read_bundle, source_of
from ldmrelease.services.needs import CheckpointPublishing
from ldmrelease.trust.bundles import VerifiedBundle, verify_bundle
from ldmrelease.trust.verify import Rejected


class NotPublished(LdmreleaseError):
    """A bundle does not count, or a newer one stands where it would be: nothing was published (exit 3)."""


def publish_bundle(
    context: CheckpointPublishing, reference: Reference, envelope: bytes
) -> tuple[VerifiedBundle, str]:
    """Put a bundle under a tag; what it says, and the digest of its manifest.

    Raises `NotPublished`, `RegistryError`.
    """
    verified = _verified(context, envelope)
    if isinstance(verified, Rejected):
        raise NotPublished(f"the bundle does not count: {verified.code}; nothing was published")
    there = _published(context, reference)
    if there is not None and there.bundle.genesis != verified.bundle.genesis:
        raise NotPublished(f"{reference} has a bundle of another ledger ({there.bundle.ledger})")
    if there is not None and there.bundle.serial > verified.bundle.serial:
        raise NotPublished(
            f"{reference} has bundle {there.bundle.serial}, and this is {verified.bundle.serial}"
        )
    return verified, push_bundle(envelope, reference, context.registries)


def _published(context: CheckpointPublishing, reference: Reference) -> VerifiedBundle | None:
    """The bundle that is there; None where there is none that counts."""
    try:
        envelope = read_bundle(source_of(reference), context.registries)
    except NotFound:
        return None
    found = _verified(context, envelope)
    return None if isinstance(found, Rejected) else found


def _verified(context: CheckpointPublishing, envelope: bytes) -> VerifiedBundle | Rejected:
    clock = context.workspace.clock is not None
    return verify_bundle(envelope, context.keyring, at=context.now(), clock=clock)
