"""`policy simulate` for people: said to be none of it real, first and last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import moment
from ldmrelease.domain.times import instant
from ldmrelease.render.decisions import decision_text
from ldmrelease.render.tables import Colour, painted

if TYPE_CHECKING:
    from ldmrelease.answers.policy_simulations import PolicySimulationAnswer
    from ldmrelease.services.decisions.simulate import SimulatedDecision


def policy_simulation_text(
    answer: PolicySimulationAnswer, decided: Sequence[SimulatedDecision], default_product: str | None
) -> str:
    """What would be decided, between two lines that say so."""
    mark = painted("SIMULATION", Colour.yellow)
    later = (
        f"at {moment(answer.at, instant(answer.now))}, assuming that what runs now is seen running until then"
    )
    when = "now" if answer.at == answer.now else later
    what = f", with what {printable(answer.assumed)} assumes" if answer.assumed is not None else ""
    told = [decision_text(each.decision, default_product) for each in decided]
    end = f"{mark}: nothing of this is recorded, and nothing acts on it"
    return "\n\n".join([f"{mark}: what would be decided {when}{what}", *told, end])
