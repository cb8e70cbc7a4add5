"""Whether images are there whole: index, and of each asked platform manifest, configuration and layers.

An index that answers says nothing about what it names: registries collect garbage, and copies are cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Literal, TypeVar

from msgspec import Struct

from ldmrelease.domain.images import ImageIdentity, without_os_version
from ldmrelease.registry.errors import NotFound, reading_answer
from ldmrelease.registry.manifests import Manifest
from ldmrelease.registry.repository import Repository
from ldmrelease.registry.workers import Workers

_R = TypeVar("_R")

PartKind = Literal["platform", "index", "manifest", "config", "layer"]


class MissingPart(Struct, frozen=True):
    """What the image with the digest `image` lacks: the digest `subject`, or the platform of this name."""

    image: str
    kind: PartKind
    subject: str


def missing_parts(
    repository: Repository, images: Sequence[ImageIdentity], platforms: Collection[str] = ()
) -> tuple[MissingPart, ...]:
    """What of these images is not in the repository; nothing, if each can be run on all of these platforms.

    `platforms` are normalised; without any, all that the images have are required. Each digest is asked for
    once, however many images have it; manifests of platforms are read, and checked against their digest.
    Raises RegistryError where the repository gives no trustworthy answer, which is not the same as "missing".
    """
    workers = Workers(in_turn=repository.local)
    try:
        look = _Look(repository, workers)
        look.read([_manifests(image, platforms) for image in images], [image.index for image in images])
        return tuple(part for image in images for part in look.missing(image, platforms))
    finally:
        workers.close()


class _Look:
    """What the repository has of what was asked for, each digest once."""

    def __init__(self, repository: Repository, workers: Workers) -> None:
        self._repository = repository
        self._workers = workers
        self._indexes: set[str] = set()
        self._manifests: dict[str, Manifest] = {}
        self._blobs: set[str] = set()

    def read(self, manifests: Iterable[Iterable[str]], indexes: Iterable[str]) -> None:
        repository = self._repository
        named = {digest for each in manifests for digest in each}
        found = self._ask(self._manifest, named)
        self._manifests = {each.digest: each for each in found if each is not None}
        self._indexes = {
            each.digest for each in self._ask(repository.resolve, set(indexes) - named) if each is not None
        }
        with reading_answer("GET", repository.name):
            blobs = {blob.digest for each in self._manifests.values() for blob in each.blobs()}
        self._blobs = {digest for digest in self._ask(self._blob, blobs) if digest is not None}

    def missing(self, image: ImageIdentity, platforms: Collection[str]) -> Iterator[MissingPart]:
        for platform in platforms:
            if image.platform(platform) is None:
                yield MissingPart(image.index, "platform", platform)
        manifests = _manifests(image, platforms)
        if image.index not in self._indexes and image.index not in manifests:
            yield MissingPart(image.index, "index", image.index)
        for digest in manifests:
            manifest = self._manifests.get(digest)
            if manifest is None:
                yield MissingPart(image.index, "manifest", digest)
            else:
                yield from self._missing_blobs(image, manifest)

    def _missing_blobs(self, image: ImageIdentity, manifest: Manifest) -> Iterator[MissingPart]:
        config, *layers = (blob.digest for blob in manifest.blobs())
        if config not in self._blobs:
            yield MissingPart(image.index, "config", config)
        for layer in dict.fromkeys(layers):
            if layer not in self._blobs:
                yield MissingPart(image.index, "layer", layer)

    def _ask(self, question: Callable[[str], _R], digests: Collection[str]) -> list[_R]:
        if not digests:
            return []
        # One goes first: how long it takes says how many may wait together.
        first, *others = sorted(digests)
        answer = self._workers.first(question, first, self._repository.prepare)
        return [answer, *self._workers.each(question, others)]

    def _manifest(self, digest: str) -> Manifest | None:
        try:
            return self._repository.manifest(digest)
        except NotFound:
            return None

    def _blob(self, digest: str) -> str | None:
        return digest if self._repository.has_blob(digest) else None


def _manifests(image: ImageIdentity, platforms: Collection[str]) -> tuple[str, ...]:
    """The digests of the manifests of these platforms, or of all."""
    return tuple(
        each.manifest
        for each in image.platforms
        if not platforms or {each.platform, without_os_version(each.platform)} & set(platforms)
    )
