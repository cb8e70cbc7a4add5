"""Where two values first differ: for whoever has to see why digests do."""

from typing import Any

from msgspec import Struct

_NOTHING = object()


class FirstDifference(Struct, frozen=True):
    """The first part that differs: its path (`statements/0/counted`), what is `stored` there, and what came `again`;
    None where there is nothing.
    """

    path: str
    stored: Any
    again: Any


def first_difference(stored: Any, again: Any, path: str = "") -> FirstDifference | None:
    """Of two plain JSON values, in the order of canonical JSON; None where they are the same."""
    if type(stored) is type(again) and isinstance(stored, dict):
        for key in sorted(stored.keys() | again.keys()):
            found = first_difference(stored.get(key, _NOTHING), again.get(key, _NOTHING), _below(path, key))
            if found is not None:
                return found
        return None
    if type(stored) is type(again) and isinstance(stored, list):
        for number in range(max(len(stored), len(again))):
            left, right = (each[number] if number < len(each) else _NOTHING for each in (stored, again))
            found = first_difference(left, right, _below(path, str(number)))
            if found is not None:
                return found
        return None
    if type(stored) is type(again) and stored == again:
        return None
    return FirstDifference(path, *(None if each is _NOTHING else each for each in (stored, again)))


def _below(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
