"""The workspace's own keys: what each has to be able to sign, what is wrong with one, and how to make it."""

import shlex
from collections.abc import Collection
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain import times
from ldmrelease.domain.events.imported import IMPORT
from ldmrelease.domain.events.kinds import BRIDGE, ME, OBSERVER, PROMOTER, RUNNER
from ldmrelease.domain.events.registry import role_types
from ldmrelease.trust.keyring import Key, Keyring
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.signer import (
    InAgent,
    KeyPlace,
    KeyProblem,
    Signer,
    key_place,
    load_signer,
)

if TYPE_CHECKING:
    from ldmrelease.config.workspace.schema import KeysEntry

LEDGER = "ledger"
RECEIPTS = "receipts/"
_STATEMENTS = {"check", "receipt"}

SIGNS = {
    ME: role_types(ME),
    RUNNER: (*role_types(RUNNER), "check"),
    # Who observes need not import what others say.
    OBSERVER: tuple(each for each in role_types(OBSERVER) if each != IMPORT),
    PROMOTER: role_types(PROMOTER),
    LEDGER: ("checkpoint",),
    # Which tools it may speak for is for its role to say: one of these types is enough.
    BRIDGE: (),
}
"""What has to be signed by the keys of all purposes but receipts."""
IMPORTED_TYPES = ("check", "vulnerabilities", "vex", "sbom", "metric", "code-review")
"""The statements that are made of files of other tools."""
OPTIONAL = frozenset({BRIDGE})
"""Purposes that a workspace need not have a key for."""


class KeyFault(Struct, frozen=True):
    """What is wrong with a key, and what to do about it.

    `absent` where the workspace names none; `unusable` where its file holds none.
    """

    message: str
    remedy: str = ""
    absent: bool = False
    unusable: bool = False


def signed_types(purpose: str) -> tuple[str, ...]:
    """The types of records and statements that the key of a purpose has to sign."""
    return SIGNS.get(purpose, ("receipt",))


def usual_types(purpose: str) -> tuple[str, ...]:
    """What a role for the purpose lists, where nobody wants less."""
    return (*role_types(BRIDGE), *IMPORTED_TYPES) if purpose == BRIDGE else signed_types(purpose)


def key_places(keys: "KeysEntry", root: Path) -> dict[str, KeyPlace]:
    """Where the private keys are that a workspace names, by purpose."""
    own = {purpose: getattr(keys, purpose) for purpose in SIGNS}
    receipts = {f"{RECEIPTS}{level}": path for level, path in keys.receipts.items()}
    return {
        purpose: key_place(text, root) for purpose, text in {**own, **receipts}.items() if text is not None
    }


def key_files(keys: "KeysEntry", root: Path) -> dict[str, Path]:
    """Those of them that are in files."""
    places = key_places(keys, root)
    return {purpose: each for purpose, each in places.items() if isinstance(each, Path)}


def place_of(workspace: Workspace, purpose: str) -> KeyPlace | None:
    """Where a workspace has its key of a purpose; None where it names none."""
    which = workspace.agent_keys.get(purpose)
    return workspace.keys.get(purpose) if which is None else InAgent(which)


def signed_by(workspace: Workspace, text: str, base: Path) -> Workspace:
    """The workspace where another key than its own signs what people do: a file from the folder `base`, or one that
    an ssh-agent holds.
    """
    place = key_place(text, base)
    files = {name: each for name, each in workspace.keys.items() if name != ME}
    held = {name: each for name, each in workspace.agent_keys.items() if name != ME}
    if isinstance(place, InAgent):
        return replace(workspace, keys=files, agent_keys={**held, ME: place.which})
    return replace(workspace, keys={**files, ME: place}, agent_keys=held)


def key_fault(place: KeyPlace | None, purpose: str, keyring: Keyring, now: datetime) -> KeyFault | None:
    """Why a key cannot be used for its purpose at all, whatever the place; None where it can."""
    if place is None:
        return KeyFault(
            "there is none, so whatever it signs cannot be done here", how_to_make(purpose, keyring), True
        )
    try:
        signer = load_signer(place)
    except KeyProblem as error:
        message, _, remedy = str(error).partition("; ")
        if isinstance(place, Path) and not place.exists():
            remedy = how_to_make(purpose, keyring)
        return KeyFault(message, remedy, unusable=True)
    return signer_fault(signer, purpose, keyring, now)


