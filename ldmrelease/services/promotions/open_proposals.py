"""Whether a promotion still waits for others to merge: a look, without a write, that many promotions may share."""

from ldmrelease.domain.decision import Phase, Verdict
from ldmrelease.domain.errors import InputError, Unavailable, UnavailableError
from ldmrelease.domain.topology import Place
from ldmrelease.services.decisions.decide import decide
from ldmrelease.services.deployments.desired import snapshot
from ldmrelease.services.needs import PromotionDriving
from ldmrelease.services.promotions.load import Promotion
from ldmrelease.services.promotions.owed import overlay_of_promotion
from ldmrelease.services.promotions.proposals import OpenProposals
from ldmrelease.targets import registry
from ldmrelease.targets.results import Snapshot


def still_open(
    context: PromotionDriving, promotion: Promotion, place: Place, listed: OpenProposals | None
) -> bool | Unavailable:
    """Whether the proposal is open as we left it upon settings as they were, and still allowed; False where the step is
    to be carried out to see.

    listed: what was listed for others already.
    """
    application, values = context.topology.application(place), promotion.journal.waits_for["values"]
    assert application is not None
    try:
        found = (listed or OpenProposals(context)).of_branch(application, str(values.get("branch", "")))
    except UnavailableError as error:
        return error.unavailable
    except InputError as error:
        return Unavailable(registry.where(application.target), str(error))
    if found is None or found.head_commit not in ("", values.get("commit")):
        return False
    here = next(each for each in promotion.plan.places if each.place == place)
    halting = promotion.journal.halt is not None
    wave = [each.place for each in ((here,) if halting else promotion.plan.wave_of(here))]
    seen: dict[Place, Snapshot] = {}
    for each in wave:
        target = context.topology.application(each)
        there = snapshot(context, target) if target is not None else None
        if not isinstance(there, Snapshot):
            return False
        seen[each] = there
    if " ".join(each.blob for each in seen.values()) != values.get("blob"):
        return False
    before = promotion.journal.before
    return halting or all(
        registry.values_to_plain(there.values) == before.get(str(each))
        and _allowed(context, promotion, wave[: wave.index(each)], each)
        for each, there in seen.items()
    )


def _allowed(context: PromotionDriving, promotion: Promotion, earlier: list[Place], place: Place) -> bool:
    order = [each.place for each in promotion.plan.places]
    later = tuple(order[order.index(place) + 1 :])
    overlay = overlay_of_promotion(context, promotion, place)
    question = promotion.question(place, tuple(earlier), later, overlay)
    return decide(context, promotion.pinned, question, Phase.ENTER).decision.verdict is Verdict.ALLOWED
