"""From what a user asks to a promotion that is recorded: plan, decide, append.

`look` does all of it without a write; `promote` appends pin, request, evidence, plan and decision in one
transaction, and hands over to the driver.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events import Kind, NewEvent
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.plan import Plan
from ldmrelease.domain.records import Request
from ldmrelease.domain.topology import Application, Place
from ldmrelease.projections.promotions import OPEN
from ldmrelease.promotion.journal import Stage, State
from ldmrelease.promotion.planning import Site, make_plan
from ldmrelease.services.context import Workbench
from ldmrelease.services.decisions.decide import Decided, decide, level_at, record
from ldmrelease.services.decisions.facts import Question
from ldmrelease.services.deployments import desired
from ldmrelease.services.deployments.target import Wish, wished_edits
from ldmrelease.services.promotions.preflight import Impossible, checks_asked, impossible
from ldmrelease.services.promotions.scaled_to_zero import is_idle
from ldmrelease.services.releases.pin import Pinned, pin_events
from ldmrelease.services.signing import require_receipts, sealed
from ldmrelease.targets.results import Refusal, Snapshot

_DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """Every place has it already, with a receipt, or `idle`: it is written there, and nothing is to run."""

    places: tuple[Place, ...]
    idle: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What `promote` would do: the plan, and one decision per place."""

    wish: Wish
    plan: Plan
    decided: tuple[Decided, ...]

    @property
    def first(self) -> Decided:
        """The decision that counts now; the later ones are made again on entry."""
        return self.decided[0]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A promotion that is in the ledger, to be driven on."""

    promotion: str
    look: Look


def left_to_do(bench: Workbench, wish: Wish, applications: Sequence[Application]) -> tuple[Application, ...]:
    """The places that do not hold what is wished, or have no receipt for it; all, where a tag has moved since.

    Reads the targets, and asks for each image's tag once. A release that is to go has gone where it never was;
    where it is nowhere, every place is left, and says so.
    """
    if wish.intent is Intent.RETIRE:
        return tuple(each for each in applications if _is_live(bench, wish, each)) or tuple(applications)
    left = tuple(each for each in applications if not _has_it(bench, wish, each))
    if len(left) < len(applications) and not _unmoved(bench, wish, applications):
        return tuple(applications)
    return left


def _unmoved(bench: Workbench, wish: Wish, applications: Sequence[Application]) -> bool:
    release = wish.pinned.release
    names = {name for each in applications for name in each.components(release.product)}
    for image in release.images:
        if image.name in names:
            found = bench.registries.open(parse_reference(image.source)).resolve(image.spelling)
            if found is None or found.digest != image.digest:
                return False
    return True


def _has_it(bench: Workbench, wish: Wish, application: Application) -> bool:
    there = desired.snapshot(bench, application)
    if not isinstance(there, Snapshot):
        return False
    wanted = wished_edits(wish, application, there)
    if isinstance(wanted, Refusal) or not desired.holds(wanted, there):
        return False
    if wish.intent is Intent.ALIAS:
        return True
    return has_receipt(bench, wish.pinned, application.place) or is_idle(bench, application, wish.pinned)


def has_receipt(bench: Workbench, pinned: Pinned, place: Place) -> bool:
    """Whether the release has a receipt at a place."""
    return bench.ledger.state("receipts", f"{place}/{pinned.digest}") is not None


def _is_live(bench: Workbench, wish: Wish, application: Application) -> bool:
    """Whether there is something to take away; a target that cannot be read is asked again, to say why."""
    there = desired.snapshot(bench, application)
    wanted = wished_edits(wish, application, there) if isinstance(there, Snapshot) else there
    return not (isinstance(wanted, Refusal) and wanted.code == "not-live")


def look(bench: Workbench, wish: Wish, applications: Sequence[Application]) -> Look | Impossible:
    """Plan and decide for every place, in memory."""
    plan = plan_for(bench, wish, applications, _DRAFT)
    if isinstance(plan, Impossible):
        return plan
    decided = []
    for index, application in enumerate(applications):
        earlier = tuple(each.place for each in applications[:index])
        question = Question(application.place, wish.intent, bench.person, earlier)
        decided.append(decide(bench, wish.pinned, question))
    return Look(wish, plan, tuple(decided))


def plan_for(
    bench: Workbench, wish: Wish, applications: Sequence[Application], promotion: str
) -> Plan | Impossible:
    """The plan: pure but for one read of each target, which shows that its settings are there."""
    against = list(impossible(bench, wish, applications))
    if against:
        first, *others = against
        return replace(first, more=tuple(others))
    release, sites = wish.pinned.release, sites_for(bench, wish, applications)
    return make_plan(promotion, wish.intent, release.product, release.tag, wish.pinned.digest, sites)


def sites_for(bench: Workbench, wish: Wish, applications: Sequence[Application]) -> list[Site]:
    """What a plan needs to know of each place: from release, workspace and policies alone."""
    return [_site(bench, wish, each) for each in applications]


def _site(bench: Workbench, wish: Wish, application: Application) -> Site:
    release = wish.pinned.release
    level = level_at(bench, application.place).at(application.place.environment)
    images = {each.name for each in release.images}
    components = tuple(each for each in application.components(release.product) if each in images)
    wanted = desired.wish_of(release, application, wish.intent, wish.alias)
    return Site(
        place=application.place,
        level=level.name,
        wanted=wanted,
        checks=tuple(each.name for each in checks_asked(bench, application)),
        receipts=components,
        confirms=bool(level.confirm),
        registry=application.registry,
        pulls=application.workloads is not None and level.availability is not None,
    )


def record_request(bench: Workbench, look: Look) -> Recorded | None:
    """Append pin, request, evidence, plan and first decision together; None if somebody was faster.

    A waiting promotion of the same place is superseded in the same transaction, unless this one is turned
    down at once: what is not let in takes nobody's place. Raises `KeyProblem` and `NoKey` where
    what it has to sign would not count: then nothing is appended.
    """
    promotion = f"P-{bench.ledger.head().size + 1}"
    plan = replace(look.plan, promotion=promotion)
    stream = f"promotion/{promotion}"
    events: list[NewEvent] = []
    blobs: dict[str, bytes] = {}
    expect = {**look.first.gathered.expect, stream: 0}
    if not look.wish.pinned.stored:
        pin_event, pin_blobs, pin_expect = pin_events(bench, look.wish.pinned, look.wish.reason)
        events += pin_event
        blobs |= pin_blobs
        expect |= pin_expect
    plan_document = canonical.encode(plan)
    events.append(NewEvent(Kind.REQUESTED, stream, _request_body(bench, look, promotion)))
    decision_events, decision_blobs = record(bench, promotion, look.first, Stage.ASK, None)
    events += decision_events
    blobs |= decision_blobs
    if look.first.decision.verdict in (Verdict.ALLOWED, Verdict.WAITING):
        require_receipts(bench, plan, look.wish.pinned.release)
        superseded, superseded_expect = _supersede(bench, plan, promotion)
        events += superseded
        expect |= superseded_expect
        events.append(NewEvent(Kind.PLANNED, stream, {"plan": plan.digest}))
        blobs[plan.digest] = plan_document
    moved = bench.append(events, expect=expect, blobs=blobs)
    return None if moved else Recorded(promotion, replace(look, plan=plan))


def _request_body(bench: Workbench, look: Look, promotion: str) -> dict[str, Any]:
    wish = look.wish
    act = Request(
        promotion=promotion,
        intent=wish.intent,
        product=wish.pinned.release.product,
        tag=wish.pinned.release.tag,
        release=wish.pinned.digest,
        target=wish.target,
        places=tuple(each.place for each in look.plan.places),
        time=bench.now(),
        reason=wish.reason,
        alias=wish.alias,
    )
    return sealed(bench, act, bench.signers.me)


def _supersede(bench: Workbench, plan: Plan, promotion: str) -> tuple[list[NewEvent], dict[str, int]]:
    """End the waiting promotions that want the same place: never a running one (details.md)."""
    wanted = {str(each.place) for each in plan.places}
    events, expect = [], {}
    for other in open_promotions(bench):
        if other["state"] != State.WAITING or not wanted & (set(other["places"]) - set(other["done"])):
            continue
        stream = f"promotion/{other['promotion']}"
        body = {"state": str(State.SUPERSEDED), "cause": "newer-request", "values": {"by": promotion}}
        events.append(NewEvent(Kind.ENDED, stream, body))
        expect[stream] = bench.ledger.version(stream)
    return events, expect


def open_promotions(bench: Workbench) -> list[dict[str, Any]]:
    """The promotions that have not ended, oldest first."""
    found = bench.ledger.states("open-promotions").values()
    return sorted((each for each in found if each["state"] in OPEN), key=lambda each: int(each["sequence"]))
