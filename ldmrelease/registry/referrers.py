"""What refers to an image: statements pushed beside it, found and read back.

The list and its annotations are claims of whoever wrote them. What a referrer says is in its bytes, and those
are hashed here and verified by whoever asks (`trust`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from ldmrelease.domain.images import digest_of
from ldmrelease.registry.cosign import ATTESTATIONS, cosign_tag
from ldmrelease.registry.errors import LimitExceeded, NotFound, reading_answer
from ldmrelease.registry.manifests import (
    EMPTY_JSON,
    OCI_EMPTY,
    OCI_MANIFEST,
    Descriptor,
    Json,
    Manifest,
    write_object,
)
from ldmrelease.registry.repository import BLOB_LIMIT, Repository

DSSE_ENVELOPE = "application/vnd.dsse.envelope.v1+json"
# cosign 3's bundles have a version in their type; all of them begin so.
SIGSTORE_BUNDLE = "application/vnd.dev.sigstore.bundle."
_AT_ONCE = 4


class Layer(Struct, frozen=True):
    """One blob of a referrer; the annotations are those of its descriptor."""

    media_type: str
    annotations: Mapping[str, str]
    content: bytes


class Referrer(Struct, frozen=True):
    """A referrer as its own manifest describes it, with its blobs."""

    digest: str
    artifact_type: str | None
    annotations: Mapping[str, str]
    layers: tuple[Layer, ...]


def list_referrers(repository: Repository, digest: str, artifact_type: str | None = None) -> list[Descriptor]:
    """Everything that is listed as referring to this digest: by the registry, at the fallback tag, at
    cosign's.

    The manifest at cosign's older tag (`.att`) holds any number of attestations; it is listed with the type
    of its layers, `DSSE_ENVELOPE`. Raises RegistryError where any of these places gives no trustworthy
    answer: that is not the same as "none".
    """
    found = repository.referrers(digest, artifact_type)
    if artifact_type in (None, DSSE_ENVELOPE):
        legacy = repository.resolve(cosign_tag(digest, ATTESTATIONS))
        if legacy is not None and legacy.digest not in {each.digest for each in found}:
            found.append(Descriptor(legacy.media_type, legacy.digest, legacy.size, DSSE_ENVELOPE))
    return found


def read_referrer(
    repository: Repository, descriptor: Descriptor, subject: str, *, limit: int = BLOB_LIMIT
) -> Referrer | None:
    """The referrer's manifest and blobs (together at most `limit` bytes), each checked against its digest.

    None if the manifest is gone or names another subject: the list was wrong, and nothing refers to the
    subject. Raises RegistryError.
    """
    try:
        manifest = repository.manifest(descriptor.digest)
    except NotFound:
        return None
    with reading_answer("GET", repository.name):
        if manifest.is_index or not refers_to(manifest, descriptor, subject):
            return None
        own, layers = manifest.descriptor(), manifest.layers()
    if sum(layer.size for layer in layers) > limit:
        what = f"the referrer {manifest.digest} has more than {limit} bytes"
        raise LimitExceeded(what, method="GET", repository=repository.name)
    read = tuple(
        Layer(layer.media_type, layer.annotations, repository.blob(layer.digest, limit=layer.size))
        for layer in layers
    )
    return Referrer(own.digest, own.artifact_type, own.annotations, read)


def refers_to(manifest: Manifest, listed: Descriptor, subject: str) -> bool:
    """Whether the manifest is about the subject; cosign's older form has only its tag to say so.

    Raises ValueError for a broken manifest.
    """
    named = manifest.subject()
    return named == subject or (named is None and listed.artifact_type == DSSE_ENVELOPE)


def put_referrer(
    repository: Repository,
    subject: Descriptor,
    artifact_type: str,
    layers: Sequence[tuple[str, bytes]],
    annotations: Mapping[str, str],
) -> str:
    """Push an artifact that refers to `subject` and have it listed; returns the digest of its manifest.

    `layers` are (media type, bytes). The same arguments give the same bytes, so that a repetition changes
    nothing. Raises RegistryError.
    """
    (digest,) = put_referrers(repository, [subject], artifact_type, layers, annotations)
    return digest


def put_referrers(
    repository: Repository,
    subjects: Iterable[Descriptor],
    artifact_type: str,
    layers: Sequence[tuple[str, bytes]],
    annotations: Mapping[str, str],
) -> list[str]:
    """The same for several subjects: their referrers have the same blobs, which are sent once."""
    for blob in (EMPTY_JSON, *(blob for _, blob in layers)):
        if not repository.has_blob(digest_of(blob)):
            repository.put_blob(blob)

    def refer(subject: Descriptor) -> str:
        return _refer(repository, subject, referrer_manifest(subject, artifact_type, layers, annotations))

    # Each has a list of its own, and a list that others may write to at the same time is looked at again.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - for writers alone

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(refer, subjects))


def _refer(repository: Repository, subject: Descriptor, content: bytes) -> str:
    """Push the manifest of a referrer, and have it listed."""
    digest = repository.put_manifest(content, OCI_MANIFEST)
    with reading_answer("PUT", repository.name):
        listed = Manifest(content, OCI_MANIFEST, digest).descriptor()
    repository.record_referrers(subject.digest, [listed])
    return digest


def referrer_manifest(
    subject: Descriptor,
    artifact_type: str,
    layers: Sequence[tuple[str, bytes]],
    annotations: Mapping[str, str],
) -> bytes:
    """The bytes of the manifest that `put_referrer` pushes (image specification, "Guidelines for Artifact
    Usage").
    """
    body: Json = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": artifact_type,
        "config": Descriptor(OCI_EMPTY, digest_of(EMPTY_JSON), len(EMPTY_JSON)).as_json(),
        "layers": [Descriptor(kind, digest_of(blob), len(blob)).as_json() for kind, blob in layers],
        "subject": Descriptor(subject.media_type, subject.digest, subject.size).as_json(),
    }
    if annotations:
        body["annotations"] = dict(annotations)
    return write_object(body)
