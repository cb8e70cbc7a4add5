"""What images say of themselves, read from their registries: labels, variables, annotations.

Each image is read once, by digest: from the user's cache, else from its registry, all registries at the same time and
none longer than the time limit. One that does not answer holds up nothing but what is asked of its own images.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby

from msgspec import Struct

from ldmrelease.domain.errors import reason_of
from ldmrelease.domain.images import PlatformImage, parse_reference
from ldmrelease.domain.release import Component
from ldmrelease.registry.digest_cache import DigestCache
from ldmrelease.registry.errors import RegistryError, reading_answer
from ldmrelease.registry.image_config import (
    LARGEST,
    agreed,
    child_images,
    config_digest,
    read_annotations,
    read_config,
)
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import Repository
from ldmrelease.services.deployments.concurrency import Job, run_concurrently

_RUBIN_ENV = "LSST_CONDA_ENV_NAME"
"""The variable of the science pipelines' images that names their conda environment: `lsst-scipipe-9.0.0`."""
_ENVIRONMENT = "lsst-scipipe-"


class ImageQuestion(Struct, frozen=True):
    """An image in a repository (`source`), by the digest of its index or manifest, and whether its annotations are
    asked for. `platforms` are those that were pinned, of which no manifest has to be read to find the configuration.
    """

    source: str
    digest: str
    annotations: bool = False
    platforms: tuple[PlatformImage, ...] = ()


def question_of(component: Component, digest: str, *, annotations: bool) -> ImageQuestion:
    """The question for a pinned component of which a digest was seen: its own, or that of one of its platforms."""
    own = [each for each in component.platforms if digest in (each.manifest, each.config)]
    if own:
        return ImageQuestion(component.source, own[0].manifest, annotations, (own[0],))
    return ImageQuestion(component.source, component.digest, annotations, component.platforms)


class ImageMetadata(Struct, frozen=True):
    """What all platforms of an image say alike; `annotations` is empty where it was not asked for."""

    labels: dict[str, str]
    variables: dict[str, str]
    annotations: dict[str, str]

    @property
    def rubin_env(self) -> str | None:
        """The version of rubin-env that the image's variables name."""
        name = self.variables.get(_RUBIN_ENV, "")
        return name.removeprefix(_ENVIRONMENT) if name.startswith(_ENVIRONMENT) else None


Answers = dict[ImageQuestion, ImageMetadata | str]


def read_metadata(
    registries: Registries, cache: DigestCache, questions: Iterable[ImageQuestion], timeout: float
) -> Answers:
    """What images say of themselves, or why that is not known.

    timeout: in seconds, for all of them.
    """
    asked = sorted(dict.fromkeys(questions), key=lambda each: (each.source, each.digest, each.annotations))
    jobs: dict[str, Job[ImageQuestion, ImageMetadata | str]] = {
        source: partial(_job, registries, cache, source, list(own))
        for source, own in groupby(asked, key=lambda each: each.source)
    }
    answers = run_concurrently(jobs, timeout)
    late = f"no answer within {timeout:g} s"
    return {each: answers.get(each, f"{each.source}: {late}") for each in asked}


_opening = threading.Lock()


def _job(
    registries: Registries,
    cache: DigestCache,
    source: str,
    questions: list[ImageQuestion],
    tell: Callable[[ImageQuestion, ImageMetadata | str], None],
) -> None:
    with _opening:
        repository = registries.open(parse_reference(source))
    for each in questions:
        try:
            tell(each, _read(repository, cache, each))
        except (RegistryError, OSError) as error:
            tell(each, f"{source}: {error.what if isinstance(error, RegistryError) else reason_of(error)}")


def _read(repository: Repository, cache: DigestCache, question: ImageQuestion) -> ImageMetadata:
    with reading_answer("GET", repository.name):
        manifests = _Manifests(repository, cache)
        images = [_Image(each.manifest, each.config) for each in question.platforms]
        images = images or [*manifests.images(question.digest)]
        configs = [read_config(manifests.blob(each.config)) for each in images]
        told = [
            read_annotations(manifests.manifest(each.manifest)) for each in images if question.annotations
        ]
        own = read_annotations(manifests.manifest(question.digest)) if question.annotations else {}
    labels, variables = (
        agreed([each.labels for each in configs]),
        agreed([each.variables for each in configs]),
    )
    return ImageMetadata(labels, variables, agreed(told) | own)


class _Image(Struct, frozen=True):
    """An image of one platform, by the digests of its manifest and its configuration."""

    manifest: str
    config: str


class _Manifests(Struct, frozen=True):
    """Reads what digests name, from the cache or the repository."""

    repository: Repository
    cache: DigestCache

    def images(self, digest: str) -> Iterator[_Image]:
        """Those of an index, or the one of a manifest. Raises ValueError."""
        content = self.manifest(digest)
        children = [*child_images(content)]
        for each in children:
            yield from self.images(each)
        if not children:
            yield _Image(digest, config_digest(content))

    def manifest(self, digest: str) -> bytes:
        """The bytes of a manifest or index."""
        return self._kept(digest, lambda: self.repository.manifest(digest).content)

    def blob(self, digest: str) -> bytes:
        """The bytes of a small blob."""
        return self._kept(digest, lambda: self.repository.blob(digest, limit=LARGEST))

    def _kept(self, digest: str, read: Callable[[], bytes]) -> bytes:
        found = self.cache.get(digest, LARGEST)
        if found is None:
            found = read()
            self.cache.put(digest, found)
        return found
