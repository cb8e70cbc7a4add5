"""What images say of themselves, read from their registries: labels, variables, annotations.

Each image is read once, by digest: from the user's cache, else from its registry, all registries at the same time and
none longer than the time limit. One that does not answer holds up nothing but what is asked of its own images.
"""

import threading
from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby

from msgspec import Struct

from ldmrelease.domain.errors import reason_of
from ldmrelease.domain.images import PlatformImage, parse_reference
from ldmrelease.domain.release import Component
from ldmrelease.registry.digest_cache import DigestCache
from ldmrelease.registry.errors import RegistryError, reading_answer
from ldmrelease.registry.image_config import LARGEST, ImageConfig, agreed, read_annotations, read_config
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import Repository
from ldmrelease.services.deployments.concurrency import Job, run_concurrently

_RUBIN_ENV = "LSST_CONDA_ENV_NAME"
"""The variable of the science pipelines' images that names their conda environment: `lsst-scipipe-9.0.0`."""
_ENVIRONMENT = "lsst-scipipe-"


class ImageQuestion(Struct, frozen=True):
    """An image of a component, by the digest that was seen, and whether its annotations are asked for."""

    component: Component
    digest: str
    annotations: bool = False

    @property
    def platforms(self) -> tuple[PlatformImage, ...]:
        """Those that the digest names: one, or all of an index."""
        own = [each for each in self.component.platforms if self.digest in (each.manifest, each.config)]
        return tuple(own) or self.component.platforms


class ImageSettings(Struct, frozen=True):
    """What all platforms of an image say alike; `annotations` is empty where it was not asked for."""

    labels: dict[str, str]
    variables: dict[str, str]
    annotations: dict[str, str]

    @property
    def rubin_env(self) -> str | None:
        """The version of rubin-env that the image's variables name."""
        name = self.variables.get(_RUBIN_ENV, "")
        return name.removeprefix(_ENVIRONMENT) if name.startswith(_ENVIRONMENT) else None


Answers = dict[ImageQuestion, ImageSettings | str]


def read_settings(
    registries: Registries, cache: DigestCache, questions: Iterable[ImageQuestion], timeout: float
) -> Answers:
    """What images say of themselves, or why that is not known.

    timeout: in seconds, for all of them.
    """
    asked = sorted(
        dict.fromkeys(questions), key=lambda each: (each.component.source, each.digest, each.annotations)
    )
    jobs: dict[str, Job[ImageQuestion, ImageSettings | str]] = {
        source: partial(_job, registries, cache, source, list(own))
        for source, own in groupby(asked, key=lambda each: each.component.source)
    }
    answers = run_concurrently(jobs, timeout)
    late = f"no answer within {timeout:g} s"
    return {each: answers.get(each, f"{each.component.source}: {late}") for each in asked}


_opening = threading.Lock()


def _job(
    registries: Registries,
    cache: DigestCache,
    source: str,
    questions: list[ImageQuestion],
    tell: Callable[[ImageQuestion, ImageSettings | str], None],
) -> None:
    with _opening:
        repository = registries.open(parse_reference(source))
    for each in questions:
        try:
            tell(each, _read(repository, cache, each))
        except (RegistryError, OSError) as error:
            tell(each, f"{source}: {error.what if isinstance(error, RegistryError) else reason_of(error)}")


def _read(repository: Repository, cache: DigestCache, question: ImageQuestion) -> ImageSettings:
    with reading_answer("GET", repository.name):
        configs = [_config(repository, cache, each) for each in question.platforms]
        annotations = _annotations(repository, cache, question) if question.annotations else {}
    return ImageSettings(
        agreed([each.labels for each in configs]), agreed([each.variables for each in configs]), annotations
    )


def _config(repository: Repository, cache: DigestCache, platform: PlatformImage) -> ImageConfig:
    digest = platform.config
    return read_config(_cached(cache, digest, lambda: repository.blob(digest, limit=LARGEST)))


def _annotations(repository: Repository, cache: DigestCache, question: ImageQuestion) -> dict[str, str]:
    manifests = [each.manifest for each in question.platforms]
    told = [_manifest_annotations(repository, cache, each) for each in manifests]
    index = question.component.digest
    own = {} if index in manifests else _manifest_annotations(repository, cache, index)
    return agreed(told) | own


def _manifest_annotations(repository: Repository, cache: DigestCache, digest: str) -> dict[str, str]:
    return read_annotations(_cached(cache, digest, lambda: repository.manifest(digest).content))


def _cached(cache: DigestCache, digest: str, read: Callable[[], bytes]) -> bytes:
    found = cache.get(digest, LARGEST)
    if found is None:
        found = read()
        cache.put(digest, found)
    return found
