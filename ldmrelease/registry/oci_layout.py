"""An OCI image layout as a repository (OCI image specification 1.1, "Image Layout").

A tag is the annotation `org.opencontainers.image.ref.name` of an entry of index.json, as skopeo reads and
writes it. A referrer is an entry of index.json without a tag, and is listed by the index at the fallback tag
of its subject.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ldmrelease.domain.errors import reason_of
from ldmrelease.domain.images import check_digest, check_tag, digest_of, is_digest
from ldmrelease.registry.durable_files import LayoutFiles
from ldmrelease.registry.errors import (
    BadAnswer,
    DigestMismatch,
    LimitExceeded,
    NotFound,
    RegistryError,
    reading_answer,
)
from ldmrelease.registry.fallback import fallback_index, fallback_tag, merged, of_type, read_fallback_index
from ldmrelease.registry.layout_index import REF_NAME, LayoutIndex
from ldmrelease.registry.manifests import (
    INDEX_TYPES,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    Manifest,
)
from ldmrelease.registry.repository import BLOB_LIMIT, MANIFEST_LIMIT, MIB, Meter, Observer, Repository

_LAYOUT_FILE = b'{"imageLayoutVersion":"1.0.0"}'


Manifests = dict[tuple[str, str | None], Manifest]
"""By digest and media type: a digest always means the same bytes."""


class LayoutRepository:
    """The directory need not exist before the first write. `name` is what errors and receipts call it.

    `manifests` are those that were read; whoever opens a layout several times hands them on.
    """

    def __init__(
        self,
        directory: Path,
        *,
        name: str,
        observer: Observer | None = None,
        manifests: Manifests | None = None,
    ) -> None:
        self.name = name
        self._manifests = {} if manifests is None else manifests
        self.meter = Meter()
        self._directory = directory
        self._blobs = f"{directory}/blobs/sha256/"
        self._files = LayoutFiles(directory, name, observer)

    @property
    def local(self) -> bool:
        return True

    def prepare(self) -> None:
        pass

    def resolve(self, tag_or_digest: str) -> Descriptor | None:
        if not is_digest(tag_or_digest):
            return self._tagged(tag_or_digest)
        if not self.has_blob(tag_or_digest):
            return None
        manifest = self._read_manifest(tag_or_digest)
        return Descriptor(manifest.media_type, manifest.digest, len(manifest.content))

    def manifest(self, tag_or_digest: str) -> Manifest:
        if is_digest(tag_or_digest):
            return self._read_manifest(tag_or_digest)
        entry = self._tagged(tag_or_digest)
        if entry is None:
            raise NotFound(f"no image {tag_or_digest}", method="READ", repository=self.name)
        return self._read_manifest(entry.digest, entry.media_type)

    def put_manifest(self, content: bytes, media_type: str, tag: str | None = None) -> str:
        manifest = Manifest(content, media_type, digest_of(content))
        name = None if tag is None else check_tag(tag)
        self._write_blob(manifest.digest, content)
        with reading_answer("WRITE", self.name):
            is_referrer = manifest.subject() is not None
        if name is not None:
            entry = Descriptor(media_type, manifest.digest, len(content))
            self._change_index(lambda index: index.with_tag(entry, name))
        elif is_referrer:
            listed = manifest.descriptor()
            self._change_index(lambda index: index.with_referrer(listed))
        return manifest.digest

    def blob(self, digest: str, *, limit: int = BLOB_LIMIT) -> bytes:
        try:
            # A decision reads hundreds of small blobs, and a Path costs as much as the file.
            with open(self._named(digest), "rb") as file:  # noqa: PTH123
                # As much as is there: to ask for the limit would take that much memory first.
                content = file.read(min(limit, os.fstat(file.fileno()).st_size) + 1)
        except FileNotFoundError:
            raise NotFound(f"no {digest}", method="READ", repository=self.name) from None
        except OSError as error:
            raise self._unreadable(error) from error
        if len(content) > limit:
            raise LimitExceeded(f"{digest} has more than {limit} bytes", method="READ", repository=self.name)
        if digest_of(content) != digest:
            raise DigestMismatch(f"{self._path(digest)} is not {digest}", method="READ", repository=self.name)
        return content

    def stream_blob(self, digest: str) -> Iterator[bytes]:
        seen = hashlib.sha256()
        try:
            with self._path(digest).open("rb") as file:
                while chunk := file.read(MIB):
                    seen.update(chunk)
                    yield chunk
        except FileNotFoundError:
            raise NotFound(f"no {digest}", method="READ", repository=self.name) from None
        except OSError as error:
            raise self._unreadable(error) from error
        if f"sha256:{seen.hexdigest()}" != digest:
            raise DigestMismatch(f"the bytes are not {digest}", method="READ", repository=self.name)

    def put_blob(self, content: bytes) -> str:
        digest = digest_of(content)
        self._write_blob(digest, content)
        return digest

    def put_stream(self, digest: str, size: int, chunks: Iterable[bytes]) -> None:
        if self.has_blob(digest):
            return
        self._ensure_layout()
        self._files.write(self._path(digest), self._checked(digest, size, chunks))

    def has_blob(self, digest: str) -> bool:
        return os.path.isfile(self._named(digest))  # noqa: PTH113 - as above

    def mount(self, digest: str, source: Repository) -> bool:
        if not isinstance(source, LayoutRepository):
            return False
        if self.has_blob(digest):
            return True
        for _ in source.stream_blob(digest):
            pass  # read once: a damaged blob must not spread
        self._ensure_layout()
        return self._files.link(source._path(digest), self._path(digest))

    def tags(self) -> list[str]:
        return self._index().tags()

    def referrers(self, digest: str, artifact_type: str | None = None) -> list[Descriptor]:
        return of_type(merged(self._fallback_entries(digest), self._scanned(digest)), artifact_type)

    def record_referrers(self, subject: str, referrers: Sequence[Descriptor]) -> None:
        with self._files.lock():
            known = self._fallback_entries(subject)
            wanted = merged(known, referrers)
            if wanted == known:
                return
            content = fallback_index(wanted)
            self._write_blob(digest_of(content), content)
            entry = Descriptor(OCI_INDEX, digest_of(content), len(content))
            self._write_index(self._index().with_listing(entry, fallback_tag(subject)))

    def _fallback_entries(self, subject: str) -> list[Descriptor]:
        entry = self._tagged(fallback_tag(subject))
        if entry is None:
            return []
        with reading_answer("READ", self.name):
            return read_fallback_index(self._read_manifest(entry.digest, entry.media_type))

    def _scanned(self, subject: str) -> list[Descriptor]:
        # Other writers, and a writer that was killed, leave entries that no fallback tag lists.
        found = []
        for entry in self._index().entries():
            if REF_NAME in entry.annotations or entry.media_type in INDEX_TYPES:
                continue
            manifest = self._manifests.get((entry.digest, entry.media_type))
            if manifest is None:
                try:
                    manifest = self._read_manifest(entry.digest, entry.media_type)
                except NotFound:
                    continue
            if not manifest.may_name(subject):
                continue
            with reading_answer("READ", self.name):
                if manifest.subject() == subject and self.has_blob(entry.digest):
                    found.append(manifest.descriptor())
        return found

    def _read_manifest(self, digest: str, media_type: str | None = None) -> Manifest:
        known = self._manifests.get((digest, media_type))
        if known is not None and self.has_blob(digest):
            return known
        manifest = self._manifests[digest, media_type] = self._new_manifest(digest, media_type)
        return manifest

    def _new_manifest(self, digest: str, media_type: str | None) -> Manifest:
        content = self.blob(digest, limit=MANIFEST_LIMIT)
        if media_type is None:
            with reading_answer("READ", self.name):
                media_type = _stated_type(Manifest(content, "", digest))
        return Manifest(content, media_type, digest)

    def _tagged(self, tag: str) -> Descriptor | None:
        with reading_answer("READ", self.name):
            return self._index().tagged(tag)

    def _index(self) -> LayoutIndex:
        try:
            content = (self._directory / "index.json").read_bytes()
        except FileNotFoundError:
            return LayoutIndex.empty()
        except OSError as error:
            raise self._unreadable(error) from error
        if not (self._directory / "oci-layout").is_file():
            raise BadAnswer("index.json without the file oci-layout", method="READ", repository=self.name)
        with reading_answer("READ", self.name):
            return LayoutIndex.parse(content)

    def _change_index(self, change: Callable[[LayoutIndex], LayoutIndex]) -> None:
        with self._files.lock():
            index = self._index()
            changed = change(index)
            if changed != index:
                self._write_index(changed)

    def _write_index(self, index: LayoutIndex) -> None:
        self._ensure_layout()
        self._files.write(self._directory / "index.json", [index.content()])

    def _ensure_layout(self) -> None:
        if not (self._directory / "oci-layout").is_file():
            self._index()  # a layout that lost this file is damaged, not new
            self._files.write(self._directory / "oci-layout", [_LAYOUT_FILE])

    def _write_blob(self, digest: str, content: bytes) -> None:
        self.put_stream(digest, len(content), [content])

    def _checked(self, digest: str, size: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
        seen, length = hashlib.sha256(), 0
        for chunk in chunks:
            seen.update(chunk)
            length += len(chunk)
            yield chunk
        if length != size or f"sha256:{seen.hexdigest()}" != digest:
            raise DigestMismatch(f"the bytes given are not {digest}", method="WRITE", repository=self.name)

    def _unreadable(self, error: OSError) -> RegistryError:
        hint = "check the directory and its permissions"
        return RegistryError(reason_of(error), method="READ", repository=self.name, hint=hint)

    def _path(self, digest: str) -> Path:
        return Path(self._named(digest))

    def _named(self, digest: str) -> str:
        return self._blobs + check_digest(digest).removeprefix("sha256:")


def _stated_type(manifest: Manifest) -> str:
    body = manifest.json()
    stated = body.get("mediaType")
    if isinstance(stated, str):
        return stated
    # skopeo before 1.10 states the type in index.json alone, which an index's children are not in.
    if "manifests" in body:
        return OCI_INDEX
    if "layers" in body:
        return OCI_MANIFEST
    raise ValueError(f"{manifest.digest} is not a manifest")
