"""Read a bundle to gate by: verified by a trust document alone, of the right ledger, not older than what was seen.

Whatever is wrong leaves nothing to gate by (`Rejected`): a gate that cannot decide never opens. A stale bundle is read
and says so.
"""

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from ldmrelease.config.trust import Trust
from ldmrelease.domain import times
from ldmrelease.domain.bundle import Bundle
from ldmrelease.registry.opening import Registries
from ldmrelease.services.bundles.seen import older_than_seen, read_seen, remember
from ldmrelease.services.bundles.source import read_bundle
from ldmrelease.trust.bundles import VerifiedBundle, verify_bundle
from ldmrelease.trust.verify import Rejected


class BundleReader(Struct, frozen=True):
    """By what a bundle is judged.

    now: the time. clock: it is that of a workspace's own clock. trust: the document that is trusted. seen: the file of
    last seen bundles, None to remember nothing. ledger: the only ledger whose bundles count, by its UUID or its genesis
    hash; None where any does that the trust document's keys have signed for.
    """

    registries: Registries
    trust: Trust
    now: datetime
    clock: bool = False
    seen: Path | None = None
    ledger: str | None = None


class OpenBundle(Struct, frozen=True):
    """A bundle to gate by. `stale` is why it should be replaced soon, with its values, though it still decides."""

    verified: VerifiedBundle
    stale: Rejected | None = None
    older_trust: Rejected | None = None

    @property
    def bundle(self) -> Bundle:
        """What it says."""
        return self.verified.bundle


def open_bundle(reader: BundleReader, source: str) -> OpenBundle | Rejected:
    """The bundle in a file or an artifact (`oci://...`). What it says is remembered, so that no older one counts later.

    Codes: those of `verify_bundle`, and `expired`, `other-ledger`, `other-trust`, `newer-trust`, `older-bundle`,
    `other-bundle`. Raises `NoBundle`, `RegistryError`, `BadSeenFile`.
    """
    return judge_bundle(reader, read_bundle(source, reader.registries), source)


def judge_bundle(reader: BundleReader, envelope: bytes, source: str) -> OpenBundle | Rejected:
    """The same of bytes that were read at `source`. Raises `BadSeenFile`."""
    verified = verify_bundle(envelope, reader.trust.keyring, at=reader.now, clock=reader.clock)
    if isinstance(verified, Rejected):
        return verified
    bundle = verified.bundle
    wrong = _of_another(reader, bundle) or _out_of_trust(reader, bundle)
    if wrong is not None:
        return wrong
    seen = read_seen(reader.seen) if reader.seen is not None else None
    older = older_than_seen(seen, verified, source) if seen is not None else None
    if older is not None:
        return older
    if reader.now > bundle.expires:
        return Rejected("expired", _times(bundle))
    if seen is not None and reader.seen is not None:
        remember(reader.seen, seen, verified, source)
    return OpenBundle(
        verified,
        Rejected("stale", _times(bundle)) if reader.now > bundle.stale_after else None,
        _older_trust(reader, bundle),
    )


def _of_another(reader: BundleReader, bundle: Bundle) -> Rejected | None:
    if reader.ledger in (None, bundle.ledger, bundle.genesis):
        return None
    return Rejected("other-ledger", {"found": bundle.ledger, "expected": reader.ledger})


def _out_of_trust(reader: BundleReader, bundle: Bundle) -> Rejected | None:
    """A document that is newer than ours may have taken out the key that signed: nobody can tell who has not got it."""
    ours, theirs = reader.trust, bundle.trust
    values = {"version": theirs.version, "ours": ours.version}
    if theirs.version > ours.version:
        return Rejected("newer-trust", values)
    if theirs.version == ours.version and theirs.digest != ours.digest:
        return Rejected("other-trust", {"found": theirs.digest, "expected": ours.digest})
    return None


def _older_trust(reader: BundleReader, bundle: Bundle) -> Rejected | None:
    if bundle.trust.version == reader.trust.version:
        return None
    return Rejected("older-trust", {"version": bundle.trust.version, "ours": reader.trust.version})


def _times(bundle: Bundle) -> dict[str, str]:
    return {
        "as_of": times.spell(bundle.as_of),
        "stale_after": times.spell(bundle.stale_after),
        "expires": times.spell(bundle.expires),
    }
