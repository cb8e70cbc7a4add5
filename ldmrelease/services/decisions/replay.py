"""Replay: decisions made again from what the ledger keeps and nothing else (design section 5)."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Decision, Phase
from ldmrelease.domain.events.promotion import DecisionMade, DecisionStage
from ldmrelease.domain.facts import Facts
from ldmrelease.ledger import LedgerReader
from ldmrelease.policy.engine import evaluate


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


def replay(ledger: LedgerReader, made: Iterable[DecisionMade]) -> Iterator[Replayed]:
    """Each of these decisions of a ledger, made again.

    The policy is the one that decided, whatever the workspace says today. Raises `Damaged` where the ledger
    lost a part, `BadInput` where the policy is of a version that cannot be read any more.
    """
    for each in made:
        stage, digest = each.stage, each.decision
        decision = canonical.decode(ledger.blob(digest), Decision)
        again = canonical.digest_of(_again(ledger, decision, stage))
        yield Replayed(str(stage), decision, digest, again)


def _again(ledger: LedgerReader, decision: Decision, stage: DecisionStage) -> Decision:
    from ldmrelease.config.policies.load import parse_level  # noqa: PLC0415 - knows pydantic and YAML

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
