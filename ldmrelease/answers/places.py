"""What runs where, and what ran there."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from ldmrelease.answers.findings import FindingAnswer, foreign_findings
from ldmrelease.answers.overlays import OverlayAnswer, overlay_answer
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText
from ldmrelease.services.inventory.history import HistoryEntry
from ldmrelease.services.inventory.where import PlaceComponent, UnobservedPlace

NEVER_OBSERVED = "never-observed"
NOT_YET_OBSERVED = "not-yet-observed"

Named = Literal["admitted", "spelled", "inferred", "image"]


class WhereAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image at a place, since when it is there, and the promotion that admitted it; or a place that nobody has
    observed yet (`never-observed`), or not before the time that is asked for (`not-yet-observed`).

    `state`: `committed` or `running`, why it does not simply run, `unobserved` where nobody has looked lately, or
    `unsigned`. `spelling` is the image's tag or reference. `release`, `promotion` and `allowed` are null where nothing
    is known of them; `revision` is the number of the release's pin: a tag that was rebuilt has several; `under_way` is
    the promotion that brought the image and has not ended; `found` where that went back to what had only been found
    there, so that nobody has approved it. `named` says how the release was found: `admitted` (the place's standing
    admission covers it), `spelled` (the place's own text spells it), `inferred` (the earliest release with this
    image), or `image` (the image alone). `findings`: that another repository is named there than the component's
    (`foreign-image`), that it is recalled (`held`). With --at, `last` and `next` are when somebody looked before and
    after that time; `gone`: what was seen `next` had the image no more, so that it went at some time between the two.
    `level` is empty for a place that has gone from the workspace since. `seen-by-others` is what `by` says to have
    seen `last` at a place of which our own observations do not say what ran then, or to have synced; it was imported,
    and nothing rests on it.
    """

    place: PlaceName
    level: str
    state: str
    product: str | None = None
    component: str | None = None
    spelling: str | None = None
    digest: DigestText | None = None
    release: ReleaseName | None = None
    revision: int | None = None
    named: Named | None = None
    since: TimeText | None = None
    last: TimeText | None = None
    aliases: tuple[str, ...] = ()
    promotion: str | None = None
    allowed: TimeText | None = None
    under_way: str | None = None
    found: bool = False
    findings: tuple[FindingAnswer, ...] = ()
    next: TimeText | None = None
    gone: bool = False
    by: str | None = None


class IntervalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time that was seen without a gap."""

    start: TimeText
    end: TimeText


class HistoryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image at a place over a time. `observed` are the seconds in `intervals`; `ended` says how it went, null
    while it is there; `gone` is when it was first seen to be gone. `revision`, `named` and `findings` as in
    `WhereAnswer`. `overlay`: it was let in for less than everybody is asked.
    """

    place: PlaceName
    product: str
    component: str
    spelling: str
    digest: DigestText | None
    release: ReleaseName | None
    revision: int | None
    named: Named
    first: TimeText
    last: TimeText
    observed: int
    intervals: tuple[IntervalAnswer, ...]
    ended: str | None
    gone: TimeText | None
    findings: tuple[FindingAnswer, ...] = ()
    overlay: OverlayAnswer | None = None


Where = list[WhereAnswer]
History = list[HistoryAnswer]


def where_answers(rows: Iterable[PlaceComponent | UnobservedPlace]) -> Where:
    """Every place with what it runs."""
    return [_running(each) if isinstance(each, PlaceComponent) else _unobserved(each) for each in rows]


def _running(row: PlaceComponent) -> WhereAnswer:
    return WhereAnswer(
        place=str(row.place),
        level=row.level,
        state=row.state,
        product=row.product,
        component=row.component,
        spelling=row.spelling,
        digest=row.digest or None,
        release=row.release,
        revision=row.revision,
        named=row.named.value,
        since=row.since,
        last=row.last,
        aliases=row.aliases,
        promotion=row.promotion,
        allowed=row.allowed,
        under_way=row.under_way,
        found=row.found,
        findings=foreign_findings(row.foreign),
        next=row.next,
        gone=row.gone,
    )


def _unobserved(row: UnobservedPlace) -> WhereAnswer:
    state = NEVER_OBSERVED if row.next is None else NOT_YET_OBSERVED
    return WhereAnswer(place=str(row.place), level=row.level, state=state, next=row.next)


def history_answers(rows: Iterable[HistoryEntry]) -> History:
    """What was seen to run, oldest first."""
    return [
        HistoryAnswer(
            place=row.place,
            product=row.product,
            component=row.component,
            spelling=row.spelling,
            digest=row.digest or None,
            release=row.release,
            revision=row.revision,
            named=row.named.value,
            first=row.first,
            last=row.last,
            observed=row.observed,
            intervals=tuple(IntervalAnswer(start=start, end=end) for start, end in row.intervals),
            ended=row.ended,
            gone=row.gone,
            findings=foreign_findings(row.foreign, gone=row.ended is not None),
            overlay=overlay_answer(row.overlay),
        )
        for row in rows
    ]
