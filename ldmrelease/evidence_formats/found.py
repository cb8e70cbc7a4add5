"""What a file of another tool says, whatever its format."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain.statement_facts import MetricFact, ReviewFact, ScanFact


class TestsFound(Struct, frozen=True):
    """Tests by what became of them: at least one. `commit` is what they were run on (hex), where the file says so."""

    __test__ = False

    passed: tuple[str, ...]
    warned: tuple[str, ...]
    failed: tuple[str, ...]
    started: datetime | None = None
    finished: datetime | None = None
    commit: str | None = None


class MetricsFound(Struct, frozen=True):
    """Measured values by name: at least one."""

    metrics: dict[str, MetricFact]
    finished: datetime | None = None


class ScanFound(Struct, frozen=True):
    """A vulnerability scan. `images` are the digests that the file says it is about; none: it does not say."""

    scan: ScanFact
    finished: datetime | None = None
    images: tuple[str, ...] = ()


class SbomFound(Struct, frozen=True):
    """A bill of materials, shortened to what names packages: a predicate of its own predicate type, `uri`."""

    uri: str
    predicate: dict[str, Any]
    finished: datetime | None = None
    images: tuple[str, ...] = ()


class VexFound(Struct, frozen=True):
    """A VEX document, as the predicate that it is."""

    predicate: dict[str, Any]
    finished: datetime | None = None


class ReviewFound(Struct, frozen=True):
    """A review of a change, with the paths that it changes where the file says so."""

    review: ReviewFact
    finished: datetime | None = None
    changed: tuple[str, ...] = ()


class OwnersFound(Struct, frozen=True):
    """Rules of ownership: by pattern who has to approve, the last one that matches decides."""

    rules: tuple[tuple[str, tuple[str, ...]], ...]


class ApprovalFound(Struct, frozen=True):
    """An approval that was given in another system: what it is called there, by whom, and when.

    decision: `adopted` (an RFC), or the label that was set.
    """

    system: str
    reference: str
    decision: str
    persons: tuple[str, ...]
    decided: datetime
    url: str | None = None


Found = (
    TestsFound | MetricsFound | ScanFound | SbomFound | VexFound | ReviewFound | OwnersFound | ApprovalFound
)
