"""What ran in a night: each image at each place from when to when, and the gaps in what was observed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from ldmrelease.answers.findings import FindingAnswer, foreign_findings
from ldmrelease.answers.places import NOT_YET_OBSERVED, Named
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText, time_text
from ldmrelease.domain.times import spell
from ldmrelease.services.inventory.dayobs_stretches import PlaceStretch, RanFor
from ldmrelease.services.inventory.where import UNOBSERVED


class NightStretchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image at a place from `start` to `end`; or, `unobserved` or `not-yet-observed`, a stretch of which nobody can
    say what ran.

    `last` and `next` are when somebody looked before its end and after it; `ending` says how it ended: `gone` (what
    was seen next had the image no more: it went at some time between `last` and `end`), `unobserved` (nobody looked
    soon enough), or `night` (the night, or what has been of it). `state` and the other fields are as in `WhereAnswer`,
    as the image was last seen.
    """

    place: PlaceName
    level: str
    start: TimeText
    end: TimeText
    state: str
    ending: Literal["gone", "unobserved", "night"] | None = None
    product: str | None = None
    component: str | None = None
    spelling: str | None = None
    digest: DigestText | None = None
    release: ReleaseName | None = None
    revision: int | None = None
    named: Named | None = None
    last: TimeText | None = None
    next: TimeText | None = None
    promotion: str | None = None
    allowed: TimeText | None = None
    under_way: str | None = None
    found: bool = False
    findings: tuple[FindingAnswer, ...] = ()


class DayobsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The night `dayobs`, such as 20230421, from `begin` to `end`: from noon to noon UTC, or to now where it is not
    over; with `known`, by what was known then.
    """

    dayobs: str
    begin: TimeText
    end: TimeText
    known: TimeText | None
    stretches: tuple[NightStretchAnswer, ...]


Dayobs = DayobsAnswer


def dayobs_answer(
    dayobs: str, begin: datetime, end: datetime, known: datetime | None, rows: Iterable[PlaceStretch]
) -> DayobsAnswer:
    """A night; `end` is now where that is sooner."""
    stretches = tuple(_ran(each, end) if isinstance(each, RanFor) else _unobserved(each) for each in rows)
    return DayobsAnswer(
        dayobs=dayobs, begin=spell(begin), end=spell(end), known=time_text(known), stretches=stretches
    )


def _ran(row: RanFor, end: datetime) -> NightStretchAnswer:
    image = row.image
    return NightStretchAnswer(
        place=str(image.place),
        level=image.level,
        start=spell(row.start),
        end=spell(row.end),
        state=image.state,
        ending="gone" if row.gone else "night" if row.end >= end else "unobserved",
        product=image.product,
        component=image.component,
        spelling=image.spelling,
        digest=image.digest or None,
        release=image.release,
        revision=image.revision,
        named=image.named.value,
        last=image.last,
        next=time_text(row.next),
        promotion=image.promotion,
        allowed=image.allowed,
        under_way=image.under_way,
        found=image.found,
        findings=foreign_findings(image.foreign),
    )


def _unobserved(row: PlaceStretch) -> NightStretchAnswer:
    assert not isinstance(row, RanFor)
    return NightStretchAnswer(
        place=str(row.place),
        level=row.level,
        start=spell(row.start),
        end=spell(row.end),
        state=UNOBSERVED if row.last is not None else NOT_YET_OBSERVED,
        last=time_text(row.last),
        next=time_text(row.next),
    )
