"""What a case gives of the contents of statements -> the facts that they are."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from ldmrelease.config.policies.evidence_entries import (
    CampaignEntry,
    ContentsEntry,
    ReviewEntry,
    ReviewerEntry,
    RunningEntry,
    ScanEntry,
    VerificationEntry,
    VexEntry,
    VulnerabilityEntry,
)
from ldmrelease.domain.statement_facts import (
    CaseStatus,
    CompatibilityFact,
    DocumentFact,
    FindingFact,
    FindingSeverity,
    MetricFact,
    OwnersFact,
    ReviewerFact,
    ReviewFact,
    SbomFact,
    ScanFact,
    VerificationFact,
    VexFact,
    VexStatus,
)
from ldmrelease.domain.workspace_facts import CampaignFact, ClaimFact
from ldmrelease.policy.cases.contents import (
    ScenarioContents,
    ScenarioRunning,
    campaign_digest,
    document_digest,
)

T = TypeVar("T")
_TYPES = {
    "scan": "vulnerabilities",
    "packages": "sbom",
    "vex": "vex",
    "metrics": "metric",
    "review": "code-review",
    "document": "document",
    "compatibility": "compatibility",
    "verification": "verification",
}


def type_of(entry: ContentsEntry) -> str | None:
    """The type of statement that says such a thing; None where nothing of what it says is given."""
    return next((kind for key, kind in _TYPES.items() if getattr(entry, key) is not None), None)


def contents_of(name: str, entry: ContentsEntry, received: datetime) -> ScenarioContents:
    """What a statement of that name says, which was taken in then."""
    document, compatibility = entry.document, entry.compatibility
    return ScenarioContents(
        scan=None if entry.scan is None else _scan(entry.scan, received),
        sbom=None if entry.packages is None else SbomFact("SPDX", entry.packages),
        vex=None if entry.vex is None else tuple(_vex(id, each) for id, each in _given(entry.vex)),
        metrics=None if entry.metrics is None else _metrics(entry.metrics, entry.unit),
        review=None if entry.review is None else _review(entry.review),
        document=None
        if document is None
        else DocumentFact(document.kind or name, document_digest(document.content or "text")),
        compatibility=None
        if compatibility is None
        else CompatibilityFact(dict(compatibility.requires or {}), dict(compatibility.provides or {})),
        verification=None if entry.verification is None else _verification(name, entry.verification),
    )


def campaigns_of(entries: Mapping[str, CampaignEntry | None] | None) -> tuple[CampaignFact, ...]:
    """The campaigns that the workspace has."""
    return tuple(
        CampaignFact(
            name=name,
            milestone=each.milestone or name,
            definition=campaign_digest(name),
            claims=tuple(
                ClaimFact(code, tuple(cases or ()), code in (each.incomplete or ()))
                for code, cases in (each.features or {}).items()
            ),
            complete=each.complete,
            problem=each.problem,
        )
        for name, each in _given(entries)
    )


def _verification(name: str, entry: VerificationEntry) -> VerificationFact:
    campaign = entry.campaign or name
    definition = campaign_digest(entry.definition or campaign)
    results = {case: CaseStatus(status) for case, status in _given(entry.results)}
    return VerificationFact(campaign, definition, results)


def running_of(entries: Mapping[str, RunningEntry | None] | None) -> tuple[ScenarioRunning, ...]:
    """What runs at the place now."""
    return tuple(
        ScenarioRunning(tag, _metrics(each.metrics or {}, each.unit), tuple(each.by or ()))
        for tag, each in _given(entries)
    )


def _given(entries: Mapping[str, T | None] | None) -> list[tuple[str, T]]:
    return [(name, each) for name, each in (entries or {}).items() if each is not None]


def _scan(entry: ScanEntry, received: datetime) -> ScanFact:
    database = None if entry.database is None else received - timedelta(seconds=entry.database)
    found = tuple(_finding(id, each) for id, each in _given(entry.found))
    return ScanFact(entry.scanner or "scanner", None, database, entry.packages, tuple(sorted(found, key=_id)))


def _id(finding: FindingFact) -> str:
    return finding.id


def _finding(id: str, entry: VulnerabilityEntry) -> FindingFact:
    severity = FindingSeverity(entry.severity or "unknown")
    return FindingFact(id, severity, entry.package, entry.installed, entry.fixed)


def _vex(id: str, entry: VexEntry) -> VexFact:
    status = VexStatus(entry.status or "not_affected")
    return VexFact((id,), status, tuple(entry.products or ()), tuple(entry.packages or ()))


def _metrics(values: Mapping[str, str | None], unit: str | None) -> dict[str, MetricFact]:
    return {name: MetricFact(value, unit or "") for name, value in values.items() if value is not None}


def _review(entry: ReviewEntry) -> ReviewFact:
    commit = entry.commit or "c1"
    return ReviewFact(
        system="forge",
        reference=entry.reference or "change",
        commit=commit,
        author=entry.author,
        reviewers=tuple(_reviewer(person, each, commit) for person, each in _given(entry.reviewers)),
        owners=tuple(OwnersFact(pattern, tuple(each)) for pattern, each in (entry.owners or {}).items()),
    )


def _reviewer(person: str, entry: ReviewerEntry, last: str) -> ReviewerFact:
    return ReviewerFact(person, entry.approved is not False, entry.commit or last)
