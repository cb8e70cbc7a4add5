"""Levels of operational validation (LDM-564 2.2.1) as values."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from ldmrelease.domain import canonical

T = TypeVar("T")


class _Memo:
    """Room for values that follow from the fields: no fields themselves, so neither encoded nor compared."""

    __slots__ = ("_definition", "_read")
    _definition: str
    _read: object


@dataclass(frozen=True, slots=True)
class Requirement(_Memo):
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

    @property
    def definition(self) -> str:
        """The digest of this definition: a waiver or an approval names it. Computed once."""
        try:
            return self._definition
        except AttributeError:
            object.__setattr__(self, "_definition", canonical.digest_of(self))
            return self._definition

    def read(self, kind: type[T]) -> T:
        """The parameters as `kind`, the dataclass of the rule. Read once; raises `canonical.NotCanonical`."""
        try:
            known = self._read
        except AttributeError:
            known = None
        if type(known) is not kind:
            known = canonical.from_plain(self.parameters, kind)
            object.__setattr__(self, "_read", known)
        return known


@dataclass(frozen=True, slots=True)
class Additions:
    """What one environment asks beyond its level: entries replace those of the same id or are added."""

    enter: tuple[Requirement, ...] = ()
    confirm: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """A policy document. `digest` is of the document as written; `availability` is in seconds."""

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

    def at(self, environment: str) -> "Level":
        """The level as it holds in one environment."""
        own = self.environments.get(environment)
        if own is None:
            return self
        return replace(
            self, enter=_overlay(self.enter, own.enter), confirm=_overlay(self.confirm, own.confirm)
        )


def _overlay(base: tuple[Requirement, ...], own: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    named = {each.id: each for each in own}
    kept = tuple(named.pop(each.id, each) for each in base)
    return kept + tuple(named.values())
