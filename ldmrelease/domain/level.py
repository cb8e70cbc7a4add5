"""Levels of operational validation (LDM-564 2.2.1) as values."""

from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.overlays import OverlayKind

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


class Recalled(StrEnum):
    """What becomes of an image that runs already and is recalled, where admission asks: it may start again, or not."""

    STAYS = "stays"
    BLOCKED = "blocked"


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


class LevelOverlay(Struct, frozen=True):
    """What a level asks less of whoever has one of the roles `by`, and owes a review of `review_within` seconds.

    `drop` are ids of requirements that do not stand in the way; where `keep` is not None, it is all but those.
    `shorten` gives by id the parameters that hold instead. `lasts` is how long it may be acted on, in seconds, and
    `environments` where; None is for as long, and wherever, the level holds.
    """

    kind: OverlayKind
    name: str
    by: tuple[str, ...]
    review_within: int
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] | None = None
    shorten: dict[str, dict[str, Any]] = field(default_factory=dict)
    lasts: int | None = None
    environments: tuple[str, ...] | None = None
    reason: str | None = None

    def drops(self, requirement: Requirement) -> bool:
        """Whether a requirement does not stand in the way: never one of rule `images`."""
        if requirement.rule == KEPT_RULE:
            return False
        return requirement.id in self.drop or (self.keep is not None and requirement.id not in self.keep)

    def shortened(self, requirement: Requirement) -> Requirement:
        """The requirement as it is asked under this overlay."""
        own = self.shorten.get(requirement.id)
        return requirement if own is None else replace(requirement, parameters=requirement.parameters | own)


KEPT_RULE = "images"
"""No overlay drops it: what is not there cannot run."""


class WaiverLimits(Struct, frozen=True):
    """How long a waiver counts at most, in seconds, and how many of a release do at one place."""

    life: int = 14 * 24 * 3600
    number: int = 5


class Level(Struct, frozen=True):
    """A policy document. `digest` is of the document as written; `availability` is in seconds; `ask` says when
    somebody has to confirm a change. Of the kinds that it `accepts`, none is among those that it `excludes` by name.
    `unmanaged` is about the images of manifests that no product declares; `waivers` are how many may be in use;
    `recalled` is about images that run already and are recalled.
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
    compressions: dict[str, LevelOverlay] = field(default_factory=dict)
    emergency: LevelOverlay | None = None
    waivers: WaiverLimits = WaiverLimits()
    recalled: Recalled = Recalled.STAYS

    def overlay(self, kind: OverlayKind, name: str) -> LevelOverlay | None:
        """The overlay of a kind and name, None where the level has none."""
        return self.emergency if kind is OverlayKind.EMERGENCY else self.compressions.get(name)

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
