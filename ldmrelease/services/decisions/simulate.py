"""What would be decided, if: the facts of now, changed by what is assumed. Writes nothing, and nothing acts on it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision, Phase
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Application, Place
from ldmrelease.ledger.recording import RecordingReader
from ldmrelease.policy.cases.acts import with_acts
from ldmrelease.policy.cases.assumptions import Assumptions, assume
from ldmrelease.policy.engine import evaluate
from ldmrelease.services.decisions.decide import level_at
from ldmrelease.services.decisions.facts.builder import gather_facts
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest, ReleaseInquiry
from ldmrelease.services.needs import FactSources
from ldmrelease.services.releases.pin import Pinned


class SimulatedDecision(Struct, frozen=True):
    """What would be decided. `digest` is that of the decision's bytes, which no ledger has."""

    decision: Decision
    digest: str
    phase: Phase


def simulate(
    context: FactSources,
    pinned: Pinned,
    applications: Sequence[Application],
    requester: str,
    now: datetime,
    at: datetime,
    assumed: Mapping[Place, Assumptions],
) -> Iterator[SimulatedDecision]:
    """What would be decided for each place `at` a time not before `now`, with what is assumed there, if anything is.

    The signatures are looked at as of then: a key may have run out. What runs now is assumed to run on till then.
    """
    recorder = RecordingReader(context.ledger)
    about = ReleaseInquiry(context.reading(recorder), recorder, pinned, at)
    product = context.topology.product(pinned.release.product)
    assert product is not None
    for index, application in enumerate(applications):
        place = application.place
        assumptions = assumed.get(place, Assumptions())
        earlier = tuple(each.place for each in applications[:index])
        later = tuple(each.place for each in applications[index + 1 :])
        intent = assumptions.intent or Intent.PROMOTE
        level = level_at(context, place)
        question = DecisionRequest(place, intent, requester, earlier, later)
        gathered = gather_facts(about, question, level, assumptions.phase)
        facts = assume(gathered.facts, assumptions, product.grammar, at - now)
        facts = with_acts(facts, assumptions.acts, level, at, assumptions.phase)
        decision = evaluate(
            level, facts, at, facts_digest=canonical.digest_of(facts), phase=assumptions.phase
        )
        yield SimulatedDecision(decision, canonical.digest_of(decision), assumptions.phase)
