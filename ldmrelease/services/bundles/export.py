"""Export a bundle: decide about the newest releases everywhere, list what may be created, sign and record it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import Struct, field

from ldmrelease.config.trust import load_trust, self_contained
from ldmrelease.domain.bundle import (
    Bundle,
    BundleEnvironment,
    BundleHold,
    BundlePlace,
    BundlePolicy,
    BundleRelease,
    BundleTrust,
)
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.errors import BusyError, InputError
from ldmrelease.domain.events.ledger import BundleExported
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.level import Unmanaged
from ldmrelease.domain.streams import BUNDLES
from ldmrelease.domain.topology import Application, ComponentKind, Place, Topology
from ldmrelease.services.bundles.allow_list import allowed_images
from ldmrelease.services.bundles.bundled_holds import bundle_holds
from ldmrelease.services.decisions.decide import decide_about, level_at, require_agreed
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest, inquire
from ldmrelease.services.deployments.checkpoints import require_newest
from ldmrelease.services.deployments.clusters import cluster_uid
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.promotions import open_promotions
from ldmrelease.services.needs import BundleExporting
from ldmrelease.services.releases.components import own_repositories
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.releases.store import pinned_by_digest
from ldmrelease.targets.results import Refusal
from ldmrelease.trust.bundles import VerifiedBundle, sign_bundle, verify_bundle
from ldmrelease.trust.checkpoints import sign_checkpoint
from ldmrelease.trust.verify import Rejected

FRESH_FOR = 24 * 3600
EXPIRES_AFTER = 14 * 24 * 3600
RELEASES = 10
"""So many of the newest releases of each product are decided about, beside those that are anywhere now."""


class ExportOptions(Struct, frozen=True):
    """How a bundle is made. `fresh_for` and `expires_after` are in seconds; `releases` is how many of the newest
    releases of each product are decided about; `exempt_namespaces` are by environment.
    """

    fresh_for: int = FRESH_FOR
    expires_after: int = EXPIRES_AFTER
    releases: int = RELEASES
    exempt_namespaces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class ExportedBundle(Struct, frozen=True):
    """A new bundle: what it says, its envelope as it is kept, and notices of what did not stop it."""

    verified: VerifiedBundle
    envelope: bytes
    notices: tuple[Refusal, ...]


class ExportedMeanwhile(BusyError):
    """Somebody else exported a bundle at the same moment: ask again."""


class BadExport(InputError):
    """What was asked of an export makes no sense."""


def export_bundle(context: BundleExporting, options: ExportOptions) -> ExportedBundle:
    """Make a bundle of everything the workspace has, sign it with the key `ledger` and record that it was exported.

    Raises `Hypothetical` and the like where what is decided is not as was agreed, `Untrusted` where somebody has seen
    more of this ledger, `BadExport`, `ExportedMeanwhile`, `NoKey`, `KeyProblem`, and the errors of whoever has to be
    asked.
    """
    if not 0 < options.fresh_for <= options.expires_after:
        raise BadExport("a bundle is fresh for some time, and expires no earlier than it is stale")
    unknown = sorted(set(options.exempt_namespaces) - set(context.topology.environments))
    if unknown:
        raise BadExport(f"there is no environment {unknown[0]!r} to exempt namespaces of")
    require_agreed(context.workspace, [each.place for each in context.topology.applications])
    notices = require_newest(context)
    version, now = context.ledger.version(BUNDLES), context.now()
    bundle = _bundle(context, options, version + 1, now)
    envelope = sign_bundle(bundle, context.signers.ledger)
    verified = verify_bundle(envelope.to_bytes(), context.keyring, at=now, clock=bundle.clock)
    if isinstance(verified, Rejected):
        raise context.key_problem(context.signers.ledger, verified)
    if context.append([new_event(_told(verified, len(envelope.payload)))], expect={BUNDLES: version}):
        raise ExportedMeanwhile("somebody else exported a bundle just now; ask again")
    return ExportedBundle(verified, envelope.to_bytes(), notices)


def _told(verified: VerifiedBundle, size: int) -> BundleExported:
    bundle = verified.bundle
    return BundleExported(
        serial=bundle.serial,
        digest=verified.digest,
        size=size,
        as_of=bundle.as_of,
        stale_after=bundle.stale_after,
        expires=bundle.expires,
        environments=tuple(each.name for each in bundle.environments),
    )


def _bundle(context: BundleExporting, options: ExportOptions, serial: int, now: datetime) -> Bundle:
    pinned = _chosen(context, options.releases)
    holds = bundle_holds(context, pinned, now)
    head = sign_checkpoint(context.ledger.checkpoint(now), context.signers.ledger)
    return Bundle(
        serial=serial,
        ledger=context.ledger.uuid,
        genesis=context.ledger.genesis,
        as_of=now,
        stale_after=now + timedelta(seconds=options.fresh_for),
        expires=now + timedelta(seconds=options.expires_after),
        trust=_trust(context),
        policies=tuple(_policies(context)),
        environments=tuple(_environments(context, options, holds)),
        releases=tuple(BundleRelease(each.digest, each.revision, each.release) for each in pinned),
        decisions=tuple(_decisions(context, pinned)),
        holds=holds,
        checkpoint=head.to_dict(),
        clock=context.workspace.clock is not None,
    )


def _trust(context: BundleExporting) -> BundleTrust:
    trust = load_trust(context.workspace.trust)
    if trust.digest != context.workspace.trust_digest:
        raise BadExport(f"{context.workspace.trust} was changed just now; ask again")
    return BundleTrust(trust.version, trust.digest, self_contained(trust))


def _policies(context: BundleExporting) -> Iterator[BundlePolicy]:
    used = {each.level for each in context.topology.applications}
    for name, level in sorted(context.levels.items()):
        if name in used:
            text = context.workspace.documents[name].decode()
            yield BundlePolicy(name, level.version, level.digest, text)


def _environments(
    context: BundleExporting, options: ExportOptions, holds: tuple[BundleHold, ...]
) -> Iterator[BundleEnvironment]:
    names, at_work = ImageNames(context), list(open_promotions(context))
    for environment in context.topology.environments:
        own = [each for each in context.topology.applications if each.place.environment == environment]
        yield BundleEnvironment(
            environment,
            tuple(sorted({uid for each in own if (uid := _cluster(context, each)) is not None})),
            tuple(_place(context, each) for each in own),
            tuple(image for each in own for image in allowed_images(context, names, each, at_work, holds)),
            tuple(sorted(set(options.exempt_namespaces.get(environment, ())))),
        )


def _place(context: BundleExporting, application: Application) -> BundlePlace:
    workloads = application.workloads
    custom = [each.custom for each in (workloads.selections if workloads is not None else ())]
    return BundlePlace(
        application.place,
        application.level,
        _repositories(context.topology, application),
        workloads.namespace if workloads is not None else None,
        {each.kind: dict(each.images) for each in custom if each is not None},
        level_at(context, application.place).unmanaged is Unmanaged.REFUSED,
    )


def _cluster(context: BundleExporting, application: Application) -> str | None:
    return application.cluster_uid or cluster_uid(context.clusters, application)


def _repositories(topology: Topology, application: Application) -> dict[str, tuple[str, ...]]:
    """The repositories in which each image of a place may be named."""
    found: dict[str, tuple[str, ...]] = {}
    for product in topology.products:
        for name in application.components(product.name):
            source = product.component(name)
            if source is not None and source.kind is ComponentKind.IMAGE:
                found[f"{product.name}/{name}"] = own_repositories(source.source, application).names
    return found


def _chosen(context: BundleExporting, newest: int) -> tuple[Pinned, ...]:
    """The newest complete releases of each product, and those that are anywhere now, in the order of pinning."""
    names, after_all = ImageNames(context), context.ledger.head().size + 1
    wanted: dict[str, int] = {}
    for application in context.topology.applications:
        for product in context.topology.products:
            for each in names.standing(application.place, product.name, after_all):
                wanted[each.release] = 0
    left = {each.name: newest for each in context.topology.products}
    ordered = []
    seen: set[tuple[str, str]] = set()
    for pin in context.pins.all():
        body = pin.body
        key = (body.product, body.tag)
        if body.product not in left or not body.complete:
            continue
        is_newest = key not in seen and left[body.product] > 0
        if is_newest:
            left[body.product] -= 1
        seen.add(key)
        if is_newest or wanted.pop(body.digest, None) is not None:
            ordered.append(body)
    digests = dict.fromkeys((each.product, each.tag, each.digest) for each in reversed(ordered))
    return tuple(pinned_by_digest(context, *each) for each in digests)


def _decisions(context: BundleExporting, pinned: tuple[Pinned, ...]) -> Iterator[Decision]:
    for each in pinned:
        about = inquire(context, each)
        for place, intent in _questions(context.topology, each.release.product):
            yield decide_about(about, DecisionRequest(place, intent, context.requester)).decision


def _questions(topology: Topology, product: str) -> Iterator[tuple[Place, Intent]]:
    """Where a product runs, and what may be asked there: of menus their names as well."""
    for each in topology.applications:
        if each.components(product):
            yield each.place, Intent.PROMOTE
            if each.target.capabilities.keeps_many:
                yield each.place, Intent.ALIAS
