"""Levels of operational validation (LDM-564 2.2.1) as values."""

from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain import canonical

T = TypeVar("T")


class Ask(StrEnum):
    """When somebody is asked before a place is changed: wherever anybody can be, or never.

    `always` also refuses where nobody can be asked and nobody has said `--yes`.
    """

    ALWAYS = "always"
    TERMINAL = "terminal"
    NEVER = "never"


class Unmanaged(StrEnum):
    """What a gate does about images that no product of the workspace declares."""

    LISTED = "listed"
    REFUSED = "refused"


class Requirement(Struct, frozen=True, dict=True):
    """One demand of a level.

    `rule` names the rule that judges it, `parameters` are that rule's own (durations in seconds);
    before `enforce_from` an unmet requirement is only reported; `source` is the sentence it comes from.
    """

    id: str
    rule: str
    parameters: dict[str, Any] = field(default_factory=dict)
    enforce_from: datetime | None = None
    waivable_by: tuple[str, ...] = ()
    source: str | None = None

    @cached_property
    def definition(self) -> str:
        """The digest of this definition: a waiver or an approval names it. Computed once."""
        return canonical.digest_of(self)

    def read(self, kind: type[T]) -> T:
        """The parameters as `kind`, the struct of the rule. Read once; raises `canonical.NotCanonical`."""
        if kind not in self._read:
            self._read[kind] = canonical.from_plain(self.parameters, kind)
        found: T = self._read[kind]
        return found

    @cached_property
    def _read(self) -> dict[type[Any], Any]:
        """No field: neither encoded nor compared nor copied."""
        return {}


class Additions(Struct, frozen=True):
    """What one environment asks beyond its level: entries replace those of the same id or are added, and `excludes` are
    kinds of tag that may not enter there."""

    enter: tuple[Requirement, ...] = ()
    confirm: tuple[Requirement, ...] = ()
    excludes: tuple[str, ...] = ()


class WaiverLimits(Struct, frozen=True):
    """How long a waiver counts at most, in seconds, and how many of a release do at one place."""

    life: int = 14 * 24 * 3600
    number: int = 5


class Level(Struct, frozen=True):
    """A policy document. `digest` is of the document as written; `availability` is in seconds; `ask` says when
    somebody has to confirm a change. Of the kinds that it `accepts`, none is among those that it `excludes` by name.
    `unmanaged` is about the images of manifests that no product declares; `waivers` are how many may be in use.
    """

    name: str
    version: int
    digest: str
    accepts: tuple[str, ...]
    enter: tuple[Requirement, ...]
    confirm: tuple[Requirement, ...] = ()
    environments: dict[str, Additions] = field(default_factory=dict)
    availability: int | None = None
    source: str | None = None
    review: dict[str, Any] | None = None
    ask: Ask = Ask.NEVER
    excludes: tuple[str, ...] = ()
    unmanaged: Unmanaged = Unmanaged.LISTED
    waivers: WaiverLimits = WaiverLimits()

    def at(self, environment: str) -> "Level":
        """The level as it holds in one environment."""
        own = self.environments.get(environment)
        if own is None:
            return self
        return replace(
            self,
            enter=_overlay(self.enter, own.enter),
            confirm=_overlay(self.confirm, own.confirm),
            accepts=tuple(each for each in self.accepts if each not in own.excludes),
            excludes=tuple(dict.fromkeys((*self.excludes, *own.excludes))),
        )


def _overlay(base: tuple[Requirement, ...], own: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    named = {each.id: each for each in own}
    kept = tuple(named.pop(each.id, each) for each in base)
    return kept + tuple(named.values())
