"""Roles with the people who have them: who has to act, by name where the trust document has one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ldmrelease.trust.keyring import Keyring


def with_people(keyring: Keyring, roles: Iterable[str]) -> tuple[str, ...]:
    """Each role as `ci (Ada Lovelace)`; the role alone where nobody by another name has it."""
    return tuple(_named(keyring, each) for each in roles)


def cause_with_people(keyring: Keyring, cause: Mapping[str, Any]) -> dict[str, Any]:
    """Why a promotion waits, with the people behind the roles that it waits for."""
    who = cause.get("who")
    return {**cause, "who": list(with_people(keyring, who))} if who else dict(cause)


def _named(keyring: Keyring, role: str) -> str:
    people = dict.fromkeys(each.person for each in keyring.keys if role in (each.id, *each.roles))
    names = [each for each in people if each != role]
    return f"{role} ({', '.join(names)})" if names else role
