"""Decisions that were made again from what the ledger keeps, in another process."""

from collections.abc import Iterable
from typing import Any

import msgspec

from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.spellings import DigestText
from ldmrelease.domain.events.promotion import DecisionStage
from ldmrelease.services.audit.replay_all import Surroundings
from ldmrelease.services.audit.replay_decision import ReplayedDecision, ReplayState


class DifferenceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The first part that differs, by its path in the facts or in the decision; null where there is nothing."""

    path: str
    stored: Any
    again: Any


class ReplayedDecisionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A decision, by the number of its event, that was made again.

    `facts_again` and `again` are the digests that came out. `gathered` are the parts of its facts that were read from
    the ledger again, `as_stored` those that a registry, the workspace or a tree had told, and that are kept as facts
    alone. `detail` says what is missing, or why it cannot be read.
    """

    event: int
    promotion: str
    stage: DecisionStage
    state: ReplayState
    decision: DigestText
    again: DigestText | None
    facts: DigestText
    facts_again: DigestText | None
    difference: DifferenceAnswer | None
    gathered: tuple[str, ...]
    as_stored: tuple[str, ...]
    detail: str | None


class SurroundingsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """In what the other process decided: its time zone, locale and hash seed."""

    zone: str
    locale: str
    seed: int


class AuditReplayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of making decisions again: how many of each state, and each of them in the order of the ledger.

    `uncounted` is how many events of decisions do not count, and were left out: `ledger verify` says why.
    """

    decisions: int
    same: int
    differ: int
    missing: int
    unreadable: int
    uncounted: int
    surroundings: SurroundingsAnswer
    replays: tuple[ReplayedDecisionAnswer, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Refused where other bytes came out, undecided where one could not be made again."""
        return found_code(self.differ, self.missing + self.unreadable)


def audit_replay_answer(
    found: Iterable[ReplayedDecision], surroundings: Surroundings, uncounted: int
) -> AuditReplayAnswer:
    """What came of making decisions again."""
    replays = sorted(found, key=lambda each: each.recorded.sequence)
    states = [each.state for each in replays]
    return AuditReplayAnswer(
        decisions=len(replays),
        same=states.count(ReplayState.SAME),
        differ=sum(each.differs for each in states),
        missing=states.count(ReplayState.MISSING),
        unreadable=states.count(ReplayState.UNREADABLE),
        uncounted=uncounted,
        surroundings=SurroundingsAnswer(
            zone=surroundings.zone, locale=surroundings.locale, seed=surroundings.seed
        ),
        replays=tuple(map(_replay, replays)),
    )


def _replay(each: ReplayedDecision) -> ReplayedDecisionAnswer:
    recorded, found = each.recorded, each.difference
    difference = None
    if found is not None:
        difference = DifferenceAnswer(path=found.path, stored=found.stored, again=found.again)
    return ReplayedDecisionAnswer(
        event=recorded.sequence,
        promotion=recorded.promotion,
        stage=recorded.stage,
        state=each.state,
        decision=recorded.decision,
        again=each.again,
        facts=recorded.facts,
        facts_again=each.facts_again,
        difference=difference,
        gathered=each.gathered,
        as_stored=each.as_stored,
        detail=each.detail,
    )
