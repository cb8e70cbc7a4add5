"""The workspace as values, and the way to its file: all that a command needs where nothing has to be validated."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from ldmrelease.config.yaml.problems import BadInput, Problem, shown
from ldmrelease.domain import canonical
from ldmrelease.domain.gitops import GitOps
from ldmrelease.domain.level import Level
from ldmrelease.domain.topology import Topology
from ldmrelease.trust.keyring import Keyring

FILE = "ldmrelease.yaml"
VARIABLE = "LDMRELEASE_WORKSPACE"


class LocalCheck(Struct, frozen=True):
    """A check that is not the one that the trust document records.

    `agreed` is the digest that it records, None where it has none; `files` are those that are not what it records.
    """

    name: str
    agreed: str | None
    files: tuple[str, ...] = ()


class Receiver(Struct, frozen=True):
    """Who is told where somebody has to act, and how. What it is told by depends on its kind (`notifications/kinds`).

    Secrets are named by the variable of the environment that has them. `events` and `roles` are those that it hears of;
    none of them is all.
    """

    name: str
    kind: str
    command: tuple[str, ...] = ()
    url: str | None = None
    url_from: str | None = None
    secret_from: str | None = None
    format: str = "cloudevents"
    server: str | None = None
    sender: str | None = None
    to: tuple[str, ...] = ()
    user: str | None = None
    password_from: str | None = None
    events: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


class Notify(Struct, frozen=True):
    """Who is told where somebody has to act.

    `files` are the digests of the workspace's files among the words of commands; `agreed`: all of it is what the trust
    document records.
    """

    receivers: tuple[Receiver, ...]
    files: dict[str, str]
    agreed: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The words of all commands: what they name of the workspace's files is part of what was agreed."""
        return tuple(word for each in self.receivers for word in each.command)

    @property
    def digest(self) -> str:
        """The digest of the receivers, and of the files that commands among them run."""
        return canonical.digest_of({"receivers": self.receivers, "files": self.files})


class Workspace(Struct, frozen=True):
    """A workspace as read; paths are absolute.

    `ledger` is its address, as `ledger.registry` opens it. `releases` is the repository of release artifacts. `keys`
    are private key files by purpose: `me`, `runner`, `observer`, `promoter`, `ledger`, `receipts/<level>`;
    `agent_keys` are those that an ssh-agent holds, by fingerprint or comment. `clock`
    stands in for the wall clock. `local_policies` are levels whose policy is not the one that the trust document
    records: what they decide is hypothetical; so they are of places in `local_environments`, whose targets are not
    those that it records. `local_products` and `local_checks` are not those that it records either: nothing of them is
    signed. `absent_environments` are those whose targets it records, and that the workspace has not. `documents` are
    the policies as written, by the name of the level; `document_path` says where the documents about releases are,
    `campaigns` the folder of the verification campaigns.
    `trust_chain` are the digests of the trust document's signed
    versions; `trust_fault` says why the document as it is counts as nobody's, and is empty where it is signed.
    """

    root: Path
    file: Path
    ledger: str
    releases: str
    policies: Path
    trust: Path
    topology: Topology
    levels: dict[str, Level]
    documents: dict[str, bytes]
    keyring: Keyring
    keys: dict[str, Path]
    clock: datetime | None = None
    notify: Notify | None = None
    gitops: GitOps = GitOps()
    insecure: tuple[str, ...] = ()
    local_policies: tuple[str, ...] = ()
    local_environments: tuple[str, ...] = ()
    absent_environments: tuple[str, ...] = ()
    local_products: tuple[str, ...] = ()
    local_checks: tuple[LocalCheck, ...] = ()
    document_path: str = ""
    campaigns: Path = Path("campaigns")
    agent_keys: dict[str, str] = {}
    trust_version: int = 0
    trust_digest: str = ""
    trust_chain: dict[int, str] = {}
    trust_fault: str = ""
    trust_expires: datetime | None = None

    @property
    def trust_name(self) -> str:
        """Where the trust document is, from the workspace's folder where it is named so: the same in every checkout."""
        if not self.trust.is_relative_to(self.root):
            return str(self.trust)
        return os.path.normpath(self.trust.relative_to(self.root))

    def local_check(self, name: str) -> LocalCheck | None:
        """The check of that name, if it is not the one that the trust document records."""
        return next((each for each in self.local_checks if each.name == name), None)


class WorkspaceInputs(Struct, frozen=True):
    """What a workspace was read from: the digest of each file, and the policy files of the policy folder; `absent` are
    files that would have been read.
    """

    files: dict[str, str]
    folder: str
    policies: tuple[str, ...]
    absent: tuple[str, ...] = ()


def find_workspace(start: Path, explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """The workspace file: of the folder `explicit`, or named by the environment, or upwards from `start`.

    Raises `BadInput` where there is none.
    """
    named = explicit or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    if named is not None:
        return _named(start / named, "-C" if explicit else VARIABLE)
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder / FILE
    remedy = f"make one with `ldmrelease init`, or name its folder with -C or {VARIABLE}"
    raise BadInput([Problem(shown(here), f"no {FILE} here or above", remedy=remedy)])


def _named(path: Path, by: str) -> Path:
    file = (path / FILE if path.is_dir() else path).resolve()
    if not file.is_file():
        what = f"there is no {FILE} in this folder" if path.is_dir() else "there is no such file or folder"
        remedy = "make a workspace with `ldmrelease init`, or name another one"
        named = file.parent if path.is_dir() else file
        raise BadInput([Problem(shown(named), f"{what}, and {by} names it", remedy=remedy)])
    return file
