"""What the steps of a promotion have in common: what they are given and what they answer."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.promotion import Request
from ldmrelease.domain.plan import PlacePlan, Plan, Step
from ldmrelease.domain.topology import Application
from ldmrelease.promotion.state import Journal
from ldmrelease.services.needs import PromotionDriving
from ldmrelease.services.progress import Progress
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.targets.results import Refusal


class Work(Struct, frozen=True):
    """One step to carry out, with everything around it. `epoch` is that of our claim of the place.

    `expect` gives the stream versions that whatever the step appends itself has to name, each time anew, as a
    heartbeat moves them: who was taken over fails there. `heartbeat` records that the step is still at work, so that
    nobody takes the place for abandoned; it raises where somebody has taken over. A step that waits for long calls
    it every `HEARTBEAT` seconds.
    """

    context: PromotionDriving
    promotion: str
    request: Request
    plan: Plan
    here: PlacePlan
    step: Step
    application: Application
    pinned: Pinned
    journal: Journal
    holder: str
    epoch: int | None
    expect: Callable[[], dict[str, int]]
    progress: Progress
    heartbeat: Callable[[], None]

    @property
    def owner(self) -> str:
        """The promotion's name anywhere: those of two ledgers may have the same id."""
        return f"{self.promotion}.{self.context.ledger.uuid}"

    @property
    def before(self) -> dict[str, Any]:
        """What the target held when the place was first claimed."""
        return self.journal.before.get(str(self.step.place), {})


class StepDone(Struct, frozen=True):
    """The step's postcondition holds. `events` and `blobs` go into the ledger together with its record.

    `then` tidies up once it is recorded; it is lost with the process, so nothing may depend on it.
    """

    result: dict[str, Any] = field(default_factory=dict)
    events: tuple[NewEvent, ...] = ()
    blobs: dict[str, bytes] = field(default_factory=dict)
    then: Callable[[], None] | None = None


class StepFailed(Struct, frozen=True):
    """The step cannot reach its postcondition: the promotion halts."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


class StepPending(Struct, frozen=True):
    """The postcondition needs an act of somebody: the promotion waits, and holds no claim meanwhile."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)
    who: tuple[str, ...] = ("operator",)


_ELSEWHERE = {
    "other-cluster": "it leads to the cluster {found}, and the workspace's cluster-uid is {expected}",
    "moved-cluster": "it leads to the cluster {found}, and the promotion began in {expected}; if that was recreated, "
    "write the new one's UID into ldmrelease.yaml as cluster-uid",
}


def step_failure(answer: Refusal | Unavailable) -> StepFailed | Unavailable:
    """What a target's or a cluster's answer is to a step: without a way into its cluster, nobody was asked."""
    if isinstance(answer, Unavailable):
        return answer
    if answer.code == "no-cluster":
        reason = "; ".join(str(answer.values[key]) for key in ("found", "hint") if answer.values.get(key))
        return Unavailable(str(answer.values["where"]), reason)
    if answer.code in _ELSEWHERE:
        reason = _ELSEWHERE[answer.code]
        return Unavailable(str(answer.values["file"]), reason.format_map(answer.values))
    others = [{"code": each.code, **each.values} for each in answer.others]
    return StepFailed(answer.code, answer.values | ({"others": others} if others else {}))


class Overtaken(Struct, frozen=True):
    """An append of the step was refused: somebody else has carried the promotion on."""


class PlaceBusy(Struct, frozen=True):
    """Somebody else claims the place; or holds it without a claim, having written it and `waits` for the rest.

    `left`: its process has ended or was quiet for long, so that whoever resumes it goes on. `proposal`: the address, or
    the branch, of what it has proposed there and nobody has merged yet; empty where that is not known.
    """

    place: str
    promotion: str
    holder: str
    since: str
    waits: bool = False
    left: bool = False
    proposal: str | None = None


StepResult = StepDone | StepFailed | StepPending | Unavailable | Overtaken
"""`Unavailable`: nobody could be reached, nothing is recorded, and the step is tried again, by the driver where that
`passes` or by a resume."""
