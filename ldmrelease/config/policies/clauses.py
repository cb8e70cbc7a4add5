"""Which requirements hold in an environment, and where each of them is written."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.domain.level import Additions, Level, Requirement


class HeldClause(Struct, frozen=True):
    """A requirement that holds in an environment, `enter` or `confirm`, at its path in the policy file."""

    phase: str
    requirement: Requirement
    path: Path


def clauses_at(level: Level, environment: str) -> Iterator[HeldClause]:
    """What a level asks in one environment: its own entries, and those of the level that it does not replace."""
    own = level.environments.get(environment, Additions())
    for phase in ("enter", "confirm"):
        base, added = getattr(level, phase), getattr(own, phase)
        replaced = {each.id for each in added}
        for index, each in enumerate(base):
            if each.id not in replaced:
                yield HeldClause(phase, each, ("spec", phase, index))
        for index, each in enumerate(added):
            yield HeldClause(phase, each, ("spec", "environments", environment, phase, index))
