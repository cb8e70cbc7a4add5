"""What facts are asked for, and with what: each source takes the inquiry and gives its part."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.topology import Place
from ldmrelease.services.needs import FactSources
from ldmrelease.services.releases.pin import Pinned

T = TypeVar("T")


class DecisionRequest(Struct, frozen=True):
    """What is asked: may this release enter this place, for this intent, asked by this person.

    `earlier` are the places before it in the same plan that are not through yet.
    """

    place: Place
    intent: Intent
    requester: str
    earlier: tuple[Place, ...] = ()


class Inquiry(Struct, frozen=True):
    """A request for facts as of `now`. What `context` reads of the ledger is recorded: the decision rests on it.

    `requirements` are those of the level that are asked there, for this intent and in this phase.
    """

    context: FactSources
    pinned: Pinned
    question: DecisionRequest
    requirements: tuple[Requirement, ...]
    now: datetime
    _known: dict[Callable[..., Any], Any] = {}

    def once(self, find: Callable[["Inquiry"], T]) -> T:
        """What `find` makes of this inquiry: made once, for all sources that need it."""
        if find not in self._known:
            self._known[find] = find(self)
        found: T = self._known[find]
        return found
