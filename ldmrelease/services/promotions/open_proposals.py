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
    there = snapshot(context, application)
    if not isinstance(there, Snapshot) or there.blob != values.get("blob"):
        return False
    if promotion.journal.halt is not None:
        return True
    if registry.values_to_plain(there.values) != promotion.journal.before.get(str(place)):
        return False
    order = [each.place for each in promotion.plan.places]
    later = tuple(order[order.index(place) + 1 :])
    question = promotion.question(place, later=later, overlay=overlay_of_promotion(context, promotion, place))
    return decide(context, promotion.pinned, question, Phase.ENTER).decision.verdict is Verdict.ALLOWED
