"""Tables of pages: on a narrow screen each row is a card, in which every cell has the name of its column."""

from collections.abc import Sequence
from typing import NamedTuple

Cell = object
"""Text, a number or the markup of `elements`; the template makes text inert."""


class Table(NamedTuple):
    """What `macros.table` shows. The first cell of a row is its header."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str
    """The sentence in place of a table without rows."""
