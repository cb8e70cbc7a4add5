"""Small images made on the spot, the same bytes for the same seed: for the demonstration and for tests."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable, Sequence

from ldmrelease.domain.images import ImageIdentity, PlatformImage, digest_of
from ldmrelease.registry.manifests import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Json, write_object
from ldmrelease.registry.repository import Repository

PLATFORMS = ("linux/amd64", "linux/arm64")
PROGRAM = "/app"
"""Where the program of an image is that can be run."""

Program = Callable[[str], bytes]
"""From a platform to a static program for it."""


def sample_layer(seed: str, size: int = 64) -> tuple[bytes, str]:
    """A compressed layer with one file of `size` bytes, and the digest of the archive uncompressed."""
    stream = b"".join(hashlib.sha256(f"{seed}/{n}".encode()).digest() for n in range(size // 32 + 1))[:size]
    return _layer(f"opt/{hashlib.sha256(seed.encode()).hexdigest()[:12]}", stream, 0o644)


def _layer(name: str, content: bytes, mode: int) -> tuple[bytes, str]:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), mode
        tar.addfile(member, io.BytesIO(content))
    return _stored_gzip(archive.getvalue()), digest_of(archive.getvalue())


def _stored_gzip(content: bytes) -> bytes:
    # Not compressed, and without a time: versions of zlib differ in what they make of the same input.
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=0, fileobj=packed, mtime=0) as file:
        file.write(content)
    return packed.getvalue()


def put_sample_image(
    repository: Repository,
    tag: str | None,
    *,
    seed: str,
    platform: str = PLATFORMS[0],
    layers: Sequence[int] = (64, 64),
) -> ImageIdentity:
    """Put an image of one platform with layers of these many bytes."""
    image, content = _put_platform(repository, seed, platform, layers)
    digest = repository.put_manifest(content, OCI_MANIFEST, tag)
    return ImageIdentity(digest, (image,))


def put_sample_index(
    repository: Repository,
    tag: str | None,
    *,
    seed: str,
    platforms: Sequence[str] = PLATFORMS,
    layers: Sequence[int] = (64, 64),
    program: Program | None = None,
) -> ImageIdentity:
    """Put an image of several platforms under one index; with a program it can be run."""
    images, entries = [], []
    for platform in platforms:
        image, content = _put_platform(repository, f"{seed}/{platform}", platform, layers, program)
        repository.put_manifest(content, OCI_MANIFEST)
        images.append(image)
        entries.append(_described(OCI_MANIFEST, content) | {"platform": _platform_json(platform)})
    index = write_object({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})
    digest = repository.put_manifest(index, OCI_INDEX, tag)
    return ImageIdentity(digest, tuple(sorted(images, key=lambda image: image.platform)))


def _put_platform(
    repository: Repository,
    seed: str,
    platform: str,
    layers: Sequence[int],
    program: Program | None = None,
) -> tuple[PlatformImage, bytes]:
    made = [sample_layer(f"{seed}/{number}", size) for number, size in enumerate(layers)]
    if program is not None:
        made.append(_layer(PROGRAM.removeprefix("/"), program(platform), 0o755))
    runs = {"Entrypoint": [PROGRAM]} if program is not None else {}
    layered = {"type": "layers", "diff_ids": [diff_id for _, diff_id in made]}
    config = write_object(_platform_json(platform) | {"config": runs, "rootfs": layered})
    for content in [*(layer for layer, _ in made), config]:
        repository.put_blob(content)
    manifest = write_object(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": _described(OCI_CONFIG, config),
            "layers": [_described(OCI_LAYER, layer) for layer, _ in made],
        }
    )
    return PlatformImage(platform, digest_of(manifest), digest_of(config)), manifest


def _described(media_type: str, content: bytes) -> Json:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def _platform_json(platform: str) -> Json:
    names = ("os", "architecture", "variant")
    return dict(zip(names, platform.split("/"), strict=False))
