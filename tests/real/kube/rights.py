"""Rights: those that RBAC rules grant, and those that a user has used."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

from tests.real.kube.api import Object
from tests.real.kube.audit import AuditEntry, AuditLog

# Everybody who has logged in may do these (system:basic-user, system:discovery).
_EVERYBODYS = frozenset({"selfsubjectaccessreviews", "selfsubjectreviews", ""})


class Right(NamedTuple):
    """One verb on one resource (`pods/log` with its subresource) of a group, in a namespace; `name` where the rule is
    of one object."""

    verb: str
    resource: str
    group: str
    namespace: str
    name: str = ""


def granted(manifests: Iterable[Object]) -> set[Right]:
    """What the Roles and ClusterRoles among these objects grant."""
    return {
        right
        for each in manifests
        if each["kind"] in ("Role", "ClusterRole")
        for rule in each["rules"]
        for right in of(rule, each)
    }


def of(rule: Object, role: Object) -> set[Right]:
    """What a rule of a Role grants."""
    namespace = role["metadata"].get("namespace", "")
    several = product(rule["verbs"], rule["resources"], rule["apiGroups"], rule.get("resourceNames", [""]))
    return {Right(verb, resource, group, namespace, name) for verb, resource, group, name in several}


def used(
    log: AuditLog, user: str, *, since: int, named: Iterable[Right] = ()
) -> tuple[set[Right], set[Right]]:
    """What the user was allowed and used, and what was refused."""
    one_by_one = {right._replace(verb="") for right in named if right.name}
    allowed: set[Right] = set()
    refused: set[Right] = set()
    for entry in log.entries(since):
        if entry.user == user and entry.resource not in _EVERYBODYS:
            (refused if entry.code == 403 else allowed).add(_right(entry, one_by_one))
    return allowed, refused


def _right(entry: AuditEntry, one_by_one: set[Right]) -> Right:
    resource = f"{entry.resource}/{entry.subresource}" if entry.subresource else entry.resource
    group = entry.uri.split("/")[2] if entry.uri.startswith("/apis/") else ""
    right = Right(entry.verb, resource, group, entry.namespace)
    own = right._replace(name=entry.name)
    return own if entry.verb != "create" and own._replace(verb="") in one_by_one else right
