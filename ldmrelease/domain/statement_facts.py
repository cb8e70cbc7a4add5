"""What statements of each type say, as facts that rules look at (`StatementFact` has one field for each).

Numbers with a fraction are decimal strings, as the source spelled them. What a source leaves out is None.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class FindingSeverity(StrEnum):
    """How bad a finding is; the worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NEGLIGIBLE = "negligible"
    UNKNOWN = "unknown"


class FindingFact(Struct, frozen=True, order=True):
    """A vulnerability in a package: `installed` is the package's version, `fixed` the one that has it no more."""

    id: str
    severity: FindingSeverity
    package: str | None = None
    installed: str | None = None
    fixed: str | None = None


class ScanFact(Struct, frozen=True):
    """What a vulnerability scan says. `database` is when its database was last updated, `packages` how many packages it
    looked at: a scan that says neither, or that looked at none, has shown nothing.
    """

    scanner: str
    version: str | None
    database: datetime | None
    packages: int | None
    findings: tuple[FindingFact, ...]


class SbomFact(Struct, frozen=True):
    """What a bill of materials has: its format (`CycloneDX`, `SPDX`) and how many packages."""

    format: str
    packages: int


class VexStatus(StrEnum):
    """What the supplier says of a vulnerability (OpenVEX 0.2.0)."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


class VexFact(Struct, frozen=True):
    """What a VEX statement says of a vulnerability, known by any of `names`.

    products: ids, purls and digests (`sha256:...`) that it is said of; none: of the subjects of the statement.
    packages: the packages (purls) in them that it is said of; none: of all.
    """

    names: tuple[str, ...]
    status: VexStatus
    products: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    justification: str | None = None
    time: datetime | None = None


class MetricFact(Struct, frozen=True):
    """A measured value, a decimal string, and its unit (`""` where it has none)."""

    value: str
    unit: str = ""


class ReviewerFact(Struct, frozen=True):
    """What one reviewer said last, of which commit (hex), and when."""

    person: str
    approved: bool
    commit: str | None = None
    time: datetime | None = None


class OwnersFact(Struct, frozen=True):
    """Whose approval the files that match a pattern need: one of `owners`; none of them where it needs nobody's."""

    pattern: str
    owners: tuple[str, ...]


class ReviewFact(Struct, frozen=True):
    """A review of a change that was held in another system.

    system, reference: such as `github` and `lsst/phalanx#4711`. commit: the newest one (hex) that was reviewed.
    author: who proposed the change, where the system says so: nobody approves what they wrote.
    owners: what the rules of ownership asked for, the files of the change by the pattern that decided.
    """

    system: str
    reference: str
    commit: str | None
    author: str | None
    reviewers: tuple[ReviewerFact, ...] = ()
    owners: tuple[OwnersFact, ...] = ()


class ObservedFact(Struct, frozen=True):
    """Where a bridge read what it signs: the system, the document's name there and its digest, and when it was seen."""

    system: str
    name: str
    digest: str
    time: datetime


class DocumentFact(Struct, frozen=True):
    """A document about a release: its kind, such as `release-notes`, and the digest of the file's bytes."""

    kind: str
    digest: str


class CompatibilityFact(Struct, frozen=True):
    """The interfaces (schemas, protocols) that a release needs, each with a range of versions such as `>=3,<5`, and
    those that it brings, each with its version.
    """

    requires: dict[str, str] = {}
    provides: dict[str, str] = {}


class CaseStatus(StrEnum):
    """What became of a test case; one that was not executed has no result."""

    PASSED = "passed"
    FAILED = "failed"
    BLOCKED = "blocked"
    IN_PROGRESS = "in-progress"


class VerificationFact(Struct, frozen=True):
    """Results of a verification campaign: what became of its test cases, by key (`LVV-T1234`). `definition` is the
    digest of the campaign as it was when they were signed.
    """

    campaign: str
    definition: str
    results: dict[str, CaseStatus]
