"""An answer with hostile text in place of every text: what is shown of it has to be inert everywhere."""

from __future__ import annotations

import enum
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

HOSTILE = (
    "</style></title><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "\x1b[31mred\x1b[0m\x07",
    "w.2023.16\u202e61.3202.w\u2066",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "A" * 65_536,
    "first\r\nsecond\x00",
)


def poisoned(value: Any, first: int = 0) -> Any:
    """The same with each text replaced by one of `HOSTILE`, in turns beginning with the `first`; choices of an
    enumeration stay. With each of them as the first, every text was each of them once.
    """
    return _poisoned(value, [first])


def _poisoned(value: Any, turn: list[int]) -> Any:
    if isinstance(value, Struct):
        return type(value)(**{name: _poisoned(each, turn) for name, each in asdict(value).items()})
    if isinstance(value, str) and not isinstance(value, enum.Enum):
        turn[0] += 1
        return HOSTILE[turn[0] % len(HOSTILE)]
    if isinstance(value, tuple | list):
        return type(value)(_poisoned(each, turn) for each in value)
    if isinstance(value, dict):
        return {key: _poisoned(each, turn) for key, each in value.items()}
    return value
