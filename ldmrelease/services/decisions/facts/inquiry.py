"""What facts are asked for, and with what: each source takes the inquiry and gives its part."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

from ldmrelease.domain.errors import UnavailableError
from ldmrelease.domain.facts import ChangeFact, Intent
from ldmrelease.domain.level import Requirement
from ldmrelease.domain.overlays import OverlayFact, UnaskedSource
from ldmrelease.domain.topology import Place
from ldmrelease.ledger.recording import RecordingReader
from ldmrelease.services.needs import FactSources
from ldmrelease.services.releases.pin import Pinned

T = TypeVar("T")


class DecisionRequest(Struct, frozen=True):
    """What is asked: may this release enter this place, for this intent, asked by this person.

    `earlier` are the places before it in the same plan that are not through yet, `later` those after it;
    `change` is the commit or the pull request that brings it, None where it is asked for by itself; `alias` is the name
    of a menu that is to move; `requested` is when it was asked for, where the request is known;
    `overlay` is what asks for less, None where nobody does.
    """

    place: Place
    intent: Intent
    requester: str
    earlier: tuple[Place, ...] = ()
    later: tuple[Place, ...] = ()
    change: ChangeFact | None = None
    alias: str | None = None
    requested: datetime | None = None
    overlay: OverlayFact | None = None


class ReleaseInquiry(Struct, frozen=True):
    """A release that is asked about as of `now`, for one place or for several.

    `context` reads the ledger through `read`, which remembers what decisions rest on.
    """

    context: FactSources
    read: RecordingReader
    pinned: Pinned
    now: datetime
    _known: dict[Callable[..., Any], Any] = {}

    def once(self, find: Callable[["ReleaseInquiry"], T]) -> T:
        """What `find` makes of this inquiry: made once, for all sources and places that need it. Raises what it raised
        where somebody could not be reached, without another try.
        """
        if find not in self._known:
            try:
                self._known[find] = find(self)
            except UnavailableError as error:
                self._known[find] = error
        found: T | UnavailableError = self._known[find]
        if isinstance(found, UnavailableError):
            raise found
        return found


def inquire(context: FactSources, pinned: Pinned) -> ReleaseInquiry:
    """An inquiry about a release as of the context's time."""
    recorder = RecordingReader(context.ledger)
    return ReleaseInquiry(context.reading(recorder), recorder, pinned, context.now())


class Inquiry(Struct, frozen=True):
    """A request for facts about a release at a place.

    `requirements` are those of the level that are asked there, for this intent and in this phase; `unasked` takes down
    what was out of reach, where an emergency goes on without.
    """

    release: ReleaseInquiry
    question: DecisionRequest
    requirements: tuple[Requirement, ...]
    unasked: list[UnaskedSource] = []
