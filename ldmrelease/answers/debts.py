"""What was let in for less than everybody is asked, and what came of looking at it."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.spellings import PlaceName, ReleaseName, TimeText, time_text
from ldmrelease.domain.times import spell
from ldmrelease.services.governance.debt_list import BITES, DebtKind, DebtState, ListedDebt
from ldmrelease.services.governance.reviewing import OwnReview, SignedReview


class DebtAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An emergency, a compression or a waiver. `name` is the promotion, or the waiver; `about` the compression, or the
    requirement; `scope` where it is. `due` is when somebody else has to have reviewed it, or when a waiver ends;
    `ended`: the time is over for which it lets anything in. `unasked` are those who were out of reach.
    """

    kind: DebtKind
    state: DebtState
    name: str
    release: ReleaseName
    scope: str
    about: str
    person: str
    reason: str | None
    since: TimeText
    due: TimeText
    expires: TimeText | None
    ended: bool
    overdue: bool
    reviewed_by: str | None
    unasked: tuple[str, ...]


class DebtsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed, what is due first; `overdue` is how many of them keep everything but a rollback out."""

    debts: tuple[DebtAnswer, ...]
    overdue: int

    @property
    def exit_code(self) -> ExitCode:
        """Refused where something is overdue."""
        return ExitCode.REFUSED if self.overdue else ExitCode.OK


def debts_answer(found: Iterable[ListedDebt]) -> DebtsAnswer:
    """What is owed."""
    debts = tuple(_debt(each) for each in found)
    return DebtsAnswer(debts=debts, overdue=sum(each.overdue for each in debts))


def _debt(found: ListedDebt) -> DebtAnswer:
    return DebtAnswer(
        kind=found.kind,
        state=found.state,
        name=found.name,
        release=found.release,
        scope=found.scope,
        about=found.about,
        person=found.person,
        reason=found.reason,
        since=spell(found.since),
        due=spell(found.due),
        expires=time_text(found.expires),
        ended=found.ended,
        overdue=found.state in BITES,
        reviewed_by=found.reviewed_by,
        unasked=found.unasked,
    )


class ReviewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A review of a promotion by `person`, at each of the `places`; `again` are those where it was accepted before, and
    nothing was written. `refused`: whoever asked for less than everybody is asked does not review it.
    """

    promotion: str
    person: str
    accepted: bool
    places: tuple[PlaceName, ...]
    again: tuple[PlaceName, ...]
    refused: bool

    @property
    def exit_code(self) -> ExitCode:
        """Refused where it was not for this person to say."""
        return ExitCode.REFUSED if self.refused else ExitCode.OK


def review_answer(found: SignedReview | OwnReview, *, accepted: bool) -> ReviewAnswer:
    """What came of a review."""
    done = (
        found
        if isinstance(found, SignedReview)
        else SignedReview(found.promotion, found.person, accepted, ())
    )
    return ReviewAnswer(
        promotion=done.promotion,
        person=done.person,
        accepted=accepted,
        places=tuple(map(str, done.places)),
        again=tuple(map(str, done.again)),
        refused=isinstance(found, OwnReview),
    )
