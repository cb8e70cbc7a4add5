"""The workspace's own keys, each by what it is for."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ldmrelease.domain.errors import InputError
from ldmrelease.trust.authorize import who_may
from ldmrelease.trust.signer import KeyProblem

if TYPE_CHECKING:
    from ldmrelease.config.workspace.model import Workspace
    from ldmrelease.trust.keyring import Keyring
    from ldmrelease.trust.signer import Signer
    from ldmrelease.trust.verify import Rejected


class NoKey(InputError):
    """The workspace names no key for something that has to be signed."""


class Signers:
    """The workspace's own keys, each loaded when it is first needed: in files, or in an ssh-agent by what it is called
    there. `waiting` is told what is waited for, where an agent takes its time.
    """

    def __init__(self, files: Mapping[str, Path], in_agent: Mapping[str, str] | None = None) -> None:
        self._files = files
        self._in_agent = in_agent or {}
        self.waiting: Callable[[str], None] = lambda _: None
        self._loaded: dict[str, Signer] = {}

    def named(self, purpose: str) -> Signer:
        """The key for a purpose: `me`, `runner`, `observer`, `promoter`, `ledger`, `bridge`, `receipts/<level>`.

        Raises `NoKey`, `KeyProblem`.
        """
        if purpose not in self._loaded:
            file, which = self._files.get(purpose), self._in_agent.get(purpose)
            if file is None and which is None:
                raise NoKey(f"no key for {purpose!r}: name its file under `keys:` in ldmrelease.yaml")
            from ldmrelease.trust.signer import InAgent, load_signer  # noqa: PLC0415 - where something is signed

            place = InAgent(which or "") if file is None else file
            self._loaded[purpose] = load_signer(place, self.waiting)
        return self._loaded[purpose]

    def keyid(self, purpose: str) -> str:
        """The fingerprint of the key for a purpose. Raises as `named`.

        An agent is not asked where the workspace says it: who asks is known where nobody signs, as in a job of the
        night.
        """
        which = self._in_agent.get(purpose, "")
        return which if which.startswith("SHA256:") else self.named(purpose).keyid

    @property
    def me(self) -> Signer:
        """Whoever asks: signs pins and requests."""
        return self.named("me")

    @property
    def runner(self) -> Signer:
        """Signs the registration and the results of checks."""
        return self.named("runner")

    @property
    def observer(self) -> Signer:
        """Signs observations."""
        return self.named("observer")

    @property
    def promoter(self) -> Signer:
        """Signs what the process does: decisions, steps, claims, the end."""
        return self.named("promoter")

    @property
    def ledger(self) -> Signer:
        """Signs checkpoints."""
        return self.named("ledger")

    @property
    def bridge(self) -> Signer:
        """Signs what was observed in other systems."""
        return self.named("bridge")

    def receipts(self, level: str) -> Signer:
        """One receipt key per level (trust.md section 2)."""
        return self.named(f"receipts/{level}")


def uncounted(signer: Signer, refusal: Rejected, keyring: Keyring, workspace: Workspace) -> KeyProblem:
    """What to say where something by a key would not count: why, who may sign it, and how this key could."""
    key, type = keyring.find(signer.keyid), refusal.values.get("type")
    values = ", ".join(
        f"{name} {value}" for name, value in refusal.values.items() if name not in ("key", "keyid")
    )
    may = {} if type is None else who_may(str(type), keyring)
    people = [f"{role} ({', '.join(each) or 'nobody'})" for role, each in may.items()]
    told = f"{type} is signed in the roles {', '.join(people)}: " if people else ""
    add = f"`ldmrelease trust add-key NAME {shlex.quote(signer.source)} --role {next(iter(may), 'ROLE')}`, "
    return KeyProblem(
        f"what {key.id if key is not None else signer.keyid} has to sign would not count: {refusal.code}"
        f"{f' ({values})' if values else ''}; {told}name another key with --key or under `keys:` in "
        f"{workspace.file.name}, or let {workspace.trust.name} trust this one with it "
        f"({add if key is None else ''}`ldmrelease doctor` looks at every key)"
    )
