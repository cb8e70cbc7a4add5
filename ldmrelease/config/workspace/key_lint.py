"""The private keys that a workspace names: whether each is one, of the right kind, and trusted with what it is for."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ldmrelease.config.trust import Trust
from ldmrelease.config.workspace.key_faults import (
    OPTIONAL,
    RECEIPTS,
    SIGNS,
    KeyFault,
    how_to_make,
    key_fault,
    key_places,
    keyid_fault,
    signed_types,
)
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.workspace.topology import level_of
from ldmrelease.config.yaml.problems import Problem, shown
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.domain.events.kinds import ME
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.keyring import Key, Keyring
from ldmrelease.trust.signer import KeyPlace, KeyProblem, load_signer
from ldmrelease.trust.verify import Rejected

_FINGERPRINT = "SHA256:"
_NOWHERE = {"pin", "checkpoint", "intake"}
"""What speaks of no environment."""


def key_problems(
    file: WorkspaceFile,
    document: YamlDocument,
    root: Path,
    trust: Trust | None,
    levels: Collection[str],
    told: Sequence[Problem],
) -> Iterator[Problem]:
    """Everything that would keep what a key has to sign from counting.

    `levels` are those that have a policy. Where a fault of a key's role, or of an environment, has been `told`, what
    follows from it is not told too.
    """
    keyring = trust.keyring if trust is not None else Keyring()
    places = key_places(file.keys, root)
    yield from _missing(file, document, places, levels, keyring)
    if trust is not None and not keyring.keys:
        message = "is empty, so nothing that is signed counts"
        yield trust.document.problem(("keys",), message, "`ldmrelease trust add-key` adds public keys")
        trust = None
    for purpose, place in places.items():
        where = ("keys", *purpose.split("/", 1))
        if isinstance(place, Path) and not place.exists():
            remedy = how_to_make(purpose, keyring)
            yield document.problem(where, f"{shown(place)} is not there", remedy)
        elif trust is not None:
            yield from _untrusted(file, document, where, purpose, place, trust, told)
        elif isinstance(place, Path):
            yield from _unreadable(place, where, document)


def _missing(
    file: WorkspaceFile,
    document: YamlDocument,
    files: Collection[str],
    levels: Collection[str],
    keyring: Keyring,
) -> Iterator[Problem]:
    used = {
        level_of(site, each) for site in file.environments.values() for each in site.applications.values()
    }
    # A level without a policy has a wrong name, which is told.
    own = [each for each in SIGNS if each not in OPTIONAL]
    wanted = [*own, *(f"{RECEIPTS}{level}" for level in sorted(levels) if level in used)] if used else []
    missing = [each for each in wanted if each not in files]
    if missing:
        how = how_to_make(missing[0], keyring)
        remedy = how if len(missing) == 1 else f"for the first of them: {how}"
        names = ", ".join(map(repr, missing))
        yield document.problem(("keys",), f"no key for {names}", remedy, at_key="keys" in document.plain)


def _unreadable(path: Path, where: tuple[str, ...], document: YamlDocument) -> Iterator[Problem]:
    try:
        load_signer(Path(shown(path)))
    except KeyProblem as error:
        message, _, remedy = str(error).partition("; ")
        yield document.problem(where, message, remedy or None)


def _untrusted(
    file: WorkspaceFile,
    document: YamlDocument,
    where: tuple[str, ...],
    purpose: str,
    place: KeyPlace,
    trust: Trust,
    told: Sequence[Problem],
) -> Iterator[Problem]:
    fault, key = _found(purpose, place, trust.keyring, file.clock or datetime.now(UTC))
    if key is not None and _is_told(key, told):
        return
    if fault is not None:
        yield document.problem(where, fault.message, fault.remedy or None)
    if fault is not None or key is None:
        return
    misplaced = {each.field.split(".")[1] for each in told if each.field.startswith("environments.")}
    for message in _not_entitled(file, purpose, key, trust.keyring, misplaced):
        remedy = f"give it a role for that, or name another key in {document.file} as {'.'.join(where)}"
        yield trust.document.problem(("keys", key.id, "roles"), f"{key.id} {message}", remedy)


def _found(
    purpose: str, place: KeyPlace, keyring: Keyring, now: datetime
) -> tuple[KeyFault | None, Key | None]:
    """What is wrong with a key, and which key of the trust document it is.

    No agent is asked: a workspace is right or wrong whoever looks at it. `doctor` asks.
    """
    if isinstance(place, Path):
        near = Path(shown(place))
        fault = key_fault(near, purpose, keyring, now)
        return fault, None if fault is not None and fault.unusable else keyring.find(load_signer(near).keyid)
    if not place.which.startswith(_FINGERPRINT):
        return None, None
    return keyid_fault(place.which, str(place), purpose, keyring, now), keyring.find(place.which)


def _is_told(key: Key, told: Iterable[Problem]) -> bool:
    """Whether something is known to be wrong with the key, or with one of its roles, in the trust document."""
    fields = (f"keys.{key.id}.", *(f"roles.{role}." for role in key.roles))
    return any(each.field.startswith(fields) for each in told)


def _not_entitled(
    file: WorkspaceFile, purpose: str, key: Key, keyring: Keyring, misplaced: Collection[str]
) -> Iterator[str]:
    types = signed_types(purpose)
    placed = [each for each in types if each not in _NOWHERE]
    environments = [
        each
        for each in _environments(
            file, purpose.removeprefix(RECEIPTS) if purpose.startswith(RECEIPTS) else None
        )
        if each not in misplaced
    ]
    closed = [each for each in environments if not _covers(key, keyring, placed, each)]
    # Whoever asks may do so for some sites alone; the processes of this workspace work at all of them.
    if closed and placed and (purpose != ME or closed == environments):
        yield f"may not sign {', '.join(placed)} for {', '.join(closed)}"
    repositories = list(_repositories(file))
    if types and repositories and not any(_speaks_of(key, keyring, types[0], each) for each in repositories):
        yield f"may not sign {types[0]} for any of the repositories of the products"


def _environments(file: WorkspaceFile, level: str | None) -> Iterator[str]:
    """The environments that have an application, at a level or at any."""
    for name, site in file.environments.items():
        if any(level in (None, level_of(site, each)) for each in site.applications.values()):
            yield name


def _repositories(file: WorkspaceFile) -> Iterator[str]:
    for product in file.products.values():
        yield from (each.image for each in product.components.values() if each.image is not None)


def _covers(key: Key, keyring: Keyring, types: Iterable[str], environment: str) -> bool:
    return not any(
        isinstance(entitled_roles(each, key, keyring, environments=(environment,)), Rejected)
        for each in types
    )


def _speaks_of(key: Key, keyring: Keyring, type: str, repository: str) -> bool:
    return not isinstance(entitled_roles(type, key, keyring, repositories=(repository,)), Rejected)
