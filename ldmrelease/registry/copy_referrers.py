"""What refers to an image, from one repository to another: what is listed as referrer, and cosign's tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, field

from ldmrelease.registry.copy_blobs import BlobCopier, CopyTotals
from ldmrelease.registry.cosign import ATTESTATIONS, SBOM, SUFFIXES, cosign_tag, joined
from ldmrelease.registry.errors import NotFound, reading_answer
from ldmrelease.registry.manifests import Descriptor, Manifest
from ldmrelease.registry.referrer_kinds import carries, claims_to_be
from ldmrelease.registry.repository import Repository
from ldmrelease.registry.workers import Workers


class ReferrerListing(Struct, frozen=True):
    """What is being asked about one subject; calling gives the answer. `tagged` is by suffix."""

    subject: str
    referrers: Callable[[], list[Descriptor]]
    tagged: dict[str, Callable[[], Descriptor | None]]


class CopiedReferrers(Struct, frozen=True):
    """Digests of what was copied and of what was left because of its type, and tags of cosign's written."""

    referrers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    moved: CopyTotals = field(default_factory=CopyTotals)


class _Found(Struct, frozen=True):
    """Something about the subject at the source; `suffix` is that of the tag if it is one of cosign's."""

    subject: str
    listed: Descriptor
    suffix: str | None = None

    @property
    def tag(self) -> str | None:
        return None if self.suffix is None else cosign_tag(self.subject, self.suffix)


class _Read(Struct, frozen=True):
    """`manifest` is what the source has, `put` what is to be put: None if that stays or is there already."""

    found: _Found
    manifest: Manifest | None = None
    put: Manifest | None = None
    left: bool = False


class ReferrerCopier:
    """`skip_types` are the artifact and predicate types that stay behind."""

    def __init__(
        self,
        source: Repository,
        destination: Repository,
        workers: Workers,
        blobs: BlobCopier,
        skip_types: frozenset[str],
    ) -> None:
        self._source = source
        self._destination = destination
        self._workers = workers
        self._blobs = blobs
        self._skip_types = skip_types

    def begin(self, subjects: Iterable[str], tags: frozenset[str] | None = None) -> list[ReferrerListing]:
        """Begin to ask the source what there is about these digests; `tags` are all it has, where known."""
        start, resolve = self._workers.start, self._source.resolve
        return [
            ReferrerListing(
                subject,
                start(self._source.referrers, subject),
                {
                    suffix: start(resolve, cosign_tag(subject, suffix))
                    for suffix in SUFFIXES
                    if tags is None or cosign_tag(subject, suffix) in tags
                },
            )
            for subject in subjects
        ]

    def copy(self, listings: Iterable[ReferrerListing]) -> CopiedReferrers:
        """Copy what was found and is not at the destination yet. Raises RegistryError."""
        found = [each for listing in listings for each in _found(listing)]
        left, wanted = list[_Found](), list[_Found]()
        for each in found:
            (left if claims_to_be(each.listed, self._skip_types) else wanted).append(each)
        missing = self._missing(wanted)
        read = self._workers.each(self._read, missing)
        left += [each.found for each in read if each.left]
        fresh = [each for each in read if each.put is not None]
        moved = self._blobs.place([each.manifest for each in fresh if each.manifest is not None])
        self._workers.each(self._put, fresh)
        self._record(fresh)
        return CopiedReferrers(
            tuple(
                each.put.digest for each in fresh if each.put and each.found.suffix in (None, ATTESTATIONS)
            ),
            tuple(each.found.tag for each in fresh if each.found.tag),
            tuple(each.listed.digest for each in left),
            moved,
        )

    def _missing(self, found: Sequence[_Found]) -> list[_Found]:
        subjects = list(dict.fromkeys(each.subject for each in found if each.suffix is None))
        lists = dict(zip(subjects, self._workers.each(self._destination.referrers, subjects), strict=True))
        there = {subject: {each.digest for each in listed} for subject, listed in lists.items()}
        return [each for each in found if each.suffix or each.listed.digest not in there[each.subject]]

    def _read(self, found: _Found) -> _Read:
        """What is gone, or is about something else, is nothing to copy."""
        there = self._destination.resolve(found.tag) if found.tag else None
        if there is not None and there.digest == found.listed.digest:
            return _Read(found)
        try:
            manifest = self._source.manifest(found.listed.digest)
        except NotFound:
            return _Read(found)
        with reading_answer("GET", self._source.name):
            if manifest.is_index or not _is_about(manifest, found):
                return _Read(found)
            if carries(self._source, manifest, found.listed, self._skip_types):
                return _Read(found, left=True)
        return _Read(found, manifest, self._beside(found, manifest, there))

    def _beside(self, found: _Found, manifest: Manifest, there: Descriptor | None) -> Manifest | None:
        """What to put, so that what others signed at the destination stays."""
        if there is None or found.suffix == SBOM:
            return manifest
        with reading_answer("GET", self._destination.name):
            put = joined(manifest, self._destination.manifest(there.digest))
        return None if put.digest == there.digest else put

    def _put(self, read: _Read) -> None:
        if read.put is not None:
            self._destination.put_manifest(read.put.content, read.put.media_type, read.found.tag)

    def _record(self, fresh: Iterable[_Read]) -> None:
        """Have them listed. cosign's older form is found by its tag, not in a list."""
        lists = defaultdict[str, list[Descriptor]](list)
        with reading_answer("GET", self._source.name):
            for each in fresh:
                if each.put is not None and each.found.suffix is None:
                    lists[each.found.subject].append(each.put.descriptor())
        self._workers.each(lambda item: self._destination.record_referrers(*item), lists.items())


def _found(listing: ReferrerListing) -> list[_Found]:
    found = [_Found(listing.subject, each) for each in listing.referrers()]
    for suffix, answer in listing.tagged.items():
        named = answer()
        if named is not None:
            found.append(_Found(listing.subject, named, suffix))
    return found


def _is_about(manifest: Manifest, found: _Found) -> bool:
    """Whether the manifest is about the subject; at cosign's tags the tag is enough to say so."""
    named = manifest.subject()
    return named == found.subject or (named is None and found.suffix is not None)