def signer_fault(signer: Signer, purpose: str, keyring: Keyring, now: datetime) -> KeyFault | None:
    """The same of a key that was read."""
    if signer.kind is not KeyKind.P256 and _STATEMENTS.intersection(usual_types(purpose)):
        return KeyFault(
            f"{signer.source}: is of kind {signer.kind}, and statements are signed by P-256 keys",
            how_to_make(purpose, keyring),
        )
    return keyid_fault(signer.keyid, signer.source, purpose, keyring, now)


def keyid_fault(keyid: str, source: str, purpose: str, keyring: Keyring, now: datetime) -> KeyFault | None:
    """The same of the key with a fingerprint, as far as the trust document alone tells. source: where it is."""
    types, key = signed_types(purpose), keyring.find(keyid)
    if key is None:
        role = _role(purpose, keyring)
        return KeyFault(
            "nobody in the trust document has it",
            f"add {keyid}: `ldmrelease trust add-key NAME {shlex.quote(source)} --role {role}`",
        )
    since = key.compromised_since
    if now < key.not_before or (key.not_after and now >= key.not_after) or (since and now >= since):
        return KeyFault(
            f"{key.id} does not count at {times.spell(now)}",
            _successor(key, keyring, now) or how_to_make(purpose, keyring),
        )
    granted = _granted(key, keyring)
    missing = [each for each in types if each not in granted]
    if missing:
        return KeyFault(f"{key.id} may not sign: {', '.join(missing)}", _who_may(purpose, types, keyring))
    return None


def _successor(key: Key, keyring: Keyring, now: datetime) -> str | None:
    """What to write where another key has its person and roles, as `trust rotate` leaves it; None where none has."""
    for each in reversed(keyring.keys):
        alike = each.id != key.id and each.person == key.person and set(each.roles) == set(key.roles)
        ended = each.compromised_since is not None or (each.not_after is not None and each.not_after <= now)
        if alike and not ended and each.not_before <= now:
            return f"{each.id} has its person and roles: write the file of {each.id} in its place under keys"
    return None


def _who_may(purpose: str, types: Collection[str], keyring: Keyring) -> str:
    """The keys that may sign these types; how to make one, where there is none.

    Never that a role is to sign more: roles are narrow on purpose, and the usual mistake is the wrong file.
    """
    may = [key.id for key in keyring.keys if _granted(key, keyring).issuperset(types)]
    own = [id for id in may if id == _name(purpose)]
    if not may:
        return how_to_make(purpose, keyring)
    return f"put the file of a key there that may: {', '.join(own or may)}"


def _granted(key: Key, keyring: Keyring) -> frozenset[str]:
    return frozenset(each for role in keyring.roles_of(key) for each in role.types)


def how_to_make(purpose: str, keyring: Keyring) -> str:
    """The commands that make a key for a purpose, and the line of the workspace's file that names it."""
    name, role = _free_name(purpose, keyring), _role(purpose, keyring)
    file = f"keys/{name}.pem"
    steps = [f"`ldmrelease key new {name} --out {file}`"]
    if all(each.name != role for each in keyring.roles):
        types = " ".join(f"--type {each}" for each in usual_types(purpose))
        steps.append(f"`ldmrelease trust role {role} {types} --environment '*' --repository '*'`")
    steps.append(f"`ldmrelease trust add-key {name} {file} --role {role}`")
    level = purpose.removeprefix(RECEIPTS)
    line = f"{level}: {file}` under keys.receipts" if level != purpose else f"{purpose}: {file}` under keys"
    return f"{', '.join(steps)}, and write `{line}"


def _free_name(purpose: str, keyring: Keyring) -> str:
    """A name that no key has: one that is lost keeps its own, since a key is never replaced."""
    own = _name(purpose)
    names = chain((own,), (f"{own}-{number}" for number in count(2)))
    return next(each for each in names if keyring.named(each) is None)


def _name(purpose: str) -> str:
    return purpose.replace("/", "-")


def _role(purpose: str, keyring: Keyring) -> str:
    """A role that may sign all that the purpose wants, or the name of one to be made."""
    wanted = set(usual_types(purpose))
    fitting = [each.name for each in keyring.roles if wanted <= set(each.types)]
    own = _name(purpose)
    if purpose.startswith(RECEIPTS) or own in fitting or not fitting:
        return own
    return fitting[0]
