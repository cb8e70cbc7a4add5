"""Reviews of a pull request, as GitHub tells them: of its API (`GET /repos/OWNER/NAME/pulls/N/reviews`), or
`gh pr view N --json author,files,headRefOid,number,reviews,url`, which also says who wrote it and what it changes.
"""

import re
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from ldmrelease.domain.document_faults import DocumentFaults, refused
from ldmrelease.domain.statement_facts import ReviewerFact, ReviewFact
from ldmrelease.evidence_formats.found import ReviewFound
from ldmrelease.evidence_formats.interface import EvidenceFormat
from ldmrelease.evidence_formats.typed_fields import Fields, read_json

_ADDRESS = re.compile(r"https://[^/]+/([^/]+/[^/]+)/pull/([0-9]+)")
_API_ADDRESS = re.compile(r"https://[^/]+(?:/api/v3)?/repos/([^/]+/[^/]+)/pulls/([0-9]+)")


class _User(Struct):
    login: str


class _Commit(Struct):
    oid: str


class _ApiReview(Struct):
    state: str
    user: _User | None = None
    submitted_at: str | None = None
    commit_id: str | None = None
    pull_request_url: str = ""


class _Review(Struct, rename="camel"):
    state: str
    author: _User | None = None
    submitted_at: str | None = None
    commit: _Commit | None = None


class _File(Struct):
    path: str


class _PullRequest(Struct, rename="camel"):
    author: _User
    head_ref_oid: str
    url: str
    reviews: list[object]
    files: list[_File] = field(default_factory=list)


class _Said(Struct, frozen=True):
    person: str
    state: str
    commit: str | None
    time: datetime | None


def read(data: bytes) -> ReviewFound | DocumentFaults:
    """What each reviewer said last, and of which commit."""
    plain = read_json(data)
    if isinstance(plain, DocumentFaults):
        return plain
    fields = Fields()
    return _of_pull_request(plain, fields) if isinstance(plain, dict) else _of_api(plain, fields)


def _of_api(plain: Any, fields: Fields) -> ReviewFound | DocumentFaults:
    said: list[_Said] = []
    references: set[str] = set()
    for index, each in fields.each(plain, _ApiReview):
        match = _API_ADDRESS.fullmatch(each.pull_request_url)
        references.add(f"{match[1]}#{match[2]}" if match else "")
        said += _said(fields, (index,), each.user, each.state, each.commit_id, each.submitted_at)
    if not fields.faults and (len(references) != 1 or "" in references):
        return refused("unexpected", "not the reviews of one pull request", expected="one pull_request_url")
    review = ReviewFact("github", "".join(references), None, None, _last(said))
    return fields.refused() or ReviewFound(review, _latest(said))


def _of_pull_request(plain: Any, fields: Fields) -> ReviewFound | DocumentFaults:
    request = fields.read(plain, _PullRequest)
    if request is None:
        return DocumentFaults(tuple(fields.faults))
    match = _ADDRESS.fullmatch(request.url)
    if match is None:
        fields.note(
            ("url",), "not the address of a pull request", request.url, "https://.../OWNER/NAME/pull/N"
        )
    said: list[_Said] = []
    for index, each in fields.each(request.reviews, _Review, "reviews"):
        commit = each.commit.oid if each.commit is not None else None
        said += _said(fields, ("reviews", index), each.author, each.state, commit, each.submitted_at)
    commit = fields.hexadecimal(request.head_ref_oid, "headRefOid")
    reference = f"{match[1]}#{match[2]}" if match else ""
    review = ReviewFact("github", reference, commit, request.author.login, _last(said))
    return fields.refused() or ReviewFound(review, _latest(said), tuple(each.path for each in request.files))


def _said(
    fields: Fields,
    path: tuple[str | int, ...],
    user: _User | None,
    state: str,
    commit: str | None,
    time: str | None,
) -> list[_Said]:
    if user is None:
        # Somebody who is no user any more.
        return []
    if commit is not None:
        fields.hexadecimal(commit, *path, "commit")
    return [_Said(fields.name(user.login, *path), state, commit, fields.time(time, *path, "submitted_at"))]


def _last(said: list[_Said]) -> tuple[ReviewerFact, ...]:
    """Of each person what was said last; a comment changes nothing, and what was dismissed is taken back."""
    last: dict[str, ReviewerFact] = {}
    for each in said:
        if each.state == "DISMISSED":
            last.pop(each.person, None)
        elif each.state in ("APPROVED", "CHANGES_REQUESTED"):
            last[each.person] = ReviewerFact(each.person, each.state == "APPROVED", each.commit, each.time)
    return tuple(last[name] for name in sorted(last))


def _latest(said: list[_Said]) -> datetime | None:
    return max((each.time for each in said if each.time is not None), default=None)


FORMAT = EvidenceFormat("github-reviews", "GitHub: reviews of a pull request", "github", "code-review", read)
