"""Places over time."""

import msgspec

from ldmrelease.answers.periods import (
    CoverageAnswer,
    UnobservedAnswer,
    coverage_answer,
    interval_answer,
    unobserved_answer,
)
from ldmrelease.answers.places import IntervalAnswer, Named
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName
from ldmrelease.domain.times import spell
from ldmrelease.services.reports.stretches import PlaceImage
from ldmrelease.services.reports.timelines import Timeline


class ImageThereAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image at a place; its fields are as in the answer `where`."""

    product: str
    component: str
    spelling: str
    digest: DigestText | None
    release: ReleaseName | None
    named: Named
    state: str
    promotion: str | None


class StretchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image at a place, from when to when it was seen without a gap. `last`: the newest observation still saw it."""

    place: PlaceName
    level: str
    image: ImageThereAnswer
    interval: IntervalAnswer
    last: bool


class TimelineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Places in a period: what was seen, and when nobody knows."""

    period: IntervalAnswer
    places: tuple[PlaceName, ...]
    stretches: tuple[StretchAnswer, ...]
    unobserved: tuple[UnobservedAnswer, ...]
    coverage: CoverageAnswer


def timeline_answer(told: Timeline) -> TimelineAnswer:
    """Places in a period."""
    return TimelineAnswer(
        period=interval_answer(told.period),
        places=tuple(map(str, told.places)),
        stretches=tuple(
            StretchAnswer(
                place=str(each.place),
                level=each.level,
                image=image_answer(each.image),
                interval=IntervalAnswer(start=spell(each.begin), end=spell(each.end)),
                last=each.last,
            )
            for each in told.stretches
        ),
        unobserved=tuple(map(unobserved_answer, told.unobserved)),
        coverage=coverage_answer(told.coverage),
    )


def image_answer(image: PlaceImage) -> ImageThereAnswer:
    """An image at a place."""
    return ImageThereAnswer(
        product=image.product,
        component=image.component,
        spelling=image.spelling,
        digest=image.digest or None,
        release=image.release,
        named=image.named.value,
        state=image.state,
        promotion=image.promotion,
    )
