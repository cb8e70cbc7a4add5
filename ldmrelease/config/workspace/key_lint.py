"""The private keys that a workspace names: whether each is one, of the right kind, and trusted with what it is for."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from ldmrelease.config.trust import Trust
from ldmrelease.config.workspace.key_purposes import (
    PURPOSES,
    key_files,
    receipts_level,
    signed_types,
    signs_statements,
)
from ldmrelease.config.workspace.schema import WorkspaceFile
from ldmrelease.config.workspace.topology import level_of
from ldmrelease.config.yaml.problems import Problem, shown
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.domain import times
from ldmrelease.domain.events.kinds import ME, RUNNER
from ldmrelease.domain.topology import Topology
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.keyring import Key, Keyring
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.signer import KeyProblem, Signer, load_signer
from ldmrelease.trust.verify import Rejected

_MAKE = "make one with `ldmrelease key new`, and name its file here"
_NOWHERE = {"pin", "checkpoint", "intake"}
"""What speaks of no environment."""


def missing_purposes(file: WorkspaceFile, document: YamlDocument, topology: Topology) -> Iterator[Problem]:
    """Keys that a promotion will ask for and that the workspace does not name."""
    if not topology.applications:
        return
    wanted = [each for each in PURPOSES if each != RUNNER or file.checks]
    own = [each for each in wanted if getattr(file.keys, each) is None]
    levels = sorted({each.level for each in topology.applications} - set(file.keys.receipts))
    receipts = f"no receipt key for level {' and '.join(map(repr, levels))}" if levels else ""
    if own:
        message = f"no key for {', '.join(own)}{f'; {receipts}' if receipts else ''}"
        yield document.problem(("keys",), message, _MAKE, "keys" in document.plain)
    elif receipts:
        yield document.problem(("keys", "receipts"), receipts, _MAKE)


def key_problems(
    file: WorkspaceFile,
    document: YamlDocument,
    root: Path,
    trust: Trust | None,
    told: Sequence[Problem],
) -> Iterator[Problem]:
    """Everything that would keep what a key has to sign from counting.

    Where a fault of a key's role, or of an environment, has been `told`, what follows from it is not told too.
    """
    now = file.clock or datetime.now(UTC)
    if trust is not None and not trust.keyring.keys:
        message = "is empty, so nothing that is signed counts"
        yield trust.document.problem(("keys",), message, "add the public halves of the workspace's keys")
        trust = None
    for purpose, path in key_files(file.keys, root).items():
        where = ("keys", *purpose.split("/", 1))
        if not path.is_file():
            yield document.problem(where, f"{shown(path)} is not there", "make it with `ldmrelease key new`")
            continue
        try:
            signer = load_signer(Path(shown(path)))
        except KeyProblem as error:
            message, _, remedy = str(error).partition("; ")
            yield document.problem(where, message, remedy or None)
            continue
        if signs_statements(purpose) and signer.kind is not KeyKind.P256:
            message = f"{shown(path)} is an {signer.kind} key, and what it has to sign is for P-256 keys"
            yield document.problem(where, message, "make one with `ldmrelease key new --kind p256`")
        elif trust is not None:
            yield from _untrusted(file, document.problem(where, ""), purpose, signer, trust, told, now)


def _untrusted(
    file: WorkspaceFile,
    here: Problem,
    purpose: str,
    signer: Signer,
    trust: Trust,
    told: Sequence[Problem],
    now: datetime,
) -> Iterator[Problem]:
    key, known = trust.keyring.find(signer.keyid), trust.document
    if key is None:
        message = f"{known.file} does not have the key of {shown(Path(signer.source))} ({signer.keyid})"
        remedy = "add it there under keys, with its person and roles"
        yield replace(here, message=message, remedy=remedy)
        return
    yield from _dated(key, trust, now)
    fields = {"keys." + key.id, *(f"roles.{role}" for role in key.roles)}
    if any(each.field.startswith(f"{field}.") for each in told for field in fields):
        return
    misplaced = {each.field.split(".")[1] for each in told if each.field.startswith("environments.")}
    for message in _not_entitled(file, purpose, key, trust.keyring, misplaced):
        remedy = f"give it a role for that, or name another key in {here.file} as {here.field}"
        yield known.problem(("keys", key.id, "roles"), f"{key.id} {message}", remedy)


def _dated(key: Key, trust: Trust, now: datetime) -> Iterator[Problem]:
    for field, moment, over in (
        ("not-before", key.not_before, False),
        ("not-after", key.not_after, True),
        ("compromised-since", key.compromised_since, True),
    ):
        if moment is not None and (now >= moment) is over:
            message = f"{key.id} does not count at {times.spell(now)}"
            remedy = "make another key with `ldmrelease key new`, and list it here" if over else None
            yield trust.document.problem(("keys", key.id, field), message, remedy)


def _not_entitled(
    file: WorkspaceFile, purpose: str, key: Key, keyring: Keyring, misplaced: Collection[str]
) -> Iterator[str]:
    types = signed_types(purpose)
    missing = [each for each in types if isinstance(entitled_roles(each, key, keyring), Rejected)]
    if missing:
        yield f"may not sign {', '.join(missing)}"
        return
    placed = [each for each in types if each not in _NOWHERE]
    environments = [each for each in _environments(file, receipts_level(purpose)) if each not in misplaced]
    closed = [each for each in environments if not _covers(key, keyring, placed, each)]
    # Whoever asks may do so for some sites alone; the processes of this workspace work at all of them.
    if closed and placed and (purpose != ME or closed == environments):
        yield f"may not sign {', '.join(placed)} for {', '.join(closed)}"
    repositories = list(_repositories(file))
    if repositories and not any(_speaks_of(key, keyring, types[0], each) for each in repositories):
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
