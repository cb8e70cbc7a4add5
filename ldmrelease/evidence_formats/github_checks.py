"""Check runs of a commit, as GitHub tells them (`GET /repos/OWNER/NAME/commits/REF/check-runs`). Each is a test."""

from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.document_faults import DocumentFaults, refused
from ldmrelease.evidence_formats.found import TestsFound
from ldmrelease.evidence_formats.interface import EvidenceFormat
from ldmrelease.evidence_formats.typed_fields import Fields, add_outcome, found_tests, read_object

_OUTCOMES = {
    "success": "passed",
    "neutral": "warned",
    "failure": "failed",
    "cancelled": "failed",
    "timed_out": "failed",
    "action_required": "failed",
    "startup_failure": "failed",
    "stale": "failed",
}
_SKIPPED = "skipped"


class _CheckRun(Struct):
    name: str
    head_sha: str
    status: str
    conclusion: str | None = None
    completed_at: str | None = None


def read(data: bytes) -> TestsFound | DocumentFaults:
    """The check runs of one commit, all of them, and all of them done."""
    plain = read_object(data)
    if isinstance(plain, DocumentFaults):
        return plain
    fields = Fields()
    tests: dict[str, str] = {}
    commits: set[str] = set()
    ended: list[datetime] = []
    listed = plain.get("check_runs")
    for index, run in fields.each(listed, _CheckRun, "check_runs"):
        path = ("check_runs", index)
        commits.add(fields.hexadecimal(run.head_sha, *path, "head_sha"))
        done = fields.time(run.completed_at, *path, "completed_at")
        ended += [] if done is None else [done]
        if run.status != "completed":
            fields.note((*path, "status"), f"{run.name[:60]} is not done", run.status, "completed")
        elif run.conclusion != _SKIPPED:
            if run.conclusion not in _OUTCOMES:
                fields.note((*path, "conclusion"), "not a conclusion", run.conclusion, ", ".join(_OUTCOMES))
            outcome = _OUTCOMES.get(run.conclusion or "", "failed")
            add_outcome(tests, fields.name(run.name, *path, "name"), outcome)
    total = plain.get("total_count")
    if isinstance(listed, list) and isinstance(total, int) and total > len(listed):
        whole = "all of them: ask with per_page=100, and for every page"
        fields.note(("total_count",), f"{len(listed)} of {total} check runs", total, whole)
    if len(commits) > 1:
        fields.note(("check_runs",), "check runs of several commits", len(commits), "those of one")
    if not tests and not fields.faults:
        return refused("no-tests", "nothing was run", expected="at least one check run that was not skipped")
    last = max(ended, default=None)
    commit = next(iter(commits), None)
    return fields.refused() or found_tests(tests, finished=last, commit=commit)


FORMAT = EvidenceFormat("github-checks", "GitHub: check runs of a commit", "github", "check", read)
