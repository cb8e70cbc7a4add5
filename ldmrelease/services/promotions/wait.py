"""`--wait`: sleep until a waiting promotion can go on, and go on."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.times import instant
from ldmrelease.services.needs import PromotionDriving
from ldmrelease.services.progress import Progress
from ldmrelease.services.promotions.commands import resume
from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome

POLL = timedelta(minutes=1)
"""The longest sleep: an approval or an observation may come at any time."""

Sleep = Callable[[float], None]


def wait_for(
    context: PromotionDriving, outcome: PromotionOutcome, progress: Progress, *, sleep: Sleep = time.sleep
) -> PromotionOutcome:
    """Resume the promotion again and again until it no longer waits and nobody else holds it.

    The workspace's clock has to go: whoever calls has made sure that it is not fixed.
    """
    while outcome.state is PromotionState.WAITING or outcome.busy is not None:
        sleep(_pause(context.now(), outcome).total_seconds())
        context.connections.renew()
        outcome = resume(context, outcome.promotion, progress, observes=True)
    return outcome


def _pause(now: datetime, outcome: PromotionOutcome) -> timedelta:
    until = outcome.cause.get("until")
    if until is None:
        return POLL
    return min(max(instant(until) - now, timedelta(seconds=1)), POLL)
