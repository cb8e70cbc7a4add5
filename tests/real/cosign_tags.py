"""Signatures and SBOMs as cosign puts them at tags of an image."""

from __future__ import annotations

from ldmrelease.domain.images import digest_of
from ldmrelease.registry.manifests import OCI_CONFIG, OCI_MANIFEST, Descriptor, write_object
from ldmrelease.registry.repository import Repository

SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"


SPDX = "text/spdx+json"


def signature(key: str) -> tuple[str, bytes, dict[str, str]]:
    """A layer as cosign writes it: all keys sign the same bytes, what differs is in the annotation."""
    return SIMPLE_SIGNING, b'{"critical": {}}', {"dev.cosignproject.cosign/signature": key}


def put_at_tag(
    repository: Repository, subject: str, suffix: str, *layers: tuple[str, bytes, dict[str, str]]
) -> str:
    """What cosign 2 keeps at `sha256-<hex>.SUFFIX`; returns the tag."""
    for blob in (b"{}", *(content for _, content, _ in layers)):
        repository.put_blob(blob)
    body = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": Descriptor(OCI_CONFIG, digest_of(b"{}"), 2).as_json(),
        "layers": [
            Descriptor(kind, digest_of(content), len(content), annotations=annotations).as_json()
            for kind, content, annotations in layers
        ],
    }
    tag = f"{subject.replace(':', '-')}.{suffix}"
    repository.put_manifest(write_object(body), OCI_MANIFEST, tag)
    return tag


def signatures_at(repository: Repository, tag: str) -> list[str]:
    """The keys whose signatures are there, each with the bytes that it signed."""
    layers = repository.manifest(tag).layers()
    assert {repository.blob(layer.digest) for layer in layers} == {b'{"critical": {}}'}
    return [layer.annotations["dev.cosignproject.cosign/signature"] for layer in layers]
