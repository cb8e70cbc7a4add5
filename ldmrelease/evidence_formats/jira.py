"""An issue of Jira as JSON, with its history (`GET /rest/api/2/issue/KEY?expand=changelog`).

An RFC that was adopted is an approval of the change control board, and so is the label `backport-approved`: both as the
history tells them, by whom and when, as long as the issue still says so.
"""

from datetime import datetime

from msgspec import Struct, field

from ldmrelease.domain.document_faults import DocumentFaults, refused
from ldmrelease.evidence_formats.found import ApprovalFound
from ldmrelease.evidence_formats.interface import EvidenceFormat
from ldmrelease.evidence_formats.typed_fields import Fields, read_object

ADOPTED = "Adopted"
_SINCE_ADOPTED = ("Adopted", "Implemented")
LABEL = "backport-approved"


class _Status(Struct):
    name: str


class _Fields(Struct):
    status: _Status
    labels: list[str] = field(default_factory=list)


class _Person(Struct, rename="camel"):
    name: str | None = None
    display_name: str | None = None
    account_id: str | None = None

    @property
    def called(self) -> str:
        """As the system calls whom it is."""
        return self.name or self.account_id or self.display_name or ""


class _Change(Struct):
    created: str
    items: list[dict[str, object]]
    author: _Person | None = None


class _History(Struct):
    histories: list[object]
    total: int | None = None


class _Issue(Struct):
    key: str
    fields: _Fields
    changelog: _History
    self: str | None = None


def read(data: bytes) -> ApprovalFound | DocumentFaults:
    """The approval that the issue is."""
    plain = read_object(data)
    if isinstance(plain, DocumentFaults):
        return plain
    fields = Fields()
    issue = fields.read(plain, _Issue)
    if issue is None:
        return DocumentFaults(tuple(fields.faults))
    fields.name(issue.key, "key")
    listed = issue.changelog.histories
    if issue.changelog.total is not None and issue.changelog.total > len(listed):
        message = f"{len(listed)} of {issue.changelog.total} changes"
        fields.note(("changelog", "total"), message, issue.changelog.total, "the whole history")
    status, labels = issue.fields.status.name, issue.fields.labels
    if status not in _SINCE_ADOPTED and LABEL not in labels:
        expected = f"{' or '.join(_SINCE_ADOPTED)}, or the label {LABEL}"
        fields.note(("fields", "status", "name"), f"{issue.key} is not approved", status, expected)
        return DocumentFaults(tuple(fields.faults))
    found = _approval(issue, status in _SINCE_ADOPTED, fields)
    return fields.refused() or found


def _approval(issue: _Issue, adopted: bool, fields: Fields) -> ApprovalFound | DocumentFaults:
    """The last change that approved: by whom, and when."""
    last: tuple[datetime, str] | None = None
    for index, change in fields.each(issue.changelog.histories, _Change, "changelog", "histories"):
        if not any(_approves(each, adopted) for each in change.items):
            continue
        path = ("changelog", "histories", index)
        time = fields.time(change.created, *path, "created")
        person = fields.name(change.author.called if change.author else "", *path, "author")
        if time is not None and (last is None or time >= last[0]):
            last = time, person
    if last is None:
        return refused("no-approval", f"its history does not tell who approved {issue.key}, and when")
    decision = "adopted" if adopted else LABEL
    return ApprovalFound("jira", issue.key, decision, (last[1],), last[0], issue.self)


def _approves(item: dict[str, object], adopted: bool) -> bool:
    if adopted:
        return item.get("field") == "status" and item.get("toString") == ADOPTED
    before, after = str(item.get("fromString") or "").split(), str(item.get("toString") or "").split()
    return item.get("field") == "labels" and LABEL in after and LABEL not in before


FORMAT = EvidenceFormat("jira", "Jira: an RFC that was adopted, or a backport", "jira", "approval", read)
