"""Copy images and what refers to them from one repository to another, in as few requests as can be.

An image of L layers within one registry takes L + 3 requests (manifest, a mount for each layer and for the
configuration, manifest again) after the one look whether it is there already. The children of an index and
the referrers are counted beside that. Where requests are long on the way it takes three round trips: the
manifest and the look, all mounts, the manifest again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from msgspec import Struct

from ldmrelease.domain.images import is_digest
from ldmrelease.registry.copy_blobs import BlobCopier, CopyTotals
from ldmrelease.registry.copy_referrers import CopiedReferrers, ReferrerCopier, ReferrerListing
from ldmrelease.registry.errors import reading_answer
from ldmrelease.registry.manifests import INDEX_TYPES, Descriptor, Manifest
from ldmrelease.registry.repository import Repository
from ldmrelease.registry.workers import FEW, Workers


class CopyReport(Struct, frozen=True):
    """What a copy did. `digest` is that of the image; `found` says that it was there already.

    `mounted` blobs moved no bytes; `uploaded` is in bytes. `referrers` were copied now, cosign's attestations
    among them, and `tags` are cosign's that were written now; `left` were not because of their type.
    `requests` are HTTP requests to all registries involved; with several copies at once, theirs too.
    """

    digest: str
    found: bool
    mounted: int
    uploaded: int
    referrers: tuple[str, ...]
    tags: tuple[str, ...]
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
    Referrers of the image and of its platforms go along, and so does what cosign keeps at tags (attestations,
    signatures, SBOM), but for those whose artifact or predicate type is in `skip_types`: receipts and
    approvals hold for one place and are never copied. Raises RegistryError.
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
        self._workers = Workers()
        self._blobs = BlobCopier(source, destination, self._workers)
        self._referrers = ReferrerCopier(
            source, destination, self._workers, self._blobs, frozenset(skip_types)
        )
        # Tags that are known not to be at the destination, and all tags of the source if they are known.
        self._absent: frozenset[str] = frozenset()
        self._source_tags: frozenset[str] | None = None

    def __enter__(self) -> Copier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._workers.close()

    def copy_all(self, references: Sequence[str]) -> list[CopyReport]:
        """Copy several images, in this order in the result; the first error ends it.

        The images go side by side and each one's requests one after another: that needs no waiting for each other.
        """
        if len(references) < FEW:
            return [self.copy(reference) for reference in references]
        # One list in place of a look for each image. A list that is cut short costs needless mounts, no more.
        there = self._workers.first(lambda place: place.tags(), self._destination, self._prepare)
        self._absent = frozenset(references).difference(there)
        self._source_tags = self._tags_of_source(references) if self._with_referrers else None
        self._workers.in_turn = True
        try:
            with ThreadPoolExecutor(self._workers.width) as images:
                return list(images.map(self.copy, references))
        finally:
            self._workers.in_turn = False
            self._absent, self._source_tags = frozenset(), None

    def copy(self, reference: str, tag: str | None = None) -> CopyReport:
        """Copy one image; arguments as of the function `copy`."""
        before = self._requests()
        if tag is None and not is_digest(reference):
            tag = reference
        look = self._workers.start(self._look, tag or reference)
        # What a tag names must be read in any case; what a digest names only if it is not there yet.
        known = None if is_digest(reference) else self._read(reference)
        digest = reference if known is None else known.digest
        there = look()
        found = there is not None and there.digest == digest
        moved = CopyTotals()
        if there is not None and found:
            listings = self._listings(self._subjects_there(there))
        else:
            listings = self._listings([digest])
            manifest = known or self._read(digest)
            children = self._children(manifest)
            listings += self._listings([child.digest for child in children])
            moved = self._put_image(manifest, children, tag)
        beside = self._referrers.copy(listings) if listings else CopiedReferrers()
        moved += beside.moved
        requests = self._requests() - before
        return CopyReport(
            digest,
            found,
            moved.mounted,
            moved.uploaded,
            beside.referrers,
            beside.tags,
            beside.left,
            requests,
        )

    def _look(self, reference: str) -> Descriptor | None:
        absent = reference in self._absent and not is_digest(reference)
        return None if absent else self._destination.resolve(reference)

    def _read(self, reference: str) -> Manifest:
        return self._workers.first(self._source.manifest, reference, self._prepare)

    def _prepare(self) -> None:
        self._destination.prepare()
        # Repositories of one registry share connections, as they share their meter.
        if self._source.meter is not self._destination.meter:
            self._source.prepare()

    def _tags_of_source(self, references: Sequence[str]) -> frozenset[str] | None:
        """None if the list does not have what is known to be there, so that it says nothing of what is not."""
        tags = frozenset(self._source.tags())
        return tags if tags.issuperset(each for each in references if not is_digest(each)) else None

    def _listings(self, subjects: Sequence[str]) -> list[ReferrerListing]:
        return self._referrers.begin(subjects, self._source_tags) if self._with_referrers else []

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
        for child in self._workers.each(self._source.manifest, [entry.digest for entry in entries]):
            found += [*self._children(child), child]
        return found

    def _put_image(self, manifest: Manifest, children: Sequence[Manifest], tag: str | None) -> CopyTotals:
        moved = self._blobs.place(each for each in (*children, manifest) if not each.is_index)
        # Children before what names them, as registries demand it.
        self._workers.each(self._put_manifest, [child for child in children if not child.is_index])
        for child in children:
            if child.is_index:
                self._put_manifest(child)
        self._destination.put_manifest(manifest.content, manifest.media_type, tag)
        return moved

    def _put_manifest(self, manifest: Manifest) -> str:
        return self._destination.put_manifest(manifest.content, manifest.media_type)

    def _requests(self) -> int:
        meters = {id(meter): meter for meter in (self._source.meter, self._destination.meter)}
        return sum(meter.requests for meter in meters.values())
