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


_LEFT_OUT = {
    "max_age": (
        "vulnerabilities that became known since are not found: the newest scan may be of any age",
        "write max-age, such as 7d",
    ),
    "database_max_age": (
        "a scan by an old database, or by one whose age nobody tells, shows nothing and counts",
        "write database-max-age, such as 2d",
    ),
}
"""Of `vulnerabilities`."""


def relaxations(policies: Policies) -> Iterator[Problem]:
    """A notice for each requirement that asks less than it could."""
    for level, document in policies.values():
        for path, requirement in _clauses(level):
            for told, message, remedy in _given_up(requirement):
                yield replace(document.problem((*path, *told), message, remedy), notice=True)


def _given_up(requirement: Requirement) -> Iterator[tuple[Path, str, str]]:
    if requirement.rule == "after":
        for key, (value, message, remedy) in _GIVES_UP.items():
            if requirement.parameters.get(key) == value:
                yield (key,), message, remedy
    if requirement.rule == "vulnerabilities":
        for key, (message, remedy) in _LEFT_OUT.items():
            if key not in requirement.parameters:
                yield ("limits",), message, remedy


def _clauses(level: Level) -> Iterator[tuple[Path, Requirement]]:
    phases = [
        (("spec",), level),
        *((("spec", "environments", name), own) for name, own in level.environments.items()),
    ]
    for path, held in phases:
        for phase in ("enter", "confirm"):
            for index, each in enumerate(getattr(held, phase)):
                yield (*path, phase, index), each
