"""What people decide: approvals, waivers, holds and their lifting, reviews (design section 2; trust.md section 2).

The actor is the person of the key that signed, never a column. A scope is spelled as `domain/scopes.py` has it.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from ldmrelease.domain.decision import Outcome
from ldmrelease.domain.events.kinds import BRIDGE, ME, EventKind, EventType
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.scopes import environments_of
from ldmrelease.domain.streams import HOLDS, approval_stream, review_stream, waiver_stream


class Basis(Struct, frozen=True):
    """A requirement as it stood when somebody approved: its definition's digest, and what became of it.

    Never one of the rules `approval`, `window` and `after`, which move by themselves.
    """

    requirement: str
    definition: str
    outcome: Outcome


class Approval(Struct, frozen=True):
    """A person approves a release in a scope. `subject` is the digest of the release, or of its content.

    `request` is the promotion that asked for it, None where it came before any; with its end the approval ends, too.
    `alias` is the name of a menu that may move; `waivers` are those that were in use.
    """

    approval: str
    product: str
    tag: str
    subject: str
    scope: str
    basis: tuple[Basis, ...]
    time: datetime
    expires: datetime
    intent: Intent = Intent.PROMOTE
    alias: str | None = None
    request: str | None = None
    waivers: tuple[str, ...] = ()
    reason: str | None = None


class DecidedElsewhere(Struct, frozen=True):
    """Where somebody else keeps what was decided: the system (`jira`, `github`), its name there, and who decided."""

    system: str
    reference: str
    persons: tuple[str, ...]
    url: str | None = None


class ObservedApproval(Struct, frozen=True):
    """An approval that was given elsewhere, as a bridge saw it there: it counts for a role where the policy says that
    such a source does. `document` is the digest of what the bridge read, which the ledger keeps.
    """

    approval: str
    product: str
    tag: str
    subject: str
    scope: str
    role: str
    source: DecidedElsewhere
    decided: datetime
    time: datetime
    expires: datetime
    document: str
    alias: str | None = None


class ApprovalWithdrawn(Struct, frozen=True):
    """Whoever approved takes it back; `subject` is that of the approval."""

    approval: str
    subject: str
    scope: str
    time: datetime
    reason: str | None = None


class Waiver(Struct, frozen=True):
    """One requirement of one definition is waived for one release at one environment, or application there.

    `failing` are the tests, findings or components that stood in the way: a new one is not covered. `renews` is the
    waiver that it follows, by another person.
    """

    waiver: str
    product: str
    tag: str
    release: str
    scope: str
    requirement: str
    definition: str
    outcome: Outcome
    failing: tuple[str, ...]
    time: datetime
    expires: datetime
    reason: str
    renews: str | None = None


class WaiverWithdrawn(Struct, frozen=True):
    """A waiver is taken back; `release` is that of the waiver."""

    waiver: str
    release: str
    scope: str
    time: datetime
    reason: str | None = None


class HoldKind(StrEnum):
    """A freeze lets nothing in somewhere; a recall lets something in nowhere, or not where a condition holds."""

    FREEZE = "freeze"
    RECALL = "recall"


class Hold(Struct, frozen=True):
    """A freeze or a recall, until it is lifted, or until `end`. `scopes`: where; none is everywhere.

    Of a recall `subjects` are digests of releases, contents or images, and `predicate` is a condition in CEL on release
    and place (`where --having`), in place of them or beside them: it holds where that is true. `product` and `tag` name
    the release that was recalled, whatever its tag comes to mean; with a `component`, that one's images alone.
    Of a freeze `lets_back`: what ran there before may be rolled back to all the same.
    """

    hold: str
    kind: HoldKind
    scopes: tuple[str, ...]
    time: datetime
    reason: str
    start: datetime | None = None
    end: datetime | None = None
    subjects: tuple[str, ...] = ()
    product: str | None = None
    tag: str | None = None
    predicate: str | None = None
    component: str | None = None
    lets_back: bool = False


class HoldLifted(Struct, frozen=True):
    """A hold is lifted, in all its scopes."""

    hold: str
    scopes: tuple[str, ...]
    time: datetime
    reason: str


class Review(Struct, frozen=True):
    """What a compressed or an emergency promotion owes: somebody looked at it afterwards, and says what was found."""

    promotion: str
    scope: str
    time: datetime
    accepted: bool
    reason: str


def _approved(body: Approval | ObservedApproval | ApprovalWithdrawn) -> str:
    return approval_stream(body.subject)


def _waived(body: Waiver | WaiverWithdrawn) -> str:
    return waiver_stream(body.release)


def _held(_: Hold | HoldLifted) -> str:
    return HOLDS


def _reviewed(body: Review) -> str:
    return review_stream(body.promotion)


def _in_scope(
    body: Approval | ObservedApproval | ApprovalWithdrawn | Waiver | WaiverWithdrawn | Review,
) -> tuple[str, ...]:
    return environments_of((body.scope,))


def _in_scopes(body: Hold | HoldLifted) -> tuple[str, ...]:
    return environments_of(body.scopes)


def _time(
    body: Approval
    | ObservedApproval
    | ApprovalWithdrawn
    | Waiver
    | WaiverWithdrawn
    | Hold
    | HoldLifted
    | Review,
) -> datetime:
    return body.time


TYPES = (
    EventType(EventKind.APPROVED, Approval, ME, "approval", _approved, _in_scope, _time),
    EventType(
        EventKind.APPROVAL_OBSERVED,
        ObservedApproval,
        BRIDGE,
        "observed-approval",
        _approved,
        _in_scope,
        _time,
    ),
    EventType(EventKind.APPROVAL_WITHDRAWN, ApprovalWithdrawn, ME, "approval", _approved, _in_scope, _time),
    EventType(EventKind.WAIVED, Waiver, ME, "waiver", _waived, _in_scope, _time),
    EventType(EventKind.WAIVER_WITHDRAWN, WaiverWithdrawn, ME, "waiver", _waived, _in_scope, _time),
    EventType(EventKind.HELD, Hold, ME, "hold", _held, _in_scopes, _time),
    EventType(EventKind.HOLD_LIFTED, HoldLifted, ME, "lift", _held, _in_scopes, _time),
    EventType(EventKind.REVIEWED, Review, ME, "review", _reviewed, _in_scope, _time),
)
