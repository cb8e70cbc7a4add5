"""What policies may leave away and lose by it: said, and no fault."""

from collections.abc import Iterator

from msgspec.structs import replace

from ldmrelease.config.policies.references import Policies
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.domain.level import Level, Requirement

_GIVES_UP = {
    "components": (
        "any",
        "one component that ran there is enough: the others enter without having run anywhere before",
        "write `components: all`, or leave it out, to ask it of each",
    ),
    "admitted": (
        False,
        "what came there past ldmrelease counts, too: nothing has to have let it in, no check has to have passed",
        "write `admitted: true`, or leave it out, to count only what was let in",
    ),
}


def relaxations(policies: Policies) -> Iterator[Problem]:
    """A notice for each `after` requirement that asks less than it could."""
    for level, document in policies.values():
        for path, requirement in _after(level):
            for key, (value, message, remedy) in _GIVES_UP.items():
                if requirement.parameters.get(key) == value:
                    yield replace(document.problem((*path, key), message, remedy), notice=True)


def _after(level: Level) -> Iterator[tuple[Path, Requirement]]:
    phases = [
        (("spec",), level),
        *((("spec", "environments", name), own) for name, own in level.environments.items()),
    ]
    for path, held in phases:
        for phase in ("enter", "confirm"):
            for index, each in enumerate(getattr(held, phase)):
                if each.rule == "after":
                    yield (*path, phase, index), each
