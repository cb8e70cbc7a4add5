"""Vulnerability scans: in-toto's vulns/v0.2, and cosign's, whose result is the scanner's own report (Trivy's is read).

How many packages were looked at is in neither: it stands beside them, under a key of ours.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from msgspec import Struct, field

from ldmrelease.domain import times
from ldmrelease.domain.predicates.interface import Predicate, StatementType, read_time
from ldmrelease.domain.statement_facts import FindingFact, FindingSeverity, ScanFact

MOST_FINDINGS = 10_000
"""Findings of one statement: with more it is no statement that anybody reads."""
PACKAGES_FIELD = "ldmreleasePackages"
_METHOD = "severity"
_WORDS: dict[str, FindingSeverity] = {
    **{each.value: each for each in FindingSeverity},
    "moderate": FindingSeverity.MEDIUM,
    "important": FindingSeverity.HIGH,
    "none": FindingSeverity.NEGLIGIBLE,
}
# The qualitative ratings of CVSS 3.1, section 5.
_RATINGS = (
    ("9", FindingSeverity.CRITICAL),
    ("7", FindingSeverity.HIGH),
    ("4", FindingSeverity.MEDIUM),
    ("0.1", FindingSeverity.LOW),
)
_ORDER = tuple(FindingSeverity)


class _Database(Struct):
    last_update: str | None = field(name="lastUpdate", default=None)


class _Score(Struct):
    score: str


class _Entry(Struct):
    id: str
    severity: list[_Score] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)


class _Scanner(Struct):
    uri: str
    result: list[_Entry] | dict[str, Any]
    version: str | None = None
    db: _Database | None = None


class _Vulnerability(Struct, rename="pascal"):
    vulnerability_i_d: str = field(name="VulnerabilityID")
    severity: str = "unknown"
    pkg_name: str | None = None
    installed_version: str | None = None
    fixed_version: str | None = None


class _Target(Struct, rename="pascal"):
    vulnerabilities: list[_Vulnerability] | None = None


class _Report(Struct, rename="pascal"):
    results: list[_Target] | None = None


def severity_of(word: str) -> FindingSeverity:
    """The severity that a scanner's word, or a CVSS base score, stands for."""
    named = _WORDS.get(word.lower())
    if named is not None:
        return named
    try:
        score = Decimal(word)
    except InvalidOperation:
        return FindingSeverity.UNKNOWN
    if not score.is_finite() or not 0 <= score <= 10:
        return FindingSeverity.UNKNOWN
    return next((each for least, each in _RATINGS if score >= Decimal(least)), FindingSeverity.NEGLIGIBLE)


def write_scan(scan: ScanFact, started: datetime, finished: datetime) -> dict[str, Any]:
    """The predicate of a scan (vulns/v0.2). `scan.scanner` is a URI."""
    database = {} if scan.database is None else {"db": {"lastUpdate": times.spell(scan.database)}}
    version = {} if scan.version is None else {"version": scan.version}
    packages = {} if scan.packages is None else {PACKAGES_FIELD: scan.packages}
    found = [_written(each) for each in scan.findings]
    return {
        "scanner": {"uri": scan.scanner, **version, **database, "result": found},
        "metadata": {"scanStartedOn": times.spell(started), "scanFinishedOn": times.spell(finished)},
        **packages,
    }


def _written(finding: FindingFact) -> dict[str, Any]:
    named = {"package": finding.package, "installed": finding.installed, "fixed": finding.fixed}
    notes = [{name: value} for name, value in named.items() if value is not None]
    severity = [{"method": _METHOD, "score": finding.severity.value}]
    return {"id": finding.id, "severity": severity, **({"annotations": notes} if notes else {})}


def read_scan(predicate: Predicate) -> ScanFact | str:
    """What a scan says, or the code of why it cannot be said: `bad-scan`, `too-many-findings`."""
    try:
        scanner = msgspec.convert(predicate.get("scanner"), _Scanner)
        database = scanner.db.last_update if scanner.db is not None else None
        updated = None if database is None else read_time(database)
        packages = msgspec.convert(predicate.get(PACKAGES_FIELD), int | None)
        findings = list(_findings(scanner.result))
    except (msgspec.ValidationError, ValueError):
        return "bad-scan"
    if packages is not None and packages < 0:
        return "bad-scan"
    if len(findings) > MOST_FINDINGS:
        return "too-many-findings"
    return ScanFact(scanner.uri, scanner.version, updated, packages, tuple(sorted(set(findings), key=_key)))


def _key(finding: FindingFact) -> tuple[str, ...]:
    return tuple(value or "" for value in msgspec.structs.astuple(finding))


def _findings(result: list[_Entry] | dict[str, Any]) -> Iterator[FindingFact]:
    if isinstance(result, list):
        yield from map(_of_entry, result)
        return
    if "Results" not in result:
        # Another scanner's report: that it has no findings cannot be told.
        raise ValueError("not a report that is read")
    for target in msgspec.convert(result, _Report).results or ():
        for each in target.vulnerabilities or ():
            severity = severity_of(each.severity)
            versions = each.installed_version, each.fixed_version or None
            yield FindingFact(each.vulnerability_i_d, severity, each.pkg_name, *versions)


def _of_entry(entry: _Entry) -> FindingFact:
    # The worst of what several methods say.
    severities = [severity_of(each.score) for each in entry.severity] or [FindingSeverity.UNKNOWN]
    notes = {name: value for each in entry.annotations for name, value in each.items()}
    package, installed, fixed = (
        value if isinstance(value := notes.get(name), str) else None
        for name in ("package", "installed", "fixed")
    )
    return FindingFact(entry.id, min(severities, key=_ORDER.index), package, installed, fixed)


def _facts(predicate: Predicate, _checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    scan = read_scan(predicate)
    return {"code": scan} if isinstance(scan, str) else {"scan": scan}


TYPE = StatementType(
    name="vulnerabilities",
    uris=(
        "https://in-toto.io/attestation/vulns/v0.2",
        "https://cosign.sigstore.dev/attestation/vuln/v1",
    ),
    times=(("metadata", "scanFinishedOn"), ("metadata", "scanStartedOn")),
    facts=_facts,
)
