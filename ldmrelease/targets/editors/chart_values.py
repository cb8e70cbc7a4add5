"""Scalars of values files as the templates of a chart print them.

Helm reads values as JSON numbers, that is as Go's `float64`, and its templates print them as `%v`: `0.50` is `0.5`,
`1e3` is `1000`, and `20230401` is `2.0230401e+07` (helm.sh, "Chart Development Tips and Tricks": quote strings).
"""

import re
from decimal import Decimal
from math import isfinite

from ldmrelease.targets.results import Absent, Scalar

_NULLS = {"", "~", "null", "Null", "NULL"}
# YAML 1.1, as Helm's reader takes it.
_SWITCHES = {
    **dict.fromkeys(("true", "yes", "on", "y"), "true"),
    **dict.fromkeys(("false", "no", "off", "n"), "false"),
}
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_OCTAL = re.compile(r"[-+]?0o?[0-7]+")
_OTHER_BASE = re.compile(r"[-+]?0(?:x[0-9a-fA-F]+|b[01]+)")
_LONGEST_NUMBER = 15
# Outside of these powers of ten, Go's `%v` writes an exponent.
_SMALLEST, _LARGEST = -4, 5


def printed(value: Scalar | Absent) -> str | None:
    """What a template prints; None for null and for what is absent, where charts take something else."""
    if isinstance(value, str):
        return value
    if isinstance(value, Absent):
        return None
    text = value.unquoted
    if text in _NULLS:
        return None
    switch = _SWITCHES.get(text.lower())
    if switch is not None:
        return switch
    try:
        number = _number(text.replace("_", ""))
    except (OverflowError, ValueError):  # more digits than any reader takes
        return text
    return text if number is None or not isfinite(number) else _float(number)


def whole_number(value: Scalar) -> int | None:
    """What a template prints of it as `%d`; None for what is no whole number."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER else None
    try:
        number = _number(value.unquoted.replace("_", ""))
    except (OverflowError, ValueError):
        return None
    return int(number) if number is not None and number.is_integer() and number >= 0 else None


def _number(text: str) -> float | None:
    """The number that Helm's reader takes it for; None where it takes it for text."""
    if _OCTAL.fullmatch(text):
        return float(int(text.replace("o", ""), 8))
    if _OTHER_BASE.fullmatch(text):
        return float(int(text, 0))
    return float(text) if _DECIMAL.fullmatch(text) else None


def _float(number: float) -> str:
    """Go's `%v` of a `float64`: the fewest digits that are exact."""
    sign, digits, _ = Decimal(repr(number)).normalize().as_tuple()
    exponent = Decimal(repr(number)).adjusted() if number else 0
    figures = "".join(map(str, digits))
    minus = "-" if sign else ""
    if _SMALLEST <= exponent <= _LARGEST:
        return minus + format(abs(Decimal(repr(number)).normalize()), "f")
    point = f".{figures[1:]}" if len(figures) > 1 else ""
    return f"{minus}{figures[0]}{point}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
