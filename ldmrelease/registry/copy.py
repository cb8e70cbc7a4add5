"""Copy images and what refers to them from one repository to another, in as few requests as can be.

An image of L layers within one registry takes L + 3 requests (manifest, a mount for each layer and for the
configuration, manifest again) after the one look whether it is there already. The children of an index and
the referrers are counted beside that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TypeVar

from ldmrelease.domain.images import is_digest
from ldmrelease.registry.errors import NotFound, Unreachable, reading_answer
from ldmrelease.registry.fallback import attestation_tag
from ldmrelease.registry.manifests import INDEX_TYPES, Descriptor, Manifest
from ldmrelease.registry.referrers import list_referrers, refers_to
from ldmrelease.registry.repository import Repository
from ldmrelease.registry.statements import carries, claims_to_be

_T = TypeVar("_T")
_R = TypeVar("_R")

# Measured with benchmarks/copy: more threads cost more than they bring.
_THREADS = 6
_STREAM_TRIES = 3


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What a copy did. `digest` is that of the image; `found` says that it was there already.

    `mounted` blobs moved no bytes; `uploaded` is in bytes. `referrers` were copied now, `left` were not
    because of their type. `requests` are HTTP requests to all registries involved; with several copies at
    once, theirs too.
    """

    digest: str
    found: bool
    mounted: int
    uploaded: int
    referrers: tuple[str, ...]
    left: tuple[str, ...]
    requests: int


def copy(
    source: Repository,
    reference: str,
    destination: Repository,
    *,
    tag: str | None = None,
    with_referrers: bool = True,
    skip_types: Collection[str] = (),
) -> CopyReport:
    """Copy the image that the tag or digest `reference` names.

    At the destination it gets the tag `tag`; without one the tag it was asked for by, if it was a tag.
    Referrers of the image and of its platforms go along, but for those whose artifact or predicate type is in
    `skip_types`: receipts and approvals hold for one place and are never copied. Raises RegistryError.
    """
    with Copier(source, destination, with_referrers=with_referrers, skip_types=skip_types) as copier:
        return copier.copy(reference, tag)


