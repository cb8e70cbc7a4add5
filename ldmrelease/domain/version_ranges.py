"""Ranges of versions, such as `>=3,<5`: all of the conditions have to hold. A version alone is that one."""

import re

from msgspec import Struct

from ldmrelease.domain.product_versions import version_key

_CONDITION = re.compile(r"(>=|<=|==|!=|>|<)?\s*([A-Za-z0-9._+-]{1,100})", re.ASCII)
_HOLDS = {
    ">=": lambda found, asked: found >= asked,
    "<=": lambda found, asked: found <= asked,
    ">": lambda found, asked: found > asked,
    "<": lambda found, asked: found < asked,
    "==": lambda found, asked: found == asked,
    "!=": lambda found, asked: found != asked,
}
_MOST_CONDITIONS = 20


class VersionRange(Struct, frozen=True):
    """Conditions on a version, each an operator and the version that it compares with."""

    conditions: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> "VersionRange":
        """Read `>=3,<5`. Raises `ValueError`."""
        parts = [_CONDITION.fullmatch(each.strip()) for each in text.split(",")]
        if len(parts) > _MOST_CONDITIONS:
            raise ValueError(f"{len(parts)} conditions; at most {_MOST_CONDITIONS} are read")
        found = []
        for each in parts:
            if each is None:
                raise ValueError(f"{text[:80]!r} is not a range of versions; write it like >=3,<5")
            version_key(each[2])
            found.append((each[1] or "==", each[2]))
        return cls(tuple(found))

    def has(self, version: str) -> bool:
        """Whether a version is in the range. Raises `NoOrder`, a `ValueError`, for what is no version."""
        key = version_key(version)
        return all(_HOLDS[operator](key, version_key(asked)) for operator, asked in self.conditions)
