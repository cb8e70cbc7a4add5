"""Trivy's JSON report of an image. When its database was made is not in it: whoever imports it says so."""

from collections.abc import Iterator

from msgspec import Struct, field

from ldmrelease.domain.document_faults import DocumentFaults
from ldmrelease.domain.images import is_digest
from ldmrelease.domain.predicates.scan import severity_of
from ldmrelease.domain.statement_facts import FindingFact, ScanFact
from ldmrelease.evidence_formats.found import ScanFound
from ldmrelease.evidence_formats.interface import EvidenceFormat
from ldmrelease.evidence_formats.typed_fields import Fields, read_object

SCANNER = "https://github.com/aquasecurity/trivy"


class _Metadata(Struct, rename="pascal"):
    repo_digests: list[str] | None = None


class _Program(Struct, rename="pascal"):
    version: str | None = None


class _Report(Struct, rename="pascal"):
    schema_version: int
    artifact_name: str
    results: list[object] | None = None
    artifact_type: str | None = None
    created_at: str | None = None
    metadata: _Metadata = field(default_factory=_Metadata)
    trivy: _Program = field(default_factory=_Program)


class _Target(Struct, rename="pascal"):
    target: str = ""
    packages: list[object] | None = None
    vulnerabilities: list[object] | None = None


class _Vulnerability(Struct, rename="pascal"):
    id: str = field(name="VulnerabilityID")
    pkg_name: str
    severity: str = "UNKNOWN"
    installed_version: str | None = None
    fixed_version: str | None = None


def read(data: bytes) -> ScanFound | DocumentFaults:
    """What was found in which packages, and in which image."""
    plain = read_object(data)
    if isinstance(plain, DocumentFaults):
        return plain
    fields = Fields()
    report = fields.read(plain, _Report)
    if report is None:
        return _faults(fields)
    if report.schema_version != 2:
        fields.note(("SchemaVersion",), "not a version that is read", report.schema_version, "2")
    if report.artifact_type not in (None, "container_image", "cyclonedx", "spdx"):
        kinds = "container_image, or a bill of materials"
        fields.note(("ArtifactType",), "not a scan of an image", report.artifact_type, kinds)
    packages: int | None = None
    findings: list[FindingFact] = []
    for index, target in fields.each(report.results or [], _Target, "Results"):
        if target.packages is not None:
            packages = (packages or 0) + len(target.packages)
        findings += _findings(target, fields, index)
    if report.results is None:
        # Trivy leaves the list out where it knew nothing of the image.
        packages = 0
    found = tuple(sorted(set(findings), key=lambda each: (each.id, each.package or "", each.installed or "")))
    scan = ScanFact(SCANNER, report.trivy.version, None, packages, found)
    finished = fields.time(report.created_at, "CreatedAt")
    images = tuple(_images(report, fields))
    return fields.refused() or ScanFound(scan, finished, images)


def _faults(fields: Fields) -> DocumentFaults:
    return DocumentFaults(tuple(fields.faults))


def _findings(target: _Target, fields: Fields, index: int) -> Iterator[FindingFact]:
    path = ("Results", index, "Vulnerabilities")
    for number, each in fields.each(target.vulnerabilities or [], _Vulnerability, *path):
        id = fields.name(each.id, *path, number, "VulnerabilityID")
        package = fields.name(each.pkg_name, *path, number, "PkgName")
        severity = severity_of(each.severity)
        yield FindingFact(id, severity, package, each.installed_version or None, each.fixed_version or None)


def _images(report: _Report, fields: Fields) -> Iterator[str]:
    names = [*(report.metadata.repo_digests or ()), report.artifact_name]
    for index, name in enumerate(names):
        _, at, digest = name.rpartition("@")
        if not at:
            continue
        if is_digest(digest):
            yield digest
        else:
            fields.note(
                ("Metadata", "RepoDigests", index), "not a digest", name, "...@sha256:<64 hex digits>"
            )


FORMAT = EvidenceFormat("trivy", "Trivy JSON: vulnerabilities of an image", "trivy", "vulnerabilities", read)
