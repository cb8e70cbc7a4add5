"""Versions of EUPS products and conda environments as keys that sort, for questions such as "older than 26.0.1".

What is read: a release number (`26.0.1`, `v26_0_1`), its alphas, betas and candidates (`26.0.0rc1`, `v26.0.1.rc2`),
and the commits behind it that `git describe` counts (`26.0.0-12-g0123abc`). A build number or hash of EUPS (`+7`,
`+0123abc`) says which build it is and not which is newer, so it is not part of the order. A bare commit, a weekly and
a branch have no place in it.
"""

import re

_VERSION = re.compile(
    r"v?(?P<numbers>[0-9]{1,9}(?:[._][0-9]{1,9}){0,7})"
    r"(?:[._-]?(?P<stage>a|alpha|b|beta|rc)[._]?(?P<nth>[0-9]{1,9}))?"
    r"(?:-(?P<commits>[0-9]{1,9})-g[0-9a-f]{4,40})?"
    r"(?:\+[A-Za-z0-9._]{1,64})?",
    re.ASCII,
)
_WEEKLY = re.compile(r"[Ww][._](?P<year>[0-9]{4})[._](?P<week>[0-9]{1,2})", re.ASCII)
_STAGES = {"a": 1, "alpha": 1, "b": 2, "beta": 2, "rc": 3}
_FINAL = 4
_NUMBER = 16
"""Above every stage: 26.0.1 comes after all that is made of 26.0."""


class NoOrder(ValueError):
    """A text that has no place among versions."""


def version_key(text: str) -> bytes:
    """A key of a version: of two of them the lesser one is of the older version, and `26.0` is `26.0.0`.

    Raises `NoOrder`.
    """
    found = _VERSION.fullmatch(text)
    if found is None:
        raise NoOrder(f"{text[:80]!r} is not a version that has an order, as 26.0.1, v26_0_1 or 26.0.0rc1")
    numbers = [int(each) for each in re.split("[._]", found["numbers"])]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    stage = _STAGES[found["stage"]] if found["stage"] is not None else _FINAL
    return b"".join(
        [
            *(_ordered(each, _NUMBER) for each in numbers),
            bytes([stage]),
            _ordered(int(found["nth"] or 0), 0),
            _ordered(int(found["commits"] or 0), 0),
        ]
    )


def weekly_number(text: str) -> int:
    """Year and week of a weekly's tag in any of its spellings, as one number: 202315. Raises `NoOrder`."""
    found = _WEEKLY.fullmatch(text)
    if found is None:
        raise NoOrder(f"{text[:80]!r} is not the tag of a weekly, as w.2023.15")
    return int(found["year"]) * 100 + int(found["week"])


def _ordered(number: int, base: int) -> bytes:
    """A number so that bytes compare as numbers do: how many bytes it has, and these."""
    digits = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes([base + len(digits)]) + digits
