"""What `promote` would do, for whoever asks before: plan and decisions of a specification, without a write."""

from collections.abc import Sequence

from ldmrelease.domain.errors import InputError, UnavailableError
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.overlays import is_emergency
from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget, places_for
from ldmrelease.services.needs import PromotionPlanning, SignedHistory
from ldmrelease.services.promotions.preflight import PreflightFailed
from ldmrelease.services.promotions.submit import (
    NothingToDo,
    Preview,
    has_receipt,
    preview,
    preview_answered,
    remaining_places,
)


class ReasonNeeded(InputError):
    """A rollback goes back to what no decision had ever let in at the place, and nobody has said why."""


def preview_spec(
    context: PromotionPlanning, spec: PromotionSpec, before: tuple[Place, ...] = ()
) -> UnknownTarget | PreflightFailed | NothingToDo | Preview:
    """What `promote` would do now, or once it is at the places that come `before`. Writes nothing. Raises
    `ReasonNeeded`.
    """
    applications = places_for(context, spec)
    if isinstance(applications, UnknownTarget):
        return applications
    left = _left_to_do(context, spec, applications)
    if not left:
        return _nothing_to_do(context, spec, [each.place for each in applications])
    return _with_reason(preview(context, spec, left, before))


def _left_to_do(
    context: PromotionPlanning, spec: PromotionSpec, applications: tuple[Application, ...]
) -> tuple[Application, ...]:
    try:
        return remaining_places(context, spec, applications)
    except UnavailableError:
        if not is_emergency(spec.overlay):
            raise
        # Whether a tag has moved is nobody's question in an emergency.
        return applications


def preview_answered_spec(
    context: PromotionPlanning, spec: PromotionSpec, before: tuple[Place, ...] = ()
) -> UnknownTarget | PreflightFailed | NothingToDo | Preview:
    """The same for whoever only asks: a place that nobody can be asked about holds up none of the others."""
    applications = places_for(context, spec)
    if isinstance(applications, UnknownTarget):
        return applications
    try:
        left = remaining_places(context, spec, applications)
    except UnavailableError:
        # Whether a tag has moved is not known: then nothing is known to be done.
        left = applications
    if not left:
        return _nothing_to_do(context, spec, [each.place for each in applications])
    return _with_reason(preview_answered(context, spec, left, before))


def _with_reason(found: Preview | PreflightFailed) -> Preview | PreflightFailed:
    """The same. Raises `ReasonNeeded` where a rollback is to what nobody has decided about, and nobody says why."""
    if isinstance(found, Preview) and found.spec.reason is None:
        _require_decided(found)
    return found


def _require_decided(found: Preview) -> None:
    """Raise `ReasonNeeded` where a rollback is to what nobody has decided about."""
    undecided = [str(each.decision.place) for each in found.decided if each.decision.only_found]
    if undecided:
        raise ReasonNeeded(
            f"{found.spec.pinned.release.name} was only found at {', '.join(undecided)}: no decision has ever let it "
            "in there, so going back to it is yours to answer for; say why with --reason (there will be no receipt)"
        )


def _nothing_to_do(context: SignedHistory, spec: PromotionSpec, places: Sequence[Place]) -> NothingToDo:
    runs = spec.intent in (Intent.PROMOTE, Intent.ROLLBACK)
    without = [each for each in places if runs and not has_receipt(context, spec.pinned, each)]
    return NothingToDo(tuple(places), tuple(without))
