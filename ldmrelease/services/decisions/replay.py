"""Replay: decisions made again from what the ledger keeps and nothing else (design section 5)."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.config.policies.load import parse_level
from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision, Phase
from ldmrelease.domain.events import EventKind
from ldmrelease.domain.facts import Facts
from ldmrelease.ledger import LedgerReader
from ldmrelease.policy.engine import evaluate
from ldmrelease.promotion.journal import DecisionStage


class Replayed(Struct, frozen=True):
    """A recorded decision and the digest of what its facts and its policy give now."""

    stage: str
    decision: Decision
    digest: str
    again: str

    @property
    def same(self) -> bool:
        """Whether the bytes are the same."""
        return self.digest == self.again


def replay(ledger: LedgerReader, promotion: str) -> Iterator[Replayed]:
    """Every decision of a promotion, oldest first; none for a promotion that the ledger does not have.

    The policy is the one that decided, whatever the workspace says today. Raises `Damaged` where the ledger
    lost a part, `BadInput` where the policy is of a version that cannot be read any more.
    """
    for event in ledger.events(stream=f"promotion/{promotion}", kinds=[EventKind.DECIDED]):
        stage, digest = DecisionStage(event.body["stage"]), event.body["decision"]
        decision = canonical.decode(ledger.blob(digest), Decision)
        again = canonical.digest_of(_again(ledger, decision, stage))
        yield Replayed(str(stage), decision, digest, again)


def _again(ledger: LedgerReader, decision: Decision, stage: DecisionStage) -> Decision:
    facts = ledger.blob(decision.facts)
    level = parse_level(ledger.blob(decision.policy), decision.policy)
    phase = Phase.CONFIRM if stage is DecisionStage.CONFIRM else Phase.ENTER
    return evaluate(
        level,
        canonical.decode(facts, Facts),
        decision.now,
        facts_digest=canonical.digest(facts),
        phase=phase,
    )
