"""The workspace's own keys, each by what it is for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ldmrelease.domain.errors import InputError

if TYPE_CHECKING:
    from ldmrelease.trust.signer import Signer


class NoKey(InputError):
    """The workspace names no key for something that has to be signed."""


class Signers:
    """The workspace's own keys, each loaded when it is first needed."""

    def __init__(self, files: dict[str, Path]) -> None:
        self._files = files
        self._loaded: dict[str, Signer] = {}

    def named(self, purpose: str) -> Signer:
        """The key for a purpose: `me`, `runner`, `observer`, `promoter`, `ledger`, `bridge`, `receipts/<level>`.

        Raises `NoKey`.
        """
        if purpose not in self._loaded:
            path = self._files.get(purpose)
            if path is None:
                raise NoKey(f"no key for {purpose!r}: name its file under `keys:` in ldmrelease.yaml")
            from ldmrelease.trust.signer import load_signer  # noqa: PLC0415 - where something is signed

            self._loaded[purpose] = load_signer(path)
        return self._loaded[purpose]

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
