"""A gate's answer in SARIF 2.1.0 (OASIS, errata 01): what code scanning shows."""

import json
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import ldmrelease
from ldmrelease.answers.gate import GateAnswer, GateVerdict, SourceLocation
from ldmrelease.render.gate.report_rows import ReportRow, image_title, relative, report_rows

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_report(answer: GateAnswer, *, waiting_is_bad: bool) -> str:
    """The report, indented."""
    rows = list(report_rows(answer, waiting_is_bad=waiting_is_bad))
    rules = list(dict.fromkeys(each.rule for each in rows))
    driver = {
        "name": "ldmrelease",
        "semanticVersion": ldmrelease.__version__,
        "rules": [{"id": each} for each in rules],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": answer.verdict is not GateVerdict.UNDECIDED,
                "endTimeUtc": answer.now,
            }
        ],
        "results": [_result(each, rules.index(each.rule)) for each in rows],
        "properties": {"verdict": answer.verdict, "base": answer.base, "head": answer.head},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(row: ReportRow, rule: int) -> dict[str, Any]:
    about = [image_title(row.image)] if row.image is not None else []
    return {
        "ruleId": row.rule,
        "ruleIndex": rule,
        "level": row.severity,
        "message": {"text": "\n".join([*about, *row.lines])},
        "locations": [_location(row.location)],
        "partialFingerprints": {"finding/v1": _fingerprint(row)},
        "properties": _properties(row),
    }


def _location(location: SourceLocation) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(location.file)}}
    if location.line is not None:
        physical["region"] = {"startLine": max(location.line, 1)}
    found: dict[str, Any] = {"physicalLocation": physical}
    if location.path is not None:
        found["logicalLocations"] = [{"fullyQualifiedName": location.path, "kind": "member"}]
    return found


def _uri(file: str) -> str:
    if file.startswith("/"):
        return f"file://{quote(file, errors='surrogatepass')}"
    return quote(relative(file), errors="surrogatepass")


def _properties(row: ReportRow) -> dict[str, Any]:
    finding, image = row.finding, row.image
    found: dict[str, Any] = {}
    if image is not None:
        found |= {
            "verdict": image.verdict,
            "place": image.place,
            "image": image.image,
            "digest": image.digest,
            "release": image.release,
        }
    if finding is not None:
        found |= {
            "code": finding.code,
            "requirement": finding.requirement,
            "outcome": finding.outcome,
            "who": list(finding.who),
            "next": list(finding.next),
            "eligibleAt": finding.eligible_at,
        }
    return {key: value for key, value in found.items() if value not in (None, [])}


def _fingerprint(row: ReportRow) -> str:
    """The same as long as the same is said of the same image of the same file, on whatever line."""
    image = row.image
    about = (image.place, image.image) if image is not None else ()
    parts = [row.rule, row.location.file, row.location.path, *about]
    return sha256("\0".join(each or "" for each in parts).encode("utf-8", "backslashreplace")).hexdigest()
