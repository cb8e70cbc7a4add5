"""Decide: gather facts, evaluate, and (apart from a look) put the decision into the ledger."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from ldmrelease.checks.registry import traits
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision, Finding, Outcome, Phase
from ldmrelease.domain.errors import InputError
from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.kinds import BRIDGE
from ldmrelease.domain.events.promotion import DecisionMade, DecisionStage
from ldmrelease.domain.events.registry import new_event, role_types
from ldmrelease.domain.level import Level
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.domain.topology import Place
from ldmrelease.policy.engine import evaluate
from ldmrelease.services.decisions.facts.builder import GatheredFacts, gather_facts
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest, ReleaseInquiry, inquire
from ldmrelease.services.evidence import collect
from ldmrelease.services.needs import FactSources, PolicyLookup
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.services.signing import (
    require_agreed_checks,
    require_agreed_products,
    require_agreed_targets,
)
from ldmrelease.services.trust_version import require_signed


class UnknownLevel(InputError):
    """A place is at a level for which the workspace has no policy."""


class Hypothetical(InputError):
    """A policy is not the one that the trust document records: nothing acts on what it decides."""


class Decided(Struct, frozen=True):
    """A decision with the facts behind it; `document` are the bytes that are stored and hashed."""

    decision: Decision
    document: bytes
    gathered: GatheredFacts

    @property
    def digest(self) -> str:
        """The digest of the decision's bytes."""
        return canonical.digest(self.document)


def decide(
    context: FactSources, pinned: Pinned, question: DecisionRequest, phase: Phase = Phase.ENTER
) -> Decided:
    """May this release enter this place? Writes nothing. Raises where facts cannot be had."""
    return decide_about(inquire(context, pinned), question, phase)


def decide_about(about: ReleaseInquiry, question: DecisionRequest, phase: Phase = Phase.ENTER) -> Decided:
    """The same, where several places are asked about: what is the same for all of them is read once."""
    level = level_at(about.context, question.place)
    gathered = gather_facts(about, question, level, phase)
    decision = evaluate(level, gathered.facts, about.now, facts_digest=gathered.digest, phase=phase)
    return Decided(decision, canonical.encode(decision), gathered)


def level_at(context: PolicyLookup, place: Place) -> Level:
    """The policy of the level that a place is at. Raises `UnknownLevel`."""
    application = context.topology.application(place)
    name = application.level if application is not None else None
    if name is None or name not in context.levels:
        raise UnknownLevel(f"{place} is at level {name!r}, which no policy describes")
    return context.levels[name]


class Unagreed(Struct, frozen=True):
    """What the trust document does not record: policies of levels, targets of environments, products, checks;
    `document` says why nobody has signed it as it is.
    """

    levels: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    document: str = ""

    def __bool__(self) -> bool:
        return bool(self.levels or self.environments or self.products or self.checks or self.document)


def unagreed(workspace: Workspace, places: Iterable[Place]) -> Unagreed:
    """What of these places is not as was agreed: nothing acts on what is decided about them."""
    places = tuple(places)
    levels = {each.name for each in (level_at(workspace, place) for place in places)}
    environments = {each.environment for each in places}
    found = [each for each in map(workspace.topology.application, places) if each is not None]
    products = {each for each in workspace.local_products for place in found if place.components(each)}
    required = {
        each for place in places for each in _checks_of(level_at(workspace, place).at(place.environment))
    }
    return Unagreed(
        tuple(sorted(levels & set(workspace.local_policies))),
        tuple(sorted(environments & set(workspace.local_environments))),
        tuple(sorted(products)),
        tuple(each.name for each in workspace.local_checks if each.name in required),
        workspace.trust_fault,
    )


def _checks_of(level: Level) -> Iterator[str]:
    """The checks that a level asks for: those that it has run, and those that have to have passed before."""
    for each in (*level.enter, *level.confirm):
        if each.rule == "check":
            yield each.parameters["check"]


def require_agreed(workspace: Workspace, places: Iterable[Place]) -> None:
    """Raise `UnsignedTrust`, `Hypothetical`, `UnagreedTargets`, `UnagreedProduct` or `UnagreedCheck` where a decision
    about one of these places is not to be acted on.
    """
    require_signed(workspace)
    local = unagreed(workspace, places)
    if local.levels:
        raise Hypothetical(
            f"the policy of {', '.join(local.levels)} is not the one that the trust document records, so its "
            "decisions are hypothetical and nothing acts on them; `ldmrelease workspace lint` says what differs, "
            "`ldmrelease check` what would be decided"
        )
    require_agreed_targets(workspace, local.environments)
    require_agreed_products(workspace, local.products)
    require_agreed_checks(workspace, local.checks)


def record(
    workspace: Workspace, promotion: str, decided: Decided, stage: DecisionStage, epoch: int | None
) -> tuple[list[NewEvent], dict[str, bytes]]:
    """The events and blobs that make a decision durable, with the evidence that it took in.

    Policy and keyring are kept as they were: a replay asks for them when the workspace has others.
    """
    decision = decided.decision
    events, blobs = collect.intake(decided.gathered.taken)
    until, who = waits_for(workspace, decision)
    made = DecisionMade(
        decision.place, stage, decision.verdict, decided.digest, decided.gathered.digest, epoch, until, who
    )
    events.append(new_event(made, promotion_stream(promotion)))
    blobs |= {
        decided.digest: decided.document,
        decided.gathered.digest: decided.gathered.document,
        decision.policy: workspace.documents[decision.level],
        workspace.keyring.digest: workspace.keyring.document,
    }
    return events, blobs


def waits_for(workspace: Workspace, decision: Decision) -> tuple[datetime | None, tuple[str, ...]]:
    """Until when (None if unknown) and for which roles a decision waits."""
    roles = {role for each in _waiting(decision) for role in roles_asked(workspace, each)}
    return waits_until(decision), tuple(sorted(roles))


def waits_until(decision: Decision) -> datetime | None:
    """When everything that a decision waits for can be over by itself; unknown if some of it waits for somebody."""
    return eligible_at(_waiting(decision))


def eligible_at(findings: Iterable[Finding]) -> datetime | None:
    """When all of these findings can be over by themselves; None where one waits for somebody."""
    times = [each.when for each in findings]
    known = [each for each in times if each is not None]
    return max(known) if known and len(known) == len(times) else None


def _waiting(decision: Decision) -> list[Finding]:
    return [each for each in decision.unmet() if each.outcome is Outcome.PENDING]


def roles_asked(workspace: Workspace, finding: Finding) -> tuple[str, ...]:
    """Who can change a finding: the roles that the policy names; where it names none, those that may sign the result
    of a check that somebody else runs and has begun.
    """
    if finding.who or (finding.rule, finding.outcome) != ("check", Outcome.PENDING):
        return finding.who
    check = workspace.topology.check(str(finding.values.get("check")))
    if check is None or traits(check.kind).run_by_us:
        return ()
    # A bridge may sign results, too, but runs nothing: it tells what somebody else has found.
    bridges = set(role_types(BRIDGE))
    return tuple(
        each.name
        for each in workspace.keyring.roles
        if "check" in each.types and not bridges.intersection(each.types)
    )
