"""Plans: the idempotent steps of a promotion, place by place (design section 4)."""

from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain import canonical
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Place


class StepKind(StrEnum):
    """What a step does. `claim`, `withdraw`, `free` and `restore` belong to the machine, the others to the plan."""

    CLAIM = "claim"
    COPY = "copy"
    PROPOSE = "propose"
    MERGE = "merge"
    WITHDRAW = "withdraw"
    PULL = "pull"
    APPLY = "apply"
    SETTLE = "settle"
    CHECK = "check"
    RECEIPT = "receipt"
    PUBLISH = "publish"
    FREE = "free"
    RESTORE = "restore"


class Step(Struct, frozen=True):
    """One step at one place. `id` is unique in the plan and is what the journal names."""

    id: str
    place: Place
    kind: StepKind
    parameters: dict[str, Any] = field(default_factory=dict)


class PlacePlan(Struct, frozen=True):
    """The steps at one place, in order, from claim to publish; `free` ends the claim, `restore` undoes.

    What is proposed for others to merge has steps before its claim: `propose`, and `merge`, which waits for them.
    `confirms` says that the level asks for something after the release runs there.
    """

    place: Place
    level: str
    steps: tuple[Step, ...]
    free: Step
    restore: Step
    confirms: bool = False

    @property
    def claim(self) -> Step:
        """The step that claims the place."""
        return self.step(StepKind.CLAIM)

    @property
    def unclaimed(self) -> tuple[Step, ...]:
        """The steps that need no claim, since others change the place: those before it."""
        kinds = [each.kind for each in self.steps]
        return self.steps[: kinds.index(StepKind.CLAIM)]

    @property
    def wave(self) -> str | None:
        """The first place of those that one proposal is about together; None where it is about this one alone."""
        proposed = (each for each in self.unclaimed if each.kind is StepKind.PROPOSE)
        return next((each.parameters.get("wave") for each in proposed), None)

    def withdrawal(self) -> Step | None:
        """The step that takes the proposal back; None where nothing is proposed."""
        for each in self.unclaimed:
            if each.kind is StepKind.PROPOSE:
                head, _, _ = each.id.rpartition("/")
                return Step(f"{head}/{StepKind.WITHDRAW}", self.place, StepKind.WITHDRAW, each.parameters)
        return None

    def step(self, kind: StepKind) -> Step:
        """The one step of a kind that every place has once. Raises `KeyError`."""
        for each in self.steps:
            if each.kind is kind:
                return each
        raise KeyError(kind)


class Plan(Struct, frozen=True):
    """What a promotion will do. A pure function of release, target and policies: its digest is journalled."""

    promotion: str
    intent: Intent
    product: str
    tag: str
    release: str
    places: tuple[PlacePlan, ...]

    def wave_of(self, here: PlacePlan) -> tuple[PlacePlan, ...]:
        """The places that one proposal is about together with this one, in their order."""
        if here.wave is None:
            return (here,)
        return tuple(each for each in self.places if each.wave == here.wave)

    @property
    def digest(self) -> str:
        """The digest of the plan's canonical bytes."""
        return canonical.digest_of(self)
