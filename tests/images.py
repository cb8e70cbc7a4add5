"""Real images made on the spot, and what refers to them, in any repository."""

from __future__ import annotations

from ldmrelease.domain.images import digest_of
from ldmrelease.registry.manifests import OCI_CONFIG, OCI_MANIFEST, Descriptor, write_object
from ldmrelease.registry.referrers import DSSE_ENVELOPE, put_referrer
from ldmrelease.registry.repository import Repository
from ldmrelease.registry.sample import put_sample_image, put_sample_index, sample_layer

__all__ = [
    "attach",
    "descriptor_of",
    "put_legacy_attestation",
    "put_sample_image",
    "put_sample_index",
    "sample_layer",
]


def descriptor_of(repository: Repository, tag_or_digest: str) -> Descriptor:
    """What is there under this name, which must exist."""
    found = repository.resolve(tag_or_digest)
    assert found is not None
    return found


def attach(
    repository: Repository,
    subject: str,
    artifact_type: str = "text/x-note",
    content: bytes = b"a note",
    **annotations: str,
) -> str:
    """Push a small artifact about the subject (tag or digest); returns its digest."""
    about = descriptor_of(repository, subject)
    return put_referrer(repository, about, artifact_type, [(artifact_type, content)], annotations)


def put_legacy_attestation(repository: Repository, subject: str, *envelopes: bytes) -> str:
    """What cosign 2 writes: an image manifest at `sha256-<hex>.att`, a layer for each envelope."""
    for blob in (b"{}", *envelopes):
        repository.put_blob(blob)
    layers = [
        Descriptor(
            DSSE_ENVELOPE,
            digest_of(envelope),
            len(envelope),
            annotations={"dev.cosignproject.cosign/signature": "", "predicateType": "claimed"},
        ).as_json()
        for envelope in envelopes
    ]
    config = Descriptor(OCI_CONFIG, digest_of(b"{}"), 2).as_json()
    body = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers}
    return repository.put_manifest(write_object(body), OCI_MANIFEST, subject.replace(":", "-") + ".att")
