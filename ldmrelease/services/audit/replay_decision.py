"""One recorded decision made again: its facts from the ledger's blobs, its bytes from the facts."""

from enum import StrEnum

from msgspec import Struct

from ldmrelease.config.policies.load import parse_level
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision, Phase
from ldmrelease.domain.events.promotion import DecisionStage
from ldmrelease.domain.facts import Facts
from ldmrelease.domain.level import Level
from ldmrelease.ledger.errors import Damaged
from ldmrelease.policy.engine import evaluate
from ldmrelease.services.audit.differences import FirstDifference, first_difference
from ldmrelease.services.audit.regather import KeyringsOfThen, NoPin, PastLedger, Regathered, regather


class ReplayState(StrEnum):
    """What came of a decision that was made again; `missing` and `unreadable` where it could not be."""

    SAME = "same"
    FACTS_DIFFER = "facts-differ"
    DECISION_DIFFERS = "decision-differs"
    MISSING = "missing"
    UNREADABLE = "unreadable"

    @property
    def differs(self) -> bool:
        """Whether other bytes came out."""
        return self in (ReplayState.FACTS_DIFFER, ReplayState.DECISION_DIFFERS)

    @property
    def made(self) -> bool:
        """Whether it could be made again at all."""
        return self is ReplayState.SAME or self.differs


class DecisionEvent(Struct, frozen=True):
    """A decision to be made again: the number of its event, and the digests that the event names."""

    sequence: int
    promotion: str
    stage: DecisionStage
    decision: str
    facts: str


class ReplayedDecision(Struct, frozen=True):
    """What came of it. `facts_again` and `again` are the digests that came out, None where none did.

    `gathered` and `as_stored` as in `Regathered`; `detail` says what is missing or cannot be read.
    """

    recorded: DecisionEvent
    state: ReplayState
    facts_again: str | None = None
    again: str | None = None
    difference: FirstDifference | None = None
    detail: str | None = None
    gathered: tuple[str, ...] = ()
    as_stored: tuple[str, ...] = ()


def replay_decision(keyrings: KeyringsOfThen, recorded: DecisionEvent) -> ReplayedDecision:
    """Make a decision again, by the policy, the keyring and the facts of then. Never raises for what a ledger holds."""
    try:
        return _replayed(keyrings, recorded)
    except (Damaged, NoPin) as error:
        return ReplayedDecision(recorded, ReplayState.MISSING, detail=str(error))
    except (BadInput, canonical.NotCanonical, ValueError) as error:
        return ReplayedDecision(recorded, ReplayState.UNREADABLE, detail=str(error))


def _replayed(keyrings: KeyringsOfThen, recorded: DecisionEvent) -> ReplayedDecision:
    ledger = keyrings.ledger
    document = ledger.blob(recorded.decision)
    decision = canonical.decode(document, Decision)
    kept = ledger.blob(recorded.facts)
    stored = canonical.decode(kept, Facts)
    level = parse_level(ledger.blob(decision.policy), decision.policy)
    phase = Phase.CONFIRM if recorded.stage is DecisionStage.CONFIRM else Phase.ENTER
    past = PastLedger(keyrings, stored, recorded.sequence)
    made = regather(past, stored, level, phase, decision.now)
    facts = canonical.encode(made.facts)
    again = canonical.encode(_decided(level, decision, made, phase, canonical.digest(facts)))
    state, difference = _compared(kept, facts, document, again)
    return ReplayedDecision(
        recorded, state, canonical.digest(facts), canonical.digest(again), difference,
        gathered=made.gathered, as_stored=made.as_stored,
    )  # fmt: skip


def _decided(level: Level, decision: Decision, made: Regathered, phase: Phase, digest: str) -> Decision:
    return evaluate(level, made.facts, decision.now, facts_digest=digest, phase=phase)


def _compared(
    facts: bytes, facts_again: bytes, decision: bytes, again: bytes
) -> tuple[ReplayState, FirstDifference | None]:
    """The facts first: from other facts another decision follows, and says no more."""
    for state, stored, made in (
        (ReplayState.FACTS_DIFFER, facts, facts_again),
        (ReplayState.DECISION_DIFFERS, decision, again),
    ):
        if stored != made:
            found = first_difference(canonical.parse(stored), canonical.parse(made))
            return state, found or FirstDifference("", "other bytes of the same value", None)
    return ReplayState.SAME, None