class Copier:
    """Copies any number of images between two repositories; its threads and what it learnt are shared."""

    def __init__(
        self,
        source: Repository,
        destination: Repository,
        *,
        with_referrers: bool = True,
        skip_types: Collection[str] = (),
    ) -> None:
        self._source = source
        self._destination = destination
        self._with_referrers = with_referrers
        self._skip_types = frozenset(skip_types)
        self._pool = ThreadPoolExecutor(_THREADS)
        self._in_turn = False
        # Tags that are known not to be at the destination.
        self._absent: frozenset[str] = frozenset()
        # Digests of blobs that are known to be at the destination, and whether mounting was ever refused.
        self._placed: set[str] = set()
        self._mounts = True

    def __enter__(self) -> Copier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def copy_all(self, references: Sequence[str]) -> list[CopyReport]:
        """Copy several images, in this order in the result; the first error ends it.

        The images go side by side and each one's requests one after another: that needs no waiting for each other.
        """
        if len(references) < _THREADS:
            return [self.copy(reference) for reference in references]
        self._in_turn = True
        # One list in place of a look for each image. A list that is cut short costs needless mounts, no more.
        self._absent = frozenset(references).difference(self._destination.tags())
        try:
            with ThreadPoolExecutor(_THREADS) as images:
                return list(images.map(self.copy, references))
        finally:
            self._in_turn, self._absent = False, frozenset()

    def copy(self, reference: str, tag: str | None = None) -> CopyReport:
        """Copy one image; arguments as of the function `copy`."""
        before = self._requests()
        if tag is None and not is_digest(reference):
            tag = reference
        work = _Work()
        look = self._start(self._look, tag or reference)
        # What a tag names must be read in any case; what a digest names only if it is not there yet.
        known = None if is_digest(reference) else self._source.manifest(reference)
        digest = reference if known is None else known.digest
        there = look()
        found = there is not None and there.digest == digest
        if there is not None and found:
            subjects = self._subjects_there(there)
            listings = self._listings(subjects)
        else:
            listings = self._listings([digest])
            manifest = known or self._source.manifest(digest)
            children = self._children(manifest)
            listings |= self._listings([child.digest for child in children])
            self._put_image(manifest, children, tag, work)
        for subject, listing in listings.items():
            self._put_referrers(subject, listing(), work)
        return CopyReport(
            digest,
            found,
            work.mounted,
            work.uploaded,
            tuple(work.referrers),
            tuple(work.left),
            self._requests() - before,
        )

    def _look(self, reference: str) -> Descriptor | None:
        absent = reference in self._absent and not is_digest(reference)
        return None if absent else self._destination.resolve(reference)

    def _subjects_there(self, there: Descriptor) -> list[str]:
        if not self._with_referrers or there.media_type not in INDEX_TYPES:
            return [there.digest]
        with reading_answer("GET", self._destination.name):
            children = self._destination.manifest(there.digest).children()
        return [there.digest, *(child.digest for child in children)]

    def _children(self, manifest: Manifest) -> list[Manifest]:
        """All manifests below an index, those of nested ones before them."""
        if not manifest.is_index:
            return []
        with reading_answer("GET", self._source.name):
            entries = manifest.children()
        found = []
        for child in self._each(self._source.manifest, [entry.digest for entry in entries]):
            found += [*self._children(child), child]
        return found

    def _put_image(
        self, manifest: Manifest, children: Sequence[Manifest], tag: str | None, work: _Work
    ) -> None:
        images = [each for each in (*children, manifest) if not each.is_index]
        self._place_blobs(images, work)
        # Children before what names them, as registries demand it.
        plain = [child for child in children if not child.is_index]
        self._each(self._put_manifest, plain)
        for child in children:
            if child.is_index:
                self._put_manifest(child)
        self._destination.put_manifest(manifest.content, manifest.media_type, tag)

    def _put_manifest(self, manifest: Manifest) -> str:
        return self._destination.put_manifest(manifest.content, manifest.media_type)

    def _place_blobs(self, manifests: Iterable[Manifest], work: _Work) -> None:
        blobs: dict[str, Descriptor] = {}
        with reading_answer("GET", self._source.name):
            for manifest in manifests:
                blobs |= {blob.digest: blob for blob in manifest.blobs() if blob.digest not in self._placed}
        for mounted, uploaded in self._each(self._place_blob, blobs.values()):
            work.mounted += mounted
            work.uploaded += uploaded
        self._placed |= blobs.keys()

    def _place_blob(self, blob: Descriptor) -> tuple[int, int]:
        """Returns how many blobs were mounted (0 or 1) and how many bytes were sent."""
        if self._mounts:
            if self._destination.mount(blob.digest, self._source):
                return 1, 0
            # Refused once: with another registry it will be refused again, and cost a request each time.
            self._mounts = False
        if self._destination.has_blob(blob.digest):
            return 0, 0
        for attempt in range(_STREAM_TRIES):
            try:
                self._destination.put_stream(blob.digest, blob.size, self._source.stream_blob(blob.digest))
            except Unreachable:
                if attempt == _STREAM_TRIES - 1:
                    raise
            else:
                break
        return 0, blob.size

    def _listings(self, subjects: Iterable[str]) -> dict[str, Callable[[], list[Descriptor]]]:
        if not self._with_referrers:
            return {}
        return {each: self._start(partial(list_referrers, self._source), each) for each in subjects}

    def _put_referrers(self, subject: str, listed: Sequence[Descriptor], work: _Work) -> None:
        wanted = []
        for each in listed:
            if claims_to_be(each, self._skip_types):
                work.left.append(each.digest)
            else:
                wanted.append(each)
        if not wanted:
            return
        there = {each.digest for each in list_referrers(self._destination, subject)}
        missing = [each for each in wanted if each.digest not in there]
        copied = [self._put_referrer(subject, each, work) for each in missing]
        listable = [each for each in copied if each is not None]
        if listable:
            self._destination.record_referrers(subject, listable)

    def _put_referrer(self, subject: str, listed: Descriptor, work: _Work) -> Descriptor | None:
        """Copy one referrer unless it is of a kind that stays; returns what is to be listed as a referrer.

        What is gone, or is about something else, is none; cosign's older form is found by its tag, not in a
        list.
        """
        try:
            manifest = self._source.manifest(listed.digest)
        except NotFound:
            return None
        with reading_answer("GET", self._source.name):
            if manifest.is_index or not refers_to(manifest, listed, subject):
                return None
            if carries(self._source, manifest, listed, self._skip_types):
                work.left.append(listed.digest)
                return None
            own, is_legacy = manifest.descriptor(), manifest.subject() is None
        self._place_blobs([manifest], work)
        tag = attestation_tag(subject) if is_legacy else None
        self._destination.put_manifest(manifest.content, manifest.media_type, tag)
        work.referrers.append(listed.digest)
        return None if is_legacy else own

    def _each(self, act: Callable[[_T], _R], items: Iterable[_T]) -> list[_R]:
        if self._in_turn:
            return [act(item) for item in items]
        return list(self._pool.map(act, items))

    def _start(self, act: Callable[[_T], _R], item: _T) -> Callable[[], _R]:
        """Begin now, if there are threads for it; calling what comes back gives the result."""
        return partial(act, item) if self._in_turn else self._pool.submit(act, item).result

    def _requests(self) -> int:
        meters = {id(meter): meter for meter in (self._source.meter, self._destination.meter)}
        return sum(meter.requests for meter in meters.values())


class _Work:
    """What one copy did so far."""

    def __init__(self) -> None:
        self.mounted = 0
        self.uploaded = 0
        self.referrers: list[str] = []
        self.left: list[str] = []
