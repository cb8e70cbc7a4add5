"""Which image a tag or digest names, by all the digests under which it may be seen to run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ldmrelease.domain.images import ImageIdentity, ImageProblem, PlatformImage, platform_of, with_os_version
from ldmrelease.registry.errors import NotFound, SchemaOne, reading_answer
from ldmrelease.registry.manifests import IMAGE_CONFIG_TYPES, INDEX_TYPES, Descriptor, Manifest, parse_object
from ldmrelease.registry.repository import Repository

# How buildkit marks an entry that is not an image but a statement about one.
_NO_PLATFORM = "unknown/unknown"
_OS_VERSION = re.compile(r"[0-9]+(\.[0-9]+){0,5}")


def identity(repository: Repository, tag_or_digest: str) -> ImageIdentity | ImageProblem:
    """Read index, platform manifests and, where the index is silent, configurations.

    Raises RegistryError where the repository gives no trustworthy answer; what is wrong with the image itself
    is an `ImageProblem`.
    """
    try:
        manifest = repository.manifest(tag_or_digest)
    except NotFound:
        return ImageProblem("absent", tag_or_digest)
    except SchemaOne:
        return ImageProblem("schema-1", tag_or_digest)
    with reading_answer("GET", repository.name):
        if manifest.is_index:
            return _of_index(repository, manifest)
        image = _of_manifest(repository, manifest, None)
    return image if isinstance(image, ImageProblem) else ImageIdentity(manifest.digest, (image,))


def _of_index(repository: Repository, index: Manifest) -> ImageIdentity | ImageProblem:
    images: dict[str, PlatformImage] = {}
    builds = _several_builds(index)
    for image in _platforms(repository, index, builds):
        if isinstance(image, ImageProblem):
            return image
        if image.platform in images:
            return ImageProblem("duplicate-platform", image.platform)
        images[image.platform] = image
    if not images:
        return ImageProblem("no-platform", index.digest)
    return ImageIdentity(index.digest, tuple(images[platform] for platform in sorted(images)))


def _several_builds(index: Manifest) -> frozenset[str]:
    """The platforms of which an index has several entries, each for another build of the operating system: Windows
    runs on its own build, or an older one."""
    versions: dict[str, list[str]] = {}
    for entry in index.children():
        if entry.platform:
            versions.setdefault(_platform(entry.platform), []).append(_os_version(entry.platform))
    return frozenset(
        platform
        for platform, found in versions.items()
        if len(found) > 1 and all(found) and len(set(found)) == len(found)
    )


def _os_version(platform: Mapping[str, object]) -> str:
    version = str(platform.get("os.version") or "")
    return version if _OS_VERSION.fullmatch(version) else ""


def _platforms(
    repository: Repository, index: Manifest, builds: frozenset[str]
) -> Iterator[PlatformImage | ImageProblem]:
    for entry in index.children():
        if entry.media_type in INDEX_TYPES:
            yield ImageProblem("nested-index", entry.digest)
            continue
        platform = _platform(entry.platform) if entry.platform else None
        if platform == _NO_PLATFORM:
            continue
        if entry.platform and platform in builds:
            platform = with_os_version(platform, _os_version(entry.platform))
        yield _child(repository, entry, platform)


def _child(repository: Repository, entry: Descriptor, platform: str | None) -> PlatformImage | ImageProblem:
    try:
        manifest = repository.manifest(entry.digest)
    except NotFound:
        return ImageProblem("child-absent", entry.digest)
    if manifest.is_index:
        return ImageProblem("nested-index", entry.digest)
    return _of_manifest(repository, manifest, platform)


def _of_manifest(
    repository: Repository, manifest: Manifest, platform: str | None
) -> PlatformImage | ImageProblem:
    config = manifest.config()
    if config.media_type not in IMAGE_CONFIG_TYPES:
        return ImageProblem("not-an-image", manifest.digest)
    if platform is None:
        platform = _platform(parse_object(repository.blob(config.digest)))
    return PlatformImage(platform, manifest.digest, config.digest)


def _platform(fields: object) -> str:
    """From the platform of an index entry or from a configuration, which name the parts alike."""
    body = fields if isinstance(fields, dict) else {}
    return platform_of(*(str(body.get(key) or "") for key in ("os", "architecture", "variant")))
