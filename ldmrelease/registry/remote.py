"""A registry's repository over HTTP (OCI distribution specification 1.1)."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict
from urllib.parse import urlencode, urljoin

from urllib3.exceptions import HTTPError

from ldmrelease.domain.images import check_digest, check_tag, digest_of, is_digest
from ldmrelease.registry.errors import (
    BadAnswer,
    DigestMismatch,
    LimitExceeded,
    NotFound,
    RegistryUnreachable,
    SchemaOne,
    reading_answer,
)
from ldmrelease.registry.fallback import of_type
from ldmrelease.registry.http import HttpCall, HttpResponse, Transport
from ldmrelease.registry.manifests import ACCEPTED, SCHEMA_1_TYPES, Descriptor, Manifest, parse_object
from ldmrelease.registry.pages import read_pages
from ldmrelease.registry.remote_lists import ReferrerLists
from ldmrelease.registry.repository import BLOB_LIMIT, MANIFEST_LIMIT, MIB, Repository

_ACCEPT = {"Accept": ", ".join(ACCEPTED)}
_Scopes = frozenset[str]
_NO_HEAD = (405, 501)
"""What a registry says that knows GET alone."""
_OCTETS = "application/octet-stream"
_PAGE_LIMIT = 4 * MIB
_TAGS_PER_PAGE = 1000
_TAGS_LIMIT = 200_000


class _Where(TypedDict):
    method: str
    repository: str


class RemoteRepository:
    """One repository of the registry that `transport` talks to."""

    def __init__(self, transport: Transport, repository: str) -> None:
        self.name = f"{transport.registry}/{repository}"
        self.transport = transport
        self.meter = transport.meter
        self.path = repository
        self._root = f"/v2/{repository}"
        self._pull = frozenset({f"repository:{repository}:pull"})
        self._push = frozenset({f"repository:{repository}:pull,push"})
        self._lists = ReferrerLists(self)

    @property
    def local(self) -> bool:
        return False

    def prepare(self) -> None:
        self.transport.connect()

    def resolve(self, tag_or_digest: str) -> Descriptor | None:
        answer = self._read("HEAD", f"/manifests/{_target(tag_or_digest)}")
        if answer.status == 404:
            return None
        if answer.status in _NO_HEAD:
            return self._resolved_by_get(tag_or_digest)
        self._expect("HEAD", answer, 200)
        digest, size = answer.headers.get("Docker-Content-Digest"), answer.headers.get("Content-Length", "")
        if digest is None or not is_digest(digest) or not size.isdigit():
            return self._resolved_by_get(tag_or_digest)
        if is_digest(tag_or_digest) and digest != tag_or_digest:
            raise DigestMismatch(f"asked for {tag_or_digest}, got {digest}", **self._where("HEAD"))
        return Descriptor(_media_type(answer), digest, int(size))

    def _resolved_by_get(self, tag_or_digest: str) -> Descriptor | None:
        try:
            manifest = self.manifest(tag_or_digest)
        except NotFound:
            return None
        return Descriptor(manifest.media_type, manifest.digest, len(manifest.content))

    def manifest(self, tag_or_digest: str) -> Manifest:
        answer = self._read("GET", f"/manifests/{_target(tag_or_digest)}", MANIFEST_LIMIT)
        if answer.status == 404:
            raise NotFound(f"no manifest {tag_or_digest}", status=404, **self._where("GET"))
        self._expect("GET", answer, 200)
        if _media_type(answer) in SCHEMA_1_TYPES:
            # Its digest is not of these bytes, but of what is signed in them.
            raise SchemaOne(f"{tag_or_digest} is an image of schema 1", **self._where("GET"))
        digest = digest_of(answer.content)
        claimed = (
            tag_or_digest if is_digest(tag_or_digest) else answer.headers.get("Docker-Content-Digest", digest)
        )
        if claimed != digest:
            raise DigestMismatch(f"asked for {tag_or_digest}, got bytes of {digest}", **self._where("GET"))
        return Manifest(answer.content, self._checked_type(answer), digest)

    def put_manifest(self, content: bytes, media_type: str, tag: str | None = None) -> str:
        digest = digest_of(content)
        path = f"/manifests/{digest if tag is None else check_tag(tag)}"
        answer = self._write("PUT", path, content, media_type)
        self._expect("PUT", answer, 201, 200, 202)
        if answer.headers.get("Docker-Content-Digest", digest) != digest:
            raise DigestMismatch(f"the registry stored something else than {digest}", **self._where("PUT"))
        if "OCI-Subject" in answer.headers:
            self.transport.has_referrers_api = True
        return digest

    def blob(self, digest: str, *, limit: int = BLOB_LIMIT) -> bytes:
        answer = self._read("GET", f"/blobs/{check_digest(digest)}", limit)
        if answer.status == 404:
            raise NotFound(f"no blob {digest}", status=404, **self._where("GET"))
        self._expect("GET", answer, 200)
        if digest_of(answer.content) != digest:
            raise DigestMismatch(f"asked for {digest}, got other bytes", **self._where("GET"))
        return answer.content

    def stream_blob(self, digest: str) -> Iterator[bytes]:
        call = HttpCall("GET", f"{self._root}/blobs/{check_digest(digest)}", self.name, self._pull)
        with contextlib.closing(self.transport.open(call)) as response:
            if response.status == 404:
                raise NotFound(f"no blob {digest}", status=404, **self._where("GET"))
            if response.status != 200:
                raise BadAnswer(f"{response.status}", status=response.status, **self._where("GET"))
            seen = hashlib.sha256()
            try:
                for chunk in response.stream(MIB, decode_content=False):
                    seen.update(chunk)
                    yield chunk
            except HTTPError as error:
                raise RegistryUnreachable(str(error), **self._where("GET")) from error
            if f"sha256:{seen.hexdigest()}" != digest:
                raise DigestMismatch(f"asked for {digest}, got other bytes", **self._where("GET"))

    def put_blob(self, content: bytes) -> str:
        digest = digest_of(content)
        try:
            self._upload(digest, len(content), content)
        except RegistryUnreachable:
            # The upload may have ended well with its answer lost; the same session cannot be used twice.
            if not self.has_blob(digest):
                self._upload(digest, len(content), content)
        return digest

    def put_stream(self, digest: str, size: int, chunks: Iterable[bytes]) -> None:
        self._upload(check_digest(digest), size, chunks)

    def has_blob(self, digest: str) -> bool:
        answer = self._read("HEAD", f"/blobs/{check_digest(digest)}")
        if answer.status in _NO_HEAD:
            return self._begins(digest)
        if answer.status == 404:
            return False
        self._expect("HEAD", answer, 200)
        return True

    def _begins(self, digest: str) -> bool:
        """Whether a GET of a blob is answered with it; the bytes are left unread."""
        call = HttpCall("GET", f"{self._root}/blobs/{digest}", self.name, self._pull)
        with contextlib.closing(self.transport.open(call)) as response:
            if response.status not in (200, 404):
                raise BadAnswer(f"{response.status}", status=response.status, **self._where("GET"))
            return response.status == 200

    def mount(self, digest: str, source: Repository) -> bool:
        if not isinstance(source, RemoteRepository) or source.transport.registry != self.transport.registry:
            return False
        query = urlencode({"mount": check_digest(digest), "from": source.path})
        answer = self._write("POST", f"/blobs/uploads/?{query}", b"", also=source._pull)
        # 202: the registry does not mount and began an upload instead, which it will forget.
        self._expect("POST", answer, 201, 202)
        return answer.status == 201

    def tags(self) -> list[str]:
        found: list[str] = []
        for page in self.pages(f"/tags/list?n={_TAGS_PER_PAGE}"):
            if page.status == 404:
                break
            found.extend(self._tag_page(page))
            if len(found) > _TAGS_LIMIT:
                raise LimitExceeded(f"more than {_TAGS_LIMIT} tags", **self._where("GET"))
        return sorted(set(found))

    def referrers(self, digest: str, artifact_type: str | None = None) -> list[Descriptor]:
        return of_type(self._lists.read(digest), artifact_type)

    def record_referrers(self, subject: str, referrers: Sequence[Descriptor]) -> None:
        self._lists.record(subject, referrers)

    def pages(self, path: str) -> Iterator[HttpResponse]:
        """The pages of a list below this repository; a missing list is one page with status 404."""
        with reading_answer("GET", self.name):
            yield from read_pages(self._root + path, self._page)

    def _tag_page(self, page: HttpResponse) -> list[str]:
        with reading_answer("GET", self.name):
            tags = parse_object(page.content).get("tags") or []
            if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
                raise ValueError("no list of tags")
            return tags

    def _page(self, url: str) -> HttpResponse:
        answer = self.transport.fetch(HttpCall("GET", url, self.name, self._pull), limit=_PAGE_LIMIT)
        if answer.status != 404:
            self._expect("GET", answer, 200)
        return answer

    def _upload(self, digest: str, size: int, body: bytes | Iterable[bytes]) -> None:
        begun = self._write("POST", "/blobs/uploads/", b"")
        self._expect("POST", begun, 202)
        location = begun.headers.get("Location")
        if location is None:
            raise BadAnswer("an upload was begun without a Location", **self._where("POST"))
        joint = "&" if "?" in location else "?"
        url = urljoin(f"{self._root}/blobs/uploads/", location) + joint + urlencode({"digest": digest})
        headers = {"Content-Type": _OCTETS, "Content-Length": str(size)}
        # An upload's session ends with its PUT: whoever repeats begins anew.
        call = HttpCall("PUT", url, self.name, self._push, headers, body, repeatable=False)
        self._expect("PUT", self.transport.fetch(call, limit=MIB), 201)

    def _read(self, method: str, path: str, limit: int = MIB) -> HttpResponse:
        return self.transport.fetch(
            HttpCall(method, self._root + path, self.name, self._pull, _ACCEPT), limit=limit
        )

    def _write(
        self,
        method: str,
        path: str,
        body: bytes,
        media_type: str = _OCTETS,
        also: frozenset[str] = frozenset(),
    ) -> HttpResponse:
        headers = {"Content-Type": media_type}
        call = HttpCall(method, self._root + path, self.name, self._push | also, headers, body)
        return self.transport.fetch(call, limit=MIB)

    def _expect(self, method: str, answer: HttpResponse, *statuses: int) -> None:
        if answer.status not in statuses:
            what = f"{answer.status} {answer.explanation()}".strip()
            raise BadAnswer(what, status=answer.status, **self._where(method))

    def _checked_type(self, answer: HttpResponse) -> str:
        media_type = _media_type(answer)
        with reading_answer("GET", self.name):
            stated = parse_object(answer.content).get("mediaType", media_type)
            if stated != media_type:
                raise ValueError(f"a manifest of type {stated} came as {media_type}")
        return media_type

    def _where(self, method: str) -> _Where:
        return {"method": method, "repository": self.name}


def _target(tag_or_digest: str) -> str:
    return tag_or_digest if is_digest(tag_or_digest) else check_tag(tag_or_digest)


def _media_type(answer: HttpResponse) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip()
