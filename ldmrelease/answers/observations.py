"""What was seen to run now, and recorded."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.exit_codes import ExitCode, found_code
from ldmrelease.answers.findings import FindingAnswer, UnreachableAnswer, foreign_findings, unreachable_answer
from ldmrelease.answers.spellings import DigestText, PlaceName, TimeText, time_text
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.topology import Place
from ldmrelease.targets.results import Refusal


class ObservedImageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image that was seen at a place; `state` says why it does not simply run. Which release it is, `where` says.

    `findings`: that another repository is named there than the component's (`foreign-image`).
    """

    product: str
    component: str
    spelling: str
    digest: DigestText | None
    ready: bool
    state: str | None
    findings: tuple[FindingAnswer, ...] = ()


class ObservationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen at a place. `basis` is `committed` (a tree, at `revision`) or `pods`.

    `every` is the longest time, in seconds, since the previous observation that leaves no gap.
    """

    place: PlaceName
    time: TimeText
    basis: str
    revision: str
    images: tuple[ObservedImageAnswer, ...]
    aliases: dict[str, str]
    every: int
    cause: str | None


class ObserveAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The observations that were recorded, and the places that could not be observed."""

    observations: tuple[ObservationAnswer, ...]
    unreachable: tuple[UnreachableAnswer, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Undecided where a place could not be observed."""
        return found_code(None, self.unreachable)


def observe_answer(
    seen: Iterable[Observation], missed: Iterable[tuple[Place, Refusal | Unavailable]]
) -> ObserveAnswer:
    """What a round of observations saw, and where it could not look."""
    return ObserveAnswer(
        observations=tuple(map(_observation, seen)),
        unreachable=tuple(unreachable_answer(place, [why]) for place, why in missed),
    )


def _observation(seen: Observation) -> ObservationAnswer:
    return ObservationAnswer(
        place=str(seen.place),
        time=time_text(seen.time) or "",
        basis=seen.basis,
        revision=seen.revision,
        images=tuple(
            ObservedImageAnswer(
                product=each.product,
                component=each.component,
                spelling=each.spelling,
                digest=each.digest or None,
                ready=each.ready,
                state=each.state,
                findings=foreign_findings(each.foreign),
            )
            for each in seen.images
        ),
        aliases=dict(seen.aliases),
        every=seen.every,
        cause=seen.cause,
    )
