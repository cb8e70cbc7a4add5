"""Where a hold bites: which places run what was recalled, with workloads and pods, and which promotions it stops.

The ledger says what was seen last; then every tree and cluster is asked at once, for a limited time. Whoever does not
answer holds nobody up, and is named.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.events.acts import HoldKind
from ldmrelease.domain.events.promotion import Request
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application, Place
from ldmrelease.policy.rule_context import command
from ldmrelease.projections.naming import NamedBy
from ldmrelease.services.acts.held_images import HeldImage, HeldImages
from ldmrelease.services.acts.hold_facts import HeldQuestion, UnknownCondition, hold_facts
from ldmrelease.services.acts.holds import KnownHold, known_holds
from ldmrelease.services.inventory.comparison import LiveComponent
from ldmrelease.services.inventory.live import UnavailablePlace, live, unreachable_places
from ldmrelease.services.inventory.promotions import open_promotions
from ldmrelease.services.inventory.way_back import way_back
from ldmrelease.services.inventory.where import PlaceComponent, UnobservedPlace, where
from ldmrelease.services.needs import HoldEffects
from ldmrelease.services.releases.pin import Pinned, stored_release
from ldmrelease.services.releases.products import default_product

DRAFT = "new"
"""The name of a hold that nobody has signed yet."""


class RunningPods(Struct, frozen=True):
    """The pods of a workload in which a container runs an image."""

    workload: str
    container: str
    pods: tuple[str, ...]


class AffectedImage(Struct, frozen=True):
    """An image at a place that falls under a recall.

    `since` and `state` are as it was seen last, None where nobody has recorded it; `desired`: what is committed there
    names it, None where no tree could be asked; `workloads` run it now, by their cluster. `back` is the command that
    takes it away, empty where none is known; `unknown` is why nobody can tell whether it is meant, None where it is.
    """

    place: Place
    level: str
    product: str
    component: str
    release: str | None
    spelling: str
    digest: str
    since: str | None
    state: str | None
    desired: bool | None = None
    workloads: tuple[RunningPods, ...] = ()
    back: tuple[str, ...] = ()
    unknown: str | None = None


class StoppedPromotion(Struct, frozen=True):
    """A promotion that has not ended, and that a hold stops before it enters one of these places."""

    promotion: str
    state: str
    release: str
    places: tuple[Place, ...]


class Effects(Struct, frozen=True):
    """What a hold comes to. `unseen` are places that nobody has observed, `unreachable` those that did not answer."""

    places: tuple[Place, ...]
    images: tuple[AffectedImage, ...] = ()
    unseen: tuple[Place, ...] = ()
    unreachable: tuple[UnavailablePlace, ...] = ()
    promotions: tuple[StoppedPromotion, ...] = ()


def effects_of(context: HoldEffects, hold: KnownHold, timeout: float | None) -> Effects:
    """Where a hold bites. timeout: seconds that each environment may take to answer; None asks the ledger alone."""
    applications = [each for each in context.topology.applications if hold.covers(each.place, each.level)]
    found = Effects(tuple(each.place for each in applications), promotions=_stopped(context, hold))
    if hold.body.kind is not HoldKind.RECALL:
        return found
    images = HeldImages(context, [hold])
    rows = list(where(context, now=context.now(), applications=applications))
    there = _recorded(context, images, [each for each in rows if isinstance(each, PlaceComponent)])
    unseen = tuple(each.place for each in rows if isinstance(each, UnobservedPlace))
    unreachable: list[UnavailablePlace] = []
    if timeout is not None:
        heard = live(context, applications, timeout).rows
        unreachable = unreachable_places(heard)
        _add_live(context, images, there, heard, timeout)
    reason = "recalled" if hold.id == DRAFT else f"recalled as {hold.id}"
    back = partial(_way_back, context, _Backs(context, hold), reason)
    return replace(
        found,
        images=tuple(replace(each, back=back(each)) for each in sorted(there.values(), key=_order)),
        unseen=unseen,
        unreachable=tuple(unreachable),
    )


_Key = tuple[Place, str, str, str]
_There = dict[_Key, AffectedImage]


def _order(image: AffectedImage) -> tuple[str, str, str, str]:
    return str(image.place), image.product, image.component, image.digest


def _recorded(context: HoldEffects, images: HeldImages, rows: Sequence[PlaceComponent]) -> _There:
    found: _There = {}
    for row, held in zip(rows, images.of_rows(context, rows), strict=True):
        if held:
            found[_key(context, row)] = _affected(row, held, recorded=True)
    return found


def _affected(row: PlaceComponent, held: Sequence[HeldImage], *, recorded: bool) -> AffectedImage:
    unknown = held[0].unknown
    return AffectedImage(
        row.place,
        row.level,
        row.product,
        row.component,
        row.release,
        row.spelling,
        row.digest,
        row.since if recorded else None,
        row.state if recorded else None,
        unknown=unknown.reason if unknown is not None else None,
    )


def _key(context: HoldEffects, row: PlaceComponent) -> _Key:
    """One for all digests of an image, since a tree names its index and a cluster what runs of it."""
    pins = context.pins.with_digest(row.digest) if row.digest else []
    known = stored_release(context, f"{pins[-1].body.product}/{pins[-1].body.tag}") if pins else None
    parts = known.release.images if known is not None else ()
    image = next((each.digest for each in parts if row.digest in each.identity.digests()), row.digest)
    return row.place, row.product, row.component, image or row.spelling


def _add_live(
    context: HoldEffects, images: HeldImages, there: _There, heard: Sequence[LiveComponent], timeout: float
) -> None:
    """What trees and clusters say now, beside what was recorded."""
    said = list(said_now(context, heard))
    rows = [each.row for each in said]
    for each, held in zip(said, images.of_rows(context, rows, timeout), strict=True):
        if not held:
            continue
        key = _key(context, each.row)
        known = there.get(key) or _affected(each.row, held, recorded=False)
        workloads = known.workloads if each.pods is None else (*known.workloads, each.pods)
        there[key] = replace(
            known,
            release=known.release or each.row.release,
            desired=True if each.desired else known.desired,
            workloads=tuple(dict.fromkeys(workloads)),
        )
    asked = {each.place for each in heard if each.desired is not None}
    for key, known in there.items():
        if known.desired is None and known.place in asked:
            there[key] = replace(known, desired=False)


class SaidNow(Struct, frozen=True):
    """An image that a tree asks for (`desired`), or that a cluster runs, in these `pods`."""

    row: PlaceComponent
    desired: bool
    pods: RunningPods | None


def said_now(context: HoldEffects, heard: Iterable[LiveComponent]) -> Iterator[SaidNow]:
    """Every image that was heard of."""
    now = spell(context.now())
    for each in heard:
        if each.desired is not None and each.desired.digest is not None:
            wanted = each.desired
            yield SaidNow(_row(each, wanted.digest or "", wanted.spelling, wanted.release, now), True, None)
        if each.observed is None or each.observed.basis != "pods":
            continue
        ran = each.observed
        workload, _, container = each.at.rpartition(" ")
        for digest in ran.digests:
            pods = RunningPods(workload, container, ran.pods.get(digest, ()))
            yield SaidNow(_row(each, digest, ran.spelling, ran.release, now), False, pods)


def _row(each: LiveComponent, digest: str, spelling: str, release: str | None, now: str) -> PlaceComponent:
    return PlaceComponent(
        place=each.place,
        level=each.level,
        product=each.product,
        component=each.component,
        digest=digest,
        spelling=spelling,
        release=release,
        named=NamedBy.IMAGE,
        since=now,
        last=now,
        state="running",
        aliases=(),
        promotion=None,
        allowed=None,
    )


class _Backs:
    """The release that a place goes back to, each looked up once; None where none is known, or it is recalled, too."""

    def __init__(self, context: HoldEffects, hold: KnownHold) -> None:
        self._context = context
        now = context.now()
        standing = [each for each in known_holds(context) if each.stands(now) and each.id != hold.id]
        self._recalls = [*standing, hold]
        self._known: dict[tuple[Place, str], str | None] = {}

    def of(self, application: Application, product: str) -> str | None:
        key = (application.place, product)
        if key not in self._known:
            self._known[key] = self._found(application, product)
        return self._known[key]

    def _found(self, application: Application, product: str) -> str | None:
        tag = way_back(self._context, application.place, product).tag
        pinned = stored_release(self._context, f"{product}/{tag}") if tag is not None else None
        if pinned is None:
            return None
        is_held = any(
            each.covers(application.place, application.level)
            and each.body.predicate is None
            and each.names(pinned.release, pinned.digest)
            for each in self._recalls
        )
        return None if is_held else tag


def _way_back(context: HoldEffects, backs: _Backs, reason: str, image: AffectedImage) -> tuple[str, ...]:
    """The command that takes an image away: a menu's entry goes, what runs alone goes back to what was there before."""
    application = context.topology.application(image.place)
    if application is None or image.unknown is not None:
        return ()
    usual = default_product(context.topology)
    words: tuple[str, ...] = ("--target", str(image.place))
    if usual is None or usual.name != image.product:
        words += ("--product", image.product)
    # What was only found there takes a reason to go back to.
    words += ("--reason", reason)
    if application.target.capabilities.keeps_many:
        tag = (image.release or "").partition("/")[2] or image.spelling.rpartition(":")[2]
        return command("retire", tag, *words)
    tag = backs.of(application, image.product) or ""
    return command("rollback", tag, *words) if tag else ()


