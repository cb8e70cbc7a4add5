"""Whether what the policies name is there: levels, environments, applications, checks and roles.

Only levels that the workspace uses are looked at: a policy may come before the sites that it is for.
"""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from ldmrelease.config.trust import Trust
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.domain.level import Level, Requirement
from ldmrelease.domain.topology import Topology

Policies = dict[str, tuple[Level, YamlDocument]]


class _Clause(Struct, frozen=True):
    """A requirement, where it stands, and in which environments it holds."""

    requirement: Requirement
    path: Path
    document: YamlDocument
    environments: tuple[str, ...]

    def problem(self, key: str, message: str, word: str, known: Iterable[str]) -> Problem:
        """That `word` is none of those that are known."""
        return self.document.unknown((*self.path, key), message, word, known)


class Demands:
    """Looks the names of policies up. Roles are looked up where there is a trust document."""

    def __init__(self, policies: Policies, topology: Topology, trust: Trust | None) -> None:
        self._policies = policies
        self._environments = _applications_by_environment(topology)
        self._topology = topology
        self._roles = None if trust is None else tuple(each.name for each in trust.keyring.roles)
        self._held = (
            None if trust is None else {role for each in trust.keyring.signatories for role in each.roles}
        )

    def problems(self) -> Iterator[Problem]:
        """Everything that a policy in use names and that is not there."""
        for level, document in self._policies.values():
            used = tuple(dict.fromkeys(each.environment for each in self._topology.level_places(level.name)))
            if not used:
                continue
            for name in level.environments:
                if name not in self._environments:
                    path, message = ("spec", "environments", name), f"no environment {name!r}"
                    yield document.unknown(path, message, name, self._environments, at_key=True)
            for clause in _clauses(level, document, used):
                yield from self._clause(clause)

    def _clause(self, clause: _Clause) -> Iterator[Problem]:
        yield from self._all_roles(clause)
        look: Callable[[_Clause], Iterable[Problem]] | None = {
            "after": self._after,
            "check": self._check,
            "together": self._together,
            "same-cycle": self._same_cycle,
        }.get(clause.requirement.rule)
        if look is not None:
            yield from look(clause)

    def _all_roles(self, clause: _Clause) -> Iterator[Problem]:
        written = {
            "by": clause.requirement.parameters.get("by", ()),
            "each": tuple(clause.requirement.parameters.get("each") or ()),
            "vex-by": clause.requirement.parameters.get("vex_by", ()),
            "waivable-by": clause.requirement.waivable_by,
        }
        for key, roles in written.items():
            for role in roles:
                if self._roles is not None and role not in self._roles:
                    message = f"the trust document has no role {role!r}"
                    yield clause.problem(key, message, role, self._roles)
        # Persons come one after the other: that there are too few to approve is a notice (`lacking_approvers`).
        if self._roles is not None and clause.requirement.rule != "approval":
            yield from self._nobody(clause, [each for each in written["by"] if each in self._roles])

    def _nobody(self, clause: _Clause, roles: list[str]) -> Iterator[Problem]:
        """Where nobody has any of the roles that a signature has to be by; not where all keys are missing."""
        if roles and self._held and not self._held.intersection(roles):
            message = f"no key in the trust document has the role {' or '.join(roles)}: nothing can meet this"
            remedy = f"add one with `ldmrelease trust add-key NAME FILE --role {roles[0]}`"
            yield clause.document.problem((*clause.path, "by"), message, remedy)

    def _after(self, clause: _Clause) -> Iterator[Problem]:
        level, environment, application = (
            clause.requirement.parameters.get(each) for each in ("level", "environment", "application")
        )
        if level is not None:
            yield from self._level(clause, "level", level)
        if environment is not None:
            yield from self._environment(clause, "environment", environment)
        known = self._environments.get(environment or "", ())
        if known and application is not None and application not in known:
            message = f"no application {application!r} in {environment!r}"
            yield clause.problem("application", message, application, known)

    def _check(self, clause: _Clause) -> Iterator[Problem]:
        name = clause.requirement.parameters["check"]
        if self._topology.check(name) is None:
            known = [each.name for each in self._topology.checks]
            which = f" {name!r}" if known else "s, and policies ask for them"
            yield clause.problem("check", f"the workspace has no check{which}", name, known)
        where: str = clause.requirement.parameters.get("where", "here")
        level = where.removeprefix("level:")
        if level != where:
            yield from self._level(clause, "where", level)
        elif where != "here":
            yield from self._environment(clause, "where", where)

    def _level(self, clause: _Clause, key: str, level: str) -> Iterator[Problem]:
        known = sorted({each.level for each in self._topology.applications})
        if level not in known:
            message = f"nothing in the workspace is at level {level!r}"
            yield clause.problem(key, message, level, known)

    def _environment(self, clause: _Clause, key: str, environment: str) -> Iterator[Problem]:
        if environment not in self._environments:
            yield clause.problem(key, f"no environment {environment!r}", environment, self._environments)

    def _together(self, clause: _Clause) -> Iterator[Problem]:
        for environment in clause.environments:
            known = self._environments.get(environment, ())
            for name in clause.requirement.parameters["applications"]:
                if name not in known:
                    message = f"no application {name!r} in {environment!r}"
                    yield clause.problem("applications", message, name, known)

    def _same_cycle(self, clause: _Clause) -> Iterator[Problem]:
        """Each that goes first is in one of the environments at least: a level's sites need not have all of them."""
        known = list(
            dict.fromkeys(name for each in clause.environments for name in self._environments.get(each, ()))
        )
        for name in clause.requirement.parameters.get("first", ()):
            if name not in known:
                yield clause.problem(
                    "first", f"no application {name!r} in {', '.join(clause.environments)}", name, known
                )


def _applications_by_environment(topology: Topology) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in topology.applications:
        found[each.place.environment] = (*found.get(each.place.environment, ()), each.place.application)
    return found


def _clauses(level: Level, document: YamlDocument, used: tuple[str, ...]) -> Iterator[_Clause]:
    yield from _phases(("spec",), level.enter, level.confirm, document, used)
    for name, own in level.environments.items():
        if name in used:
            yield from _phases(("spec", "environments", name), own.enter, own.confirm, document, (name,))


def _phases(
    path: Path,
    enter: Iterable[Requirement],
    confirm: Iterable[Requirement],
    document: YamlDocument,
    environments: tuple[str, ...],
) -> Iterator[_Clause]:
    for phase, requirements in (("enter", enter), ("confirm", confirm)):
        for index, each in enumerate(requirements):
            yield _Clause(each, (*path, phase, index), document, environments)
