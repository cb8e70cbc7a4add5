"""A release's dossier: what it is, what it changes where, what speaks for it, what was decided, where it ran.

A look: nothing is written. What somebody could not be asked about is left out, and said.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.errors import Unavailable, UnavailableError
from ldmrelease.domain.topology import Application, ComponentKind, Place
from ldmrelease.services.acts.release_acts import ActsReader, ReleaseActs
from ldmrelease.services.decisions.decide import Decided, Unagreed, unagreed
from ldmrelease.services.deployments.place_order import ordered_places
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.evidence.manual import EvaluatedEvidence, evaluate_all
from ldmrelease.services.inventory.history import HistoryEntry, history
from ldmrelease.services.inventory.promotions import PromotionSummary, all_promotions
from ldmrelease.services.inventory.receipts import StoredReceipt, receipts_at
from ldmrelease.services.inventory.where import PlaceComponent, UnobservedPlace, where
from ldmrelease.services.known_pins import PinRecord
from ldmrelease.services.needs import EvidenceSources, PromotionHistory, PromotionPlanning, ReleaseLookup
from ldmrelease.services.promotions.preflight import PreflightFailed, RefusedPlace
from ldmrelease.services.promotions.report import PromotionReport, report
from ldmrelease.services.promotions.submit import preview_answered
from ldmrelease.services.releases.compare import Comparison, compare
from ldmrelease.services.releases.pin import Pinned, stored_release
from ldmrelease.services.releases.second_spellings import second_spelling


class ReleaseChange(Struct, frozen=True):
    """What changes at places where one other release runs, compared with it as it was pinned there."""

    places: tuple[Place, ...]
    comparison: Comparison


class EnvironmentDossier(Struct, frozen=True):
    """An environment that the release's product runs in, as if a promotion to it were asked for now.

    `running` is what was seen there last of the product; `changes` what the release changes beside that; `same` are
    places where it runs already; `menus` those that keep several releases beside each other. `left_out` are places that
    could not be decided about, or would not take it.
    """

    environment: str
    places: tuple[Place, ...]
    running: tuple[PlaceComponent | UnobservedPlace, ...]
    changes: tuple[ReleaseChange, ...]
    same: tuple[Place, ...]
    menus: tuple[Place, ...]
    decided: tuple[Decided, ...]
    left_out: tuple[RefusedPlace, ...]
    unagreed: Unagreed


class Dossier(Struct, frozen=True):
    """Everything about a release. `pins` are the revisions of its tag, the oldest first; `evidence_problem` says who
    could not be asked for statements; `untrusted` are promotions of which an event does not count.
    """

    pinned: Pinned
    pins: tuple[PinRecord, ...]
    second_spelling: str | None
    now: datetime
    environments: tuple[EnvironmentDossier, ...]
    evidence: tuple[EvaluatedEvidence, ...]
    evidence_problem: Unavailable | None
    promotions: tuple[PromotionReport, ...]
    untrusted: tuple[PromotionSummary, ...]
    is_built: bool
    """Its product has an EUPS build, and so a list of products."""
    history: tuple[HistoryEntry, ...]
    receipts: tuple[StoredReceipt, ...]
    acts: ReleaseActs


def dossier(context: PromotionPlanning, pinned: Pinned, applications: Sequence[Application]) -> Dossier:
    """The dossier of a release, as far as these applications go, which run its product.

    Raises `LedgerError`, `UnknownLevel`.
    """
    release, places = pinned.release, {str(each.place) for each in applications}
    evidence, problem = _evidence(context, pinned)
    promotions, untrusted = _promotions(context, release.product, release.tag, places)
    environments = tuple(_environments(context, pinned, applications))
    decisions = [one.decision for each in environments for one in each.decided]
    return Dossier(
        pinned=pinned,
        pins=tuple(context.pins.revisions(release.product, release.tag)),
        second_spelling=second_spelling(context, release),
        now=context.now(),
        environments=environments,
        evidence=evidence,
        evidence_problem=problem,
        promotions=promotions,
        untrusted=untrusted,
        is_built=_is_built(context, release.product),
        history=tuple(each for each in history(context, product_tag=release.name) if each.place in places),
        receipts=tuple(_receipts(context, release.name, applications)),
        acts=ActsReader(context, applications, context.now()).acts(release, pinned.digest, decisions),
    )


def _is_built(context: ReleaseLookup, product: str) -> bool:
    known = context.topology.product(product)
    return known is not None and any(each.kind is ComponentKind.BUILD for each in known.components)


def _evidence(
    context: EvidenceSources, pinned: Pinned
) -> tuple[tuple[EvaluatedEvidence, ...], Unavailable | None]:
    """What there is; where a registry cannot be asked, what the ledger has."""
    try:
        return tuple(evaluate_all(context, pinned)), None
    except UnavailableError as error:
        return tuple(evaluate_all(context, pinned, ask_registries=False)), error.unavailable


def _promotions(
    context: PromotionHistory, product: str, tag: str, places: set[str]
) -> tuple[tuple[PromotionReport, ...], tuple[PromotionSummary, ...]]:
    """Those of the tag that went to one of the places, and those that nothing can be relied on of."""
    told, untrusted = [], []
    for each in all_promotions(context):
        if each.request is None or each.journal is None:
            untrusted.append(each)
            continue
        asked = each.request.body
        if (asked.product, asked.tag) == (product, tag) and places & {*map(str, asked.places)}:
            told.append(report(context, each.promotion))
    return tuple(told), tuple(untrusted)


def _receipts(
    context: PromotionHistory, name: str, applications: Iterable[Application]
) -> Iterator[StoredReceipt]:
    for application in applications:
        yield from (each for each in receipts_at(context, application.place) if each.name == name)


def _environments(
    context: PromotionPlanning, pinned: Pinned, applications: Sequence[Application]
) -> Iterator[EnvironmentDossier]:
    running = list(where(context, now=context.now()))
    for environment in dict.fromkeys(each.place.environment for each in applications):
        mine = [each for each in applications if each.place.environment == environment]
        places = {each.place for each in mine}
        seen = [each for each in running if each.place in places and _is_of(each, pinned)]
        yield _environment(context, pinned, environment, mine, seen)


def _is_of(seen: PlaceComponent | UnobservedPlace, pinned: Pinned) -> bool:
    return isinstance(seen, UnobservedPlace) or seen.product == pinned.release.product


def _environment(
    context: PromotionPlanning,
    pinned: Pinned,
    environment: str,
    applications: Sequence[Application],
    seen: Sequence[PlaceComponent | UnobservedPlace],
) -> EnvironmentDossier:
    menus = tuple(each.place for each in applications if each.target.capabilities.keeps_many)
    changes, same = _changes(context, pinned, seen, menus)
    ordered = ordered_places(applications, context.levels)
    look = preview_answered(context, PromotionSpec(pinned, environment), ordered)
    failed = isinstance(look, PreflightFailed)
    return EnvironmentDossier(
        environment=environment,
        places=tuple(each.place for each in applications),
        running=tuple(seen),
        changes=changes,
        same=same,
        menus=menus,
        decided=() if isinstance(look, PreflightFailed) else look.decided,
        left_out=look.places if isinstance(look, PreflightFailed) else look.left_out,
        unagreed=Unagreed() if failed else unagreed(context.workspace, [each.place for each in ordered]),
    )


def _changes(
    context: ReleaseLookup,
    pinned: Pinned,
    seen: Sequence[PlaceComponent | UnobservedPlace],
    menus: Sequence[Place],
) -> tuple[tuple[ReleaseChange, ...], tuple[Place, ...]]:
    """Each release that runs there compared with this one; of a menu the newest of what it shows."""
    found: dict[str, ReleaseChange] = {}
    same: list[Place] = []
    for each in _compared(seen, menus):
        before = stored_release(context, f"{each.release}@{each.revision}") if each.release else None
        if before is None:
            continue
        if before.digest == pinned.digest:
            same.append(each.place)
            continue
        known = found.get(before.digest) or ReleaseChange((), compare(before, pinned))
        if each.place not in known.places:
            found[before.digest] = ReleaseChange((*known.places, each.place), known.comparison)
    return tuple(found.values()), tuple(dict.fromkeys(same))


def _compared(
    seen: Sequence[PlaceComponent | UnobservedPlace], menus: Sequence[Place]
) -> Iterator[PlaceComponent]:
    rows = [each for each in seen if isinstance(each, PlaceComponent)]
    yield from (each for each in rows if each.place not in menus)
    for menu in menus:
        shown = [each for each in rows if each.place == menu and each.release is not None]
        if shown:
            yield max(shown, key=lambda each: (each.since, each.release or ""))
