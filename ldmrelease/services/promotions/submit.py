"""From what a user asks to a promotion that is recorded: plan, decide, append.

`look` does all of it without a write; `promote` appends pin, request, evidence, plan and decision in one
transaction, and hands over to the driver.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.errors import UnavailableError
from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.promotion import (
    DecisionStage,
    PromotionEnded,
    PromotionPlanned,
    PromotionState,
    PromotionWaiting,
    Request,
)
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.gitops import WAVE
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.overlays import OverlayFact, is_emergency
from ldmrelease.domain.plan import Plan
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Application, Place
from ldmrelease.promotion.planning import Site, make_plan
from ldmrelease.services.acts.debts import debts_at
from ldmrelease.services.decisions.decide import Decided, decide_about, level_at, record
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest, inquire
from ldmrelease.services.deployments import desired
from ldmrelease.services.deployments.desired import desired_edits
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.inventory.promotions import open_promotions
from ldmrelease.services.inventory.receipts import latest_admission, receipts_at
from ldmrelease.services.needs import (
    PlaceAccess,
    PlaceObserving,
    PolicyLookup,
    PromotionDriving,
    PromotionPlanning,
    SignedHistory,
    Signing,
    TargetAccess,
)
from ldmrelease.services.promotions.overlay_roles import overlay_fact
from ldmrelease.services.promotions.preflight import (
    PreflightFailed,
    RefusedPlace,
    checks_asked,
    preflight_failures,
)
from ldmrelease.services.promotions.scaled_to_zero import is_scaled_to_zero
from ldmrelease.services.releases.pin import Pinned, pin_events
from ldmrelease.services.repository_scope import require_scope
from ldmrelease.services.signing import require_keys
from ldmrelease.services.trust_version import require_in_date
from ldmrelease.targets.results import Refusal, Snapshot

if TYPE_CHECKING:
    from ldmrelease.registry.opening import Registries

_DRAFT = "draft"


class NothingToDo(Struct, frozen=True):
    """Every place has it already, with a receipt, or `scaled_to_zero`: it is written there, and nothing is to run."""

    places: tuple[Place, ...]
    scaled_to_zero: tuple[Place, ...] = ()


class Preview(Struct, frozen=True):
    """What `promote` would do: the plan, and one decision per place. `left_out` are places that cannot be written, or
    about which nobody could be asked, where the others are answered all the same.
    """

    spec: PromotionSpec
    plan: Plan
    decided: tuple[Decided, ...]
    left_out: tuple[RefusedPlace, ...] = ()

    @property
    def first(self) -> Decided:
        """The decision that counts now; the later ones are made again on entry."""
        return self.decided[0]


class Recorded(Struct, frozen=True):
    """A promotion that is in the ledger, to be driven on."""

    promotion: str
    look: Preview


def remaining_places(
    context: PlaceObserving, spec: PromotionSpec, applications: Sequence[Application]
) -> tuple[Application, ...]:
    """The places that do not hold what is asked for, or have no receipt for it; all, where a tag has moved since.

    Reads the targets, and asks for each image's tag once. A release that is to go has gone where it is not.
    """
    if spec.intent is Intent.RETIRE:
        return tuple(each for each in applications if _is_live(context, spec, each))
    left = tuple(each for each in applications if not _has_it(context, spec, each))
    if len(left) < len(applications) and not _unmoved(context.registries, spec, applications):
        return tuple(applications)
    return left


def _unmoved(registries: "Registries", spec: PromotionSpec, applications: Sequence[Application]) -> bool:
    release = spec.pinned.release
    names = {name for each in applications for name in each.components(release.product)}
    for image in release.images:
        if image.name in names:
            found = registries.open(parse_reference(image.source)).resolve(image.spelling)
            if found is None or found.digest != image.digest:
                return False
    return True


def _has_it(context: PlaceObserving, spec: PromotionSpec, application: Application) -> bool:
    there = desired.snapshot(context, application)
    if not isinstance(there, Snapshot):
        return False
    wanted = desired_edits(spec, application, there)
    if isinstance(wanted, Refusal) or not desired.holds(wanted, there):
        return False
    if spec.intent is Intent.ALIAS:
        return True
    if spec.intent is Intent.ROLLBACK and _is_back(context, spec, application):
        return True
    if is_emergency(spec.overlay):
        latest = latest_admission(context, application.place)
        if latest is not None and latest.emergency and latest.release == spec.pinned.digest:
            return True
    return _has_receipt_for(context, spec, application.place) or is_scaled_to_zero(
        context, application, spec.pinned
    )


def _has_receipt_for(context: SignedHistory, spec: PromotionSpec, place: Place) -> bool:
    """Whether there is a receipt that is as good as what is asked for: one of a compression is not as good as one
    without.
    """
    if spec.overlay is not None:
        return has_receipt(context, spec.pinned, place)
    less = {each.owed.promotion for each in debts_at(context, place)}
    return any(each.promotion not in less for each in receipts_at(context, place, spec.pinned.digest))


def _is_back(context: SignedHistory, spec: PromotionSpec, application: Application) -> bool:
    """Whether the last that came there is the release, by a rollback to what had only been found there."""
    latest = latest_admission(context, application.place)
    return latest is not None and latest.found and latest.release == spec.pinned.digest


def has_receipt(context: SignedHistory, pinned: Pinned, place: Place) -> bool:
    """Whether the release has a receipt at a place."""
    return next(receipts_at(context, place, pinned.digest), None) is not None


def _is_live(context: TargetAccess, spec: PromotionSpec, application: Application) -> bool:
    """Whether there is something to take away; a target that cannot be read is asked again, to say why."""
    there = desired.snapshot(context, application)
    wanted = desired_edits(spec, application, there) if isinstance(there, Snapshot) else there
    return not (isinstance(wanted, Refusal) and wanted.code == "not-live")


def preview(
    context: PromotionPlanning,
    spec: PromotionSpec,
    applications: Sequence[Application],
    before: tuple[Place, ...] = (),
) -> Preview | PreflightFailed:
    """Plan and decide for every place, in memory; `before` are places that other promotions come to first.

    Raises `TrustExpired`.
    """
    require_in_date(context.workspace, context.now())
    plan = plan_for(context, spec, applications, _DRAFT)
    if isinstance(plan, PreflightFailed):
        return plan
    about = inquire(context, spec.pinned)
    questions = _questions(context, spec, applications, before)
    return Preview(spec, plan, tuple(decide_about(about, each) for each in questions))


def _questions(
    context: PromotionPlanning,
    spec: PromotionSpec,
    applications: Sequence[Application],
    before: tuple[Place, ...],
) -> Iterator[DecisionRequest]:
    for index, application in enumerate(applications):
        earlier = (*before, *(each.place for each in applications[:index]))
        later = tuple(each.place for each in applications[index + 1 :])
        overlay = _overlay(context, spec, application.place)
        yield DecisionRequest(
            application.place,
            spec.intent,
            context.requester,
            earlier,
            later,
            alias=spec.alias,
            overlay=overlay,
        )


def _overlay(context: PromotionPlanning, spec: PromotionSpec, place: Place) -> OverlayFact | None:
    if spec.overlay is None:
        return None
    return overlay_fact(
        context, spec.overlay, context.requesting_key, spec.pinned.release, place, context.now()
    )


def preview_answered(
    context: PromotionPlanning,
    spec: PromotionSpec,
    applications: Sequence[Application],
    before: tuple[Place, ...] = (),
) -> Preview | PreflightFailed:
    """The same, where a place that cannot be written or decided about holds up none of the others: `left_out` has it.

    PreflightFailed where that is all of them. Raises `TrustExpired`.
    """
    require_in_date(context.workspace, context.now())
    failed = {each.place: each for each in preflight_failures(context, spec, applications, all_places=True)}
    decided: dict[Place, Decided] = {}
    about = inquire(context, spec.pinned)
    for question in _questions(context, spec, applications, before):
        if question.place not in failed:
            try:
                decided[question.place] = decide_about(about, question)
            except UnavailableError as error:
                failed[question.place] = RefusedPlace(question.place, error.unavailable)
    left_out = tuple(failed[each.place] for each in applications if each.place in failed)
    answered = [each for each in applications if each.place in decided]
    if not answered:
        return PreflightFailed(left_out)
    plan = _plan(context, spec, answered, _DRAFT)
    return Preview(spec, plan, tuple(decided.values()), left_out)


def plan_for(
    context: PlaceAccess, spec: PromotionSpec, applications: Sequence[Application], promotion: str
) -> Plan | PreflightFailed:
    """The plan: pure but for one read of each target, which shows that its settings are there."""
    against = tuple(preflight_failures(context, spec, applications))
    return PreflightFailed(against) if against else _plan(context, spec, applications, promotion)


def _plan(
    context: PlaceAccess, spec: PromotionSpec, applications: Sequence[Application], promotion: str
) -> Plan:
    release, sites = spec.pinned.release, sites_for(context, spec, applications)
    return make_plan(promotion, spec.intent, release.product, release.tag, spec.pinned.digest, sites)


def sites_for(context: PolicyLookup, spec: PromotionSpec, applications: Sequence[Application]) -> list[Site]:
    """What a plan needs to know of each place: from release, workspace and policies alone."""
    return [_site(context, spec, each) for each in applications]


def _site(context: PolicyLookup, spec: PromotionSpec, application: Application) -> Site:
    release = spec.pinned.release
    level = level_at(context, application.place).at(application.place.environment)
    images = {each.name for each in release.images}
    components = tuple(each for each in application.components(release.product) if each in images)
    wanted = desired.desired_summary(release, application, spec.intent, spec.alias)
    return Site(
        place=application.place,
        level=level.name,
        wanted=wanted,
        checks=tuple(each.name for each in checks_asked(context, application, spec.overlay)),
        receipts=components,
        confirms=bool(level.confirm),
        registry=application.registry,
        # In an emergency nobody waits for nodes to fetch what they may have, from where nobody may answer.
        pulls=application.workloads is not None
        and level.availability is not None
        and not is_emergency(spec.overlay),
        **_proposed(context, application),
    )


def _proposed(context: PolicyLookup, application: Application) -> dict[str, Any]:
    """How a change is proposed at a place, and for which branch together with others; nothing where it is written."""
    location = application.target.location
    rules = context.gitops.of(location.repository) if isinstance(location, GitFile) else None
    if rules is None or rules.propose is None or not isinstance(location, GitFile):
        return {}
    shares = f"{location.repository} {location.branch}" if rules.per == WAVE else None
    return {"proposes": {"to": rules.propose}, "shares": shares}


def record_request(context: PromotionDriving, look: Preview, *, holds_back: bool = False) -> Recorded | None:
    """Append pin, request, evidence, plan and first decision together; None if somebody was faster.

    A waiting promotion of the same place is superseded in the same transaction, unless this one is turned
    down at once: what is refused takes nobody's place. With `holds_back` it waits even if it is allowed.
    Raises `KeyProblem` and `NoKey` where what it has to sign would not count: then nothing is appended.
    """
    promotion = _free_id(context)
    plan = replace(look.plan, promotion=promotion)
    stream = promotion_stream(promotion)
    events: list[NewEvent] = []
    blobs: dict[str, bytes] = {}
    expect = look.first.gathered.expect.and_streams({stream: 0})
    if not look.spec.pinned.stored:
        pin_event, pin_blobs, pin_expect = pin_events(context, look.spec.pinned, look.spec.reason)
        events += pin_event
        blobs |= pin_blobs
        expect = expect.and_streams(pin_expect)
    plan_document = canonical.encode(plan)
    events.append(new_event(_request(context, look, promotion)))
    decision_events, decision_blobs = record(
        context.workspace, promotion, look.first, DecisionStage.ASK, None
    )
    events += decision_events
    blobs |= decision_blobs
    if look.first.decision.verdict in (Verdict.ALLOWED, Verdict.WAITING):
        require_keys(context, plan, look.spec.pinned.release)
        superseded, superseded_expect = _supersede(context, plan, promotion)
        events += superseded
        expect = expect.and_streams(superseded_expect)
        events.append(new_event(PromotionPlanned(plan.digest), stream))
        blobs[plan.digest] = plan_document
    if holds_back and look.first.decision.verdict is Verdict.ALLOWED:
        events.append(new_event(PromotionWaiting(look.first.decision.place), stream))
    moved = context.append(events, expect=expect, blobs=blobs)
    return None if moved else Recorded(promotion, replace(look, plan=plan))


def _free_id(context: PromotionDriving) -> str:
    """The next id that no stream has: one that somebody wrote to in advance would be nobody's promotion."""
    number = context.ledger.head().size + 1
    while context.ledger.version(promotion_stream(f"P-{number}")) > 0:
        number += 1
    return f"P-{number}"


def _request(context: Signing, look: Preview, promotion: str) -> Request:
    spec = look.spec
    asked = Request(
        promotion=promotion,
        intent=spec.intent,
        product=spec.pinned.release.product,
        tag=spec.pinned.release.tag,
        release=spec.pinned.digest,
        target=spec.target,
        places=tuple(each.place for each in look.plan.places),
        time=context.now(),
        reason=spec.reason,
        alias=spec.alias,
        overlay=spec.overlay,
    )
    environments = tuple(sorted({each.environment for each in asked.places}))
    require_scope(context, context.signers.me, "request", spec.pinned.release.repositories, environments)
    return asked


def _supersede(context: SignedHistory, plan: Plan, promotion: str) -> tuple[list[NewEvent], dict[str, int]]:
    """End the waiting promotions that want the same place: never a running one (details.md)."""
    wanted = {each.place for each in plan.places}
    ended = PromotionEnded(PromotionState.SUPERSEDED, "newer-request", {"by": promotion})
    events, expect = [], {}
    for other in open_promotions(context):
        if other.state == PromotionState.WAITING and wanted & other.left():
            stream = promotion_stream(other.promotion)
            events.append(new_event(ended, stream))
            expect[stream] = other.version
    return events, expect
