"""What `doctor` says of one thing that it looked at."""

from enum import StrEnum

from msgspec import Struct

from ldmrelease.domain.errors import Unavailable
from ldmrelease.targets.results import Refusal


class Health(StrEnum):
    """How something is. `warn`: it works, and is perhaps not what was meant."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


class Diagnosis(Struct, frozen=True):
    """One thing that was looked at. `trouble` is a target's answer in place of a `message`."""

    what: str
    health: Health
    message: str = ""
    remedy: str = ""
    trouble: Refusal | Unavailable | None = None
