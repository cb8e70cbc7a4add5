"""Approvals that nobody can give yet: fewer persons have the roles than have to approve. Said, and no fault.

A trust document gets its persons one after the other, and what it is used for in the meantime goes on.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.policies.clauses import clauses_at
from ldmrelease.config.policies.references import Policies
from ldmrelease.config.trust import Trust
from ldmrelease.config.yaml.problems import Problem
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.config.yaml.validation_messages import Path
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.topology import Topology
from ldmrelease.policy.quorum import Group
from ldmrelease.policy.rules import approval


class _Lacking(Struct, frozen=True):
    """A group of whom too few are there, and the key that asks for it."""

    group: Group
    key: str
    persons: int


def lacking_approvers(policies: Policies, topology: Topology, trust: Trust) -> Iterator[Problem]:
    """A notice for each requirement of a level in use that asks for more persons than the trust document has."""
    persons = _Persons(trust)
    for level, document in policies.values():
        used = dict.fromkeys(each.environment for each in topology.level_places(level.name))
        asked = {each.path: each.requirement for name in used for each in clauses_at(level, name)}
        for path, requirement in asked.items():
            if requirement.rule == "approval":
                yield from _told(path, requirement, document, persons)


def _told(
    path: Path, requirement: Requirement, document: YamlDocument, persons: "_Persons"
) -> Iterator[Problem]:
    parameters = requirement.read(approval.Parameters)
    lacking = [
        _Lacking(each, _key(each, parameters), found)
        for each in parameters.groups()
        if (found := persons.of(each.roles)) is not None and found < each.number
    ]
    if not lacking:
        return
    first = lacking[0]
    people = ", ".join(f"{each.group.number} of {' or '.join(each.group.roles)}" for each in lacking)
    there = sum(each.persons for each in lacking)
    message = (
        f"nobody can approve this yet: it takes {people}, and the trust document has {there} such persons"
    )
    role = first.group.roles[0]
    remedy = f"add a person with `ldmrelease trust add-key NAME FILE --person PERSON --role {role}`"
    yield replace(document.problem((*path, first.key), message, remedy), notice=True)


def _key(group: Group, parameters: approval.Parameters) -> str:
    return "each" if group.roles[0] in parameters.each and group.roles != parameters.by else "by"


class _Persons:
    """How many persons have each of some roles; an identity may be several, so what it has is not counted."""

    def __init__(self, trust: Trust) -> None:
        self._known = {each.name for each in trust.keyring.roles}
        self._open_ended = {role for each in trust.keyring.identities for role in each.roles}
        self._by_role: dict[str, set[str]] = {}
        for key in trust.keyring.keys:
            for role in key.roles:
                self._by_role.setdefault(role, set()).add(key.person)

    def of(self, roles: tuple[str, ...]) -> int | None:
        """How many; None where nobody can tell, or where a role is unknown, which is told elsewhere."""
        if self._open_ended.intersection(roles) or not self._known.issuperset(roles):
            return None
        return len(set[str]().union(*(self._by_role.get(each, ()) for each in roles)))
