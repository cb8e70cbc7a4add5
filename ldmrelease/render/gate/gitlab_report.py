"""A gate's answer as a report of GitLab's Code Quality (docs.gitlab.com, "Code Quality report format")."""

import json
from collections import Counter
from hashlib import sha256
from typing import Any

from ldmrelease.answers.gate import GateAnswer
from ldmrelease.render.gate.report_rows import ReportRow, Severity, image_title, relative, report_rows

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTE: "info"}


def gitlab_report(answer: GateAnswer, *, waiting_is_bad: bool) -> str:
    """The report: GitLab shows what the base branch has not by its fingerprint, on whatever line that is."""
    seen: Counter[str] = Counter()
    found = [_finding(each, seen) for each in report_rows(answer, waiting_is_bad=waiting_is_bad)]
    return json.dumps(found, indent=2)


def _finding(row: ReportRow, seen: Counter[str]) -> dict[str, Any]:
    title = [image_title(row.image)] if row.image is not None else []
    description = ": ".join([*title, "; ".join(row.lines)])
    parts = [row.rule, row.location.file, row.location.path or "", *title]
    same = sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
    seen[same] += 1
    return {
        "description": description,
        "check_name": row.rule,
        "fingerprint": sha256(f"{same} {seen[same]}".encode()).hexdigest(),
        "severity": _SEVERITIES[row.severity],
        "location": {"path": relative(row.location.file), "lines": {"begin": max(row.location.line or 1, 1)}},
    }
