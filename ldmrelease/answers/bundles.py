"""Bundles: what a ledger says of its places, signed; and whether one can be gated by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ldmrelease.answers.decisions import DecisionAnswer, decision_answer
from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.findings import FindingAnswer
from ldmrelease.answers.gate import (
    GateAnswer,
    GateBundleAnswer,
    GateVerdict,
    SourceLocation,
    before_decision,
)
from ldmrelease.answers.sentences.bundles import bundle_words
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText, plain_values
from ldmrelease.domain import canonical, times
from ldmrelease.domain.bundle import AllowedBecause
from ldmrelease.trust.verify import Rejected

if TYPE_CHECKING:
    from datetime import datetime

    from ldmrelease.domain.bundle import Bundle, BundleEnvironment, BundleHold
    from ldmrelease.services.bundles.bundle_reader import OpenBundle
    from ldmrelease.trust.bundles import VerifiedBundle


class BundleEnvironmentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An environment of a bundle: the UIDs of its clusters, its places, how many digests may be created there, and the
    namespaces that an admission policy leaves alone.
    """

    name: str
    clusters: tuple[str, ...]
    places: tuple[PlaceName, ...]
    digests: int
    exempt_namespaces: tuple[str, ...]


class BundleHeadAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle says of itself: `digest` is that of what was signed, `person` whose `key` signed it; `size` and
    `head` are the ledger's, as of then; `trust` is the digest of the trust document, in version `trust_version`.
    """

    serial: int
    digest: DigestText
    ledger: str
    genesis: DigestText
    size: int
    head: DigestText
    as_of: TimeText
    stale_after: TimeText
    expires: TimeText
    person: str
    key: str
    trust: DigestText
    trust_version: int
    environments: tuple[BundleEnvironmentAnswer, ...]
    releases: tuple[ReleaseName, ...]
    decisions: int
    holds: int


class BundleAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle, and whether it can be gated by. `source` is its file or artifact, and `manifest` the digest of that
    artifact's manifest where one was published. `findings` are why it cannot be (`usable` is false, and `bundle` null)
    or what is to be heeded, such as that it is stale.
    """

    source: str
    usable: bool
    stale: bool
    findings: tuple[FindingAnswer, ...]
    bundle: BundleHeadAnswer | None
    manifest: DigestText | None = None

    @property
    def exit_code(self) -> ExitCode:
        """A gate that cannot decide never opens."""
        return ExitCode.OK if self.usable else ExitCode.UNDECIDED


class AllowedImageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A digest that may be created at a place, and why. `component` is product/component."""

    place: PlaceName
    digest: DigestText
    component: str
    because: AllowedBecause
    release: ReleaseName | None


class BundleHoldAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A digest that is recalled, by whom and why; `places` where it holds, everywhere where there are none."""

    hold: str
    digest: DigestText
    person: str
    reason: str
    places: tuple[PlaceName, ...]
    stops_what_runs: bool


class BundleContentsAnswer(BundleAnswer, frozen=True, kw_only=True):
    """The same, with what it says: the digests that may be created, those that are recalled, and the decisions."""

    allowed: tuple[AllowedImageAnswer, ...]
    decided: tuple[DecisionAnswer, ...]
    held: tuple[BundleHoldAnswer, ...] = ()


def usable_bundle(source: str, found: VerifiedBundle, manifest: str | None = None) -> BundleAnswer:
    """A bundle that was made just now."""
    return BundleAnswer(
        source=source, usable=True, stale=False, findings=(), bundle=_head(found), manifest=manifest
    )


def bundle_answer(source: str, found: OpenBundle | Rejected) -> BundleAnswer:
    """A bundle as it was read, or why none can be gated by."""
    if isinstance(found, Rejected):
        return BundleAnswer(
            source=source, usable=False, stale=False, findings=(_finding(found),), bundle=None
        )
    return BundleAnswer(
        source=source,
        usable=True,
        stale=found.stale is not None,
        findings=_heeded(found),
        bundle=_head(found.verified),
    )