def _stopped(context: HoldEffects, hold: KnownHold) -> tuple[StoppedPromotion, ...]:
    """Open promotions that the hold stops before they enter a place; those to take something away go on."""
    found = []
    for each in open_promotions(context):
        if each.request is not None:
            places = tuple(_stopped_places(context, hold, each.request.body))
            name = f"{each.request.body.product}/{each.request.body.tag}"
            found += [StoppedPromotion(each.promotion, each.state, name, places)] if places else []
    return tuple(found)


def _stopped_places(context: HoldEffects, hold: KnownHold, request: Request) -> Iterator[Place]:
    pinned = stored_release(context, f"{request.product}/{request.tag}")
    for place in request.places:
        there = context.topology.application(place)
        if there is None or pinned is None or request.intent is Intent.RETIRE:
            continue
        asked = HeldQuestion(place, there.level, request.intent, pinned.release, request.release)
        judge = partial(_judged, context, pinned, there)
        if hold_facts([hold], asked, judge, context.now()):
            yield place


def _judged(
    context: HoldEffects, pinned: Pinned, there: Application, hold: KnownHold
) -> bool | UnknownCondition:
    # The expression language and registries: who has no conditional recall goes without.
    from ldmrelease.services.acts.conditions import judge_release  # noqa: PLC0415

    return judge_release(context, pinned, there, hold.body.predicate or "", context.now())
