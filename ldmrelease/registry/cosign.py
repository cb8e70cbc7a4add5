"""The tags at which cosign before version 3 keeps what it says about an image (cosign, "Signature Specification").

Each names an image manifest without a subject: `sha256-<hex>.sig` with a layer for each signature,
`sha256-<hex>.att` with one for each attestation, `sha256-<hex>.sbom` with the one document.
"""

from __future__ import annotations

from collections.abc import Iterable

from ldmrelease.domain.images import digest_of
from ldmrelease.registry.fallback import fallback_tag
from ldmrelease.registry.manifests import Descriptor, Manifest, write_object

ATTESTATIONS = ".att"
SIGNATURES = ".sig"
SBOM = ".sbom"
SUFFIXES = (ATTESTATIONS, SIGNATURES, SBOM)


def cosign_tag(digest: str, suffix: str) -> str:
    """The tag at which cosign keeps what it says of this kind about the digest."""
    return fallback_tag(digest) + suffix


def joined(manifest: Manifest, other: Manifest) -> Manifest:
    """What is to stand at a tag where `other` stands, so that what both of them say is said there.

    It is `other` itself if that says all of it. Raises ValueError for what is not an image manifest.
    """
    layers, known = manifest.layers(), other.layers()
    missing = [layer for layer in layers if _key(layer) not in _keys(known)]
    if not missing:
        return other
    if _keys(known) <= _keys(layers):
        return manifest
    body = {**other.json(), "layers": [layer.as_json() for layer in (*known, *missing)]}
    content = write_object(body)
    return Manifest(content, other.media_type, digest_of(content))


def _keys(layers: Iterable[Descriptor]) -> set[object]:
    return {_key(layer) for layer in layers}


def _key(layer: Descriptor) -> object:
    # The signature is in the annotations: two keys sign the same bytes.
    return layer.digest, frozenset(layer.annotations.items())