def bundle_contents(source: str, found: OpenBundle | Rejected) -> BundleContentsAnswer:
    """The same with all that it says."""
    known = bundle_answer(source, found)
    bundle = None if isinstance(found, Rejected) else found.bundle
    return BundleContentsAnswer(
        source=source,
        usable=known.usable,
        stale=known.stale,
        findings=known.findings,
        bundle=known.bundle,
        allowed=tuple(_allowed(bundle)) if bundle is not None else (),
        decided=_decided(bundle) if bundle is not None else (),
        held=tuple(map(_hold, bundle.holds)) if bundle is not None else (),
    )


def gated_by(found: OpenBundle) -> GateBundleAnswer:
    """The bundle that a gate has decided by."""
    bundle = found.bundle
    return GateBundleAnswer(
        serial=bundle.serial,
        digest=found.verified.digest,
        as_of=times.spell(bundle.as_of),
        fresh_until=times.spell(bundle.stale_after),
        expires=times.spell(bundle.expires),
        stale=found.stale is not None,
    )


def unusable_answer(source: str, found: Rejected, now: datetime) -> GateAnswer:
    """What a gate says that has no bundle to decide by: it stays shut."""
    told = _finding(found)
    location = SourceLocation(file=source, line=None, path=None)
    return GateAnswer(
        base=None,
        head=None,
        now=times.spell(now),
        verdict=GateVerdict.UNDECIDED,
        bundle=None,
        images=(),
        unreadable=(before_decision(told.code, told.values, told.sentence, location),),
    )


def warnings_of(found: OpenBundle) -> tuple[str, ...]:
    """What is to be heeded of a bundle though it decides."""
    return tuple(each.sentence for each in _heeded(found))


def _finding(found: Rejected) -> FindingAnswer:
    return FindingAnswer(
        code=found.code, values=plain_values(found.values), sentence=bundle_words(found.code, found.values)
    )


def _heeded(found: OpenBundle) -> tuple[FindingAnswer, ...]:
    return tuple(_finding(each) for each in (found.stale, found.older_trust) if each is not None)


def _allowed(bundle: Bundle) -> list[AllowedImageAnswer]:
    return [
        AllowedImageAnswer(
            place=str(each.place),
            digest=each.digest,
            component=each.component,
            because=each.because,
            release=each.release,
        )
        for environment in bundle.environments
        for each in environment.allowed
    ]


def _hold(each: BundleHold) -> BundleHoldAnswer:
    return BundleHoldAnswer(
        hold=each.id,
        digest=each.digest,
        person=each.person,
        reason=each.reason,
        places=tuple(map(str, each.places)),
        stops_what_runs=each.stops_what_runs,
    )


def _decided(bundle: Bundle) -> tuple[DecisionAnswer, ...]:
    return tuple(decision_answer(each, canonical.digest_of(each)) for each in bundle.decisions)


def _head(found: VerifiedBundle) -> BundleHeadAnswer:
    bundle = found.bundle
    return BundleHeadAnswer(
        serial=bundle.serial,
        digest=found.digest,
        ledger=bundle.ledger,
        genesis=bundle.genesis,
        size=found.checkpoint.size,
        head=found.checkpoint.head,
        as_of=times.spell(bundle.as_of),
        stale_after=times.spell(bundle.stale_after),
        expires=times.spell(bundle.expires),
        person=found.key.person,
        key=found.key.id,
        trust=bundle.trust.digest,
        trust_version=bundle.trust.version,
        environments=tuple(map(_environment, bundle.environments)),
        releases=tuple(dict.fromkeys(each.release.name for each in bundle.releases)),
        decisions=len(bundle.decisions),
        holds=len(bundle.holds),
    )


def _environment(each: BundleEnvironment) -> BundleEnvironmentAnswer:
    return BundleEnvironmentAnswer(
        name=each.name,
        clusters=each.clusters,
        places=tuple(str(place.place) for place in each.places),
        digests=len(each.digests),
        exempt_namespaces=each.exempt_namespaces,
    )
