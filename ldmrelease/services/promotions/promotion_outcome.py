"""Where promotions are left, and what is said of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from ldmrelease.domain.errors import LdmreleaseError, Unavailable
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.domain.times import spell
from ldmrelease.services.promotions.work import PlaceBusy
from ldmrelease.targets.results import Refusal

if TYPE_CHECKING:
    from ldmrelease.services.promotions.changes import PlaceChange

TRIES = 5
"""So often in a row an append is tried again on what was read anew."""


class AppendsRefused(LdmreleaseError):
    """The ledger refused one append after the other: it never stayed, or does not say twice, what was read."""

    def __init__(self, promotion_id: str) -> None:
        super().__init__(
            f"{promotion_id}: the ledger refused {TRIES} appends in a row, each on what was just read: others write "
            "to it all the time, or its file is damaged; `ledger verify` says whether it is, and `resume` goes on"
        )


class PromotionOutcome(Struct, frozen=True):
    """Where a promotion was left, in the machine's terms; `interrupted` and `busy` say why it stands still.

    `changes` are those of a promotion that has just succeeded. `notices` are what somebody should look at, though
    nothing stopped for it.
    """

    promotion: str
    state: PromotionState
    cause: dict[str, Any] = field(default_factory=dict)
    interrupted: Unavailable | None = None
    busy: PlaceBusy | None = None
    taken_over: bool = False
    changes: tuple[PlaceChange, ...] = ()
    notices: tuple[Refusal, ...] = ()


def wait_values(until: datetime | None, who: tuple[str, ...]) -> dict[str, Any]:
    """What an outcome says of a wait: when it may be over, and who may end it."""
    return {"until": spell(until) if until else None, "who": list(who)}
