"""The referrers tag schema: how a place without a referrers API lists what refers to a digest.

OCI distribution specification 1.1, "Unavailable Referrers API": an index at the tag `sha256-<hex>`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ldmrelease.registry.manifests import OCI_EMPTY, OCI_INDEX, Descriptor, Manifest, write_object


def fallback_tag(digest: str) -> str:
    """The tag at which the referrers of this digest are listed."""
    return digest.replace(":", "-")


def fallback_index(referrers: Iterable[Descriptor]) -> bytes:
    """The bytes of the index that lists these referrers."""
    manifests = [each.as_json() for each in referrers]
    return write_object({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests})


def read_fallback_index(manifest: Manifest) -> list[Descriptor]:
    """What the manifest at a fallback tag lists; raises ValueError if it is not an index."""
    if not manifest.is_index:
        raise ValueError(f"{manifest.media_type} at a fallback tag, where an index belongs")
    return list(manifest.children())


def merged(*lists: Iterable[Descriptor]) -> list[Descriptor]:
    """Each digest once, in the order of first mention."""
    found: dict[str, Descriptor] = {}
    for descriptors in lists:
        for descriptor in descriptors:
            found.setdefault(descriptor.digest, descriptor)
    return list(found.values())


def of_type(referrers: Iterable[Descriptor], artifact_type: str | None) -> list[Descriptor]:
    """Those that are of this type, or whose entry does not say of which.

    Some registries write the type of the (empty) configuration where that of the artifact belongs.
    """
    unsaid = (None, OCI_EMPTY)
    return [
        each
        for each in referrers
        if artifact_type is None or each.artifact_type == artifact_type or each.artifact_type in unsaid
    ]
