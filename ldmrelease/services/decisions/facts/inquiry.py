"""What facts are asked for, and with what: each source takes the inquiry and gives its part."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.topology import Place
from ldmrelease.services.context import ReadContext
from ldmrelease.services.releases.pin import Pinned

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """What is asked: may this release enter this place, for this intent, asked by this person.

    `earlier` are the places before it in the same plan that are not through yet.
    """

    place: Place
    intent: Intent
    requester: str
    earlier: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A request for facts as of `now`. What `context` reads of the ledger is recorded: the decision rests on it.

    `requirements` are those of the level that are asked there, for this intent and in this phase.
    """

    context: ReadContext
    pinned: Pinned
    question: DecisionRequest
    requirements: tuple[Requirement, ...]
    now: datetime
    _known: dict[Callable[..., Any], Any] = field(default_factory=dict)

    def once(self, find: Callable[["Inquiry"], T]) -> T:
        """What `find` makes of this inquiry: made once, for all sources that need it."""
        if find not in self._known:
            self._known[find] = find(self)
        found: T = self._known[find]
        return found
