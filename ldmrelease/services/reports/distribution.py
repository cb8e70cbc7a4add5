"""How numbers are spread: by nearest rank, so that each figure is one that was measured. Pure."""

import math
from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")

_FEWEST = 4
"""Of fewer nothing can be said to stand out."""


class Distribution(Struct, frozen=True):
    """Of `count` numbers: the median, the 90th percentile and the greatest."""

    count: int
    median: int
    p90: int
    greatest: int


def distribution(numbers: Iterable[int]) -> Distribution | None:
    """How numbers are spread; None where there are none."""
    known = sorted(numbers)
    if not known:
        return None
    return Distribution(len(known), percentile(known, 50), percentile(known, 90), known[-1])


def percentile(known: Sequence[int], percent: int) -> int:
    """The least of the sorted numbers that so many percent of them do not exceed."""
    return known[max(0, math.ceil(percent * len(known) / 100) - 1)]


def outliers(measured: Sequence[tuple[int, T]]) -> list[T]:
    """What lies above the upper quartile by more than one and a half times the quartiles' distance (Tukey's fence),
    the greatest first; nothing of fewer than four.
    """
    known = sorted(number for number, _ in measured)
    if len(known) < _FEWEST:
        return []
    low, high = percentile(known, 25), percentile(known, 75)
    beyond = [each for each in measured if each[0] > high + 1.5 * (high - low)]
    return [each for _, each in sorted(beyond, key=lambda each: -each[0])]
