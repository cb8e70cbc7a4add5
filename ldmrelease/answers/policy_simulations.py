"""`policy simulate`: what would be decided, if."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from ldmrelease.answers.decisions import DecisionAnswer, decision_answer
from ldmrelease.answers.exit_codes import VERDICT_CODES, ExitCode, worst
from ldmrelease.answers.spellings import TimeText, time_text

if TYPE_CHECKING:
    from datetime import datetime

    from ldmrelease.services.decisions.simulate import SimulatedDecision


class PolicySimulationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What would be decided `at` a time, if what the file `assumed` says were so: the facts of `now` changed by it.
    Nothing of it is in any ledger, and nothing acts on it. `decisions` are those of the places, each as
    `ldmrelease check` tells it; their digests are of no stored bytes.
    """

    simulation: Literal[True] = True
    now: TimeText
    at: TimeText
    assumed: str | None
    decisions: tuple[DecisionAnswer, ...]

    @property
    def exit_code(self) -> ExitCode:
        """The worst place's verdict speaks."""
        return worst(VERDICT_CODES[each.verdict] for each in self.decisions)


def policy_simulation_answer(
    now: datetime, at: datetime, assumed: str | None, decided: Iterable[SimulatedDecision]
) -> PolicySimulationAnswer:
    """What would be decided."""
    return PolicySimulationAnswer(
        now=time_text(now) or "",
        at=time_text(at) or "",
        assumed=assumed,
        decisions=tuple(decision_answer(each.decision, each.digest) for each in decided),
    )
