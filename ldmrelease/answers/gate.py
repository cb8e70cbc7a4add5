"""Gate: of each image that a change or a set of manifests asks for, whether it may enter, and why not."""

import enum
from collections.abc import Collection, Iterable

import msgspec

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.findings import FindingAnswer
from ldmrelease.answers.releases import ComparisonAnswer
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText, Values
from ldmrelease.domain.decision import Outcome


class GateVerdict(enum.StrEnum):
    """What the gate says of an image, or of all of them."""

    ALLOWED = "allowed"
    WAITING = "waiting"
    """Time, or somebody's act, can still let it in."""
    REFUSED = "refused"
    UNDECIDED = "undecided"
    """The gate could not decide, and so does not open."""
    UNMANAGED = "unmanaged"
    """No product of the workspace declares the image: counted and listed, refused where the level says so."""


class SourceLocation(msgspec.Struct, frozen=True, kw_only=True):
    """Where something is written: `path` is that in the document, such as `spec.template.spec.containers[0].image`."""

    file: str
    line: int | None
    path: str | None


class GateFindingAnswer(FindingAnswer, frozen=True, kw_only=True):
    """Why an image may not enter, or not yet. `outcome` is that of the requirement; a finding that stands before any
    decision, such as an image without a digest, has `requirement` null. `eligible_at` is when it can become true by
    itself.
    """

    location: SourceLocation | None
    requirement: str | None
    rule: str | None
    outcome: Outcome
    who: tuple[str, ...]
    next: tuple[str, ...]
    eligible_at: TimeText | None


class GateImageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image that is asked for at a place, and what the gate says of it.

    `kind`, `name` and `container` are those of the object, null where a tree was only read. `previous` is what was
    asked for before (null where nothing was, or in `gate sync`), `image` null where it is taken away. `parts` are the
    scalars that decide it. `older` says that a change goes back to what comes earlier in the order of its kind.
    `excuses` are requirements that somebody waived, and those that somebody approved.
    """

    environment: str | None
    application: str | None
    place: PlaceName | None
    kind: str | None
    name: str | None
    container: str | None
    product: str | None
    component: str | None
    image: str | None
    digest: DigestText | None
    previous: str | None
    release: ReleaseName | None
    previous_release: ReleaseName | None
    verdict: GateVerdict
    eligible_at: TimeText | None
    parts: tuple[SourceLocation, ...]
    findings: tuple[GateFindingAnswer, ...]
    older: bool = False
    excuses: tuple[GateFindingAnswer, ...] = ()


class GateBundleAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The bundle that was decided from: what it knew, as of when, and until when it is fresh."""

    serial: int
    digest: DigestText
    as_of: TimeText
    fresh_until: TimeText
    expires: TimeText
    stale: bool


class GateArrivalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A release that comes to places with a change, compared with the one that runs there, as far as it was seen, or
    that was asked for there."""

    places: tuple[PlaceName, ...]
    comparison: ComparisonAnswer


class GateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a gate says of a change (`base` to `head`) or of manifests (both null), at `now`.

    `bundle` is null where the ledger was asked. `unreadable` are files and documents that could not be read, each
    with its place; they leave the gate shut. `arriving` is what comes in with a change. `conflicts` says that it
    cannot be merged as it is, so that its head was decided about and not what the merge would be; null for manifests.
    """

    base: str | None
    head: str | None
    now: TimeText
    verdict: GateVerdict
    bundle: GateBundleAnswer | None
    images: tuple[GateImageAnswer, ...]
    unreadable: tuple[GateFindingAnswer, ...]
    arriving: tuple[GateArrivalAnswer, ...] = ()
    conflicts: bool | None = None


def before_decision(
    code: str,
    values: Values,
    sentence: str,
    location: SourceLocation | None,
    *,
    outcome: Outcome = Outcome.ERRORED,
    next_command: tuple[str, ...] = (),
) -> GateFindingAnswer:
    """A finding that stands before any decision: of no requirement, and nobody's to change."""
    return GateFindingAnswer(
        code=code,
        values=values,
        sentence=sentence,
        location=location,
        requirement=None,
        rule=None,
        outcome=outcome,
        who=(),
        next=next_command,
        eligible_at=None,
    )


_WORST_FIRST = (GateVerdict.UNDECIDED, GateVerdict.REFUSED, GateVerdict.WAITING)


def overall_verdict(
    images: Iterable[GateImageAnswer], unreadable: Collection[GateFindingAnswer]
) -> GateVerdict:
    """What is said of all of them: the worst; allowed where nothing is asked for that is managed. What could not be
    read is undecided."""
    found = {each.verdict for each in images}
    if unreadable:
        found.add(GateVerdict.UNDECIDED)
    return next((each for each in _WORST_FIRST if each in found), GateVerdict.ALLOWED)


def gate_code(verdict: GateVerdict, *, waiting_is_bad: bool) -> ExitCode:
    """The exit code of a gate; `waiting_is_bad` is `--strict`."""
    match verdict:
        case GateVerdict.REFUSED:
            return ExitCode.REFUSED
        case GateVerdict.UNDECIDED:
            return ExitCode.UNDECIDED
        case GateVerdict.WAITING if waiting_is_bad:
            return ExitCode.WAITING
        case _:
            return ExitCode.OK
