"""What came of a conditional question: where it holds, where it does not, and where nobody knows."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.places import WhereAnswer, where_answers
from ldmrelease.services.inventory.having import Holds, PlaceAnswer

HoldsText = Literal["matched", "not-matched", "unknown"]


class HavingRowAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image at a place, and whether the question's condition holds of it; `reason` says why that is unknown."""

    holds: HoldsText
    reason: str | None
    image: WhereAnswer


class HavingCounts(msgspec.Struct, frozen=True, kw_only=True):
    """So many places: those where an image matched; of the others those where one is unknown; and the rest."""

    matched: int
    not_matched: int
    unknown: int


class HavingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `question`: how many places, and a row for each image at each of them."""

    question: str
    places: HavingCounts
    rows: tuple[HavingRowAnswer, ...]

    @property
    def exit_code(self) -> ExitCode:
        """What was found is no fault; where anything is unknown, the question is not decided."""
        return ExitCode.UNDECIDED if self.places.unknown else ExitCode.OK


def having_answer(question: str, rows: Sequence[PlaceAnswer]) -> HavingAnswer:
    """The answer to a question."""
    images = where_answers(each.row for each in rows)
    return HavingAnswer(
        question=question,
        places=place_counts(rows),
        rows=tuple(
            HavingRowAnswer(holds=each.holds.value, reason=each.reason, image=image)
            for each, image in zip(rows, images, strict=True)
        ),
    )


def place_counts(rows: Iterable[PlaceAnswer]) -> HavingCounts:
    """Places, by the strongest of the answers for their images."""
    order = (Holds.NOT_MATCHED, Holds.UNKNOWN, Holds.MATCHED)
    strongest: dict[str, Holds] = {}
    for each in rows:
        place = str(each.row.place)
        strongest[place] = max(strongest.get(place, order[0]), each.holds, key=order.index)
    found = list(strongest.values())
    return HavingCounts(
        matched=found.count(Holds.MATCHED),
        not_matched=found.count(Holds.NOT_MATCHED),
        unknown=found.count(Holds.UNKNOWN),
    )
