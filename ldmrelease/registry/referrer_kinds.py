"""What kind of statement a referrer carries, as far as a copy must know to leave some kinds behind."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping

from ldmrelease.registry.manifests import Descriptor, Manifest
from ldmrelease.registry.referrers import DSSE_ENVELOPE, SIGSTORE_BUNDLE
from ldmrelease.registry.repository import Repository

# Where cosign writes the predicate type: in its older and in its newer form.
_PREDICATE_ANNOTATIONS = ("predicateType", "dev.sigstore.bundle.predicateType")


def carries(repository: Repository, manifest: Manifest, listed: Descriptor, kinds: Collection[str]) -> bool:
    """Whether the referrer is, or holds a statement, of one of these artifact or predicate types.

    The statements themselves are read, because annotations may be missing or lie; a statement that cannot be
    read counts as one of them. Raises RegistryError, and ValueError for a broken manifest.
    """
    own = manifest.descriptor()
    if _claims(listed) & set(kinds) or _claims(own) & set(kinds):
        return True
    for layer in manifest.layers():
        if _claims(layer) & set(kinds):
            return True
        if layer.media_type == DSSE_ENVELOPE or layer.media_type.startswith(SIGSTORE_BUNDLE):
            kind = predicate_type(repository.blob(layer.digest))
            if kind is None or kind in kinds:
                return True
    return False


def claims_to_be(listed: Descriptor, kinds: Collection[str]) -> bool:
    """Whether the list alone says that the referrer is of one of these types."""
    return bool(_claims(listed) & set(kinds))


def predicate_type(content: bytes) -> str | None:
    """The predicate type of the in-toto statement in a DSSE envelope or bundle; None if there is none to
    read.
    """
    try:
        body = json.loads(content)
        envelope = body.get("dsseEnvelope", body)
        kind = json.loads(base64.b64decode(envelope["payload"]))["predicateType"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return kind if isinstance(kind, str) else None


def _claims(descriptor: Descriptor) -> set[str]:
    annotations: Mapping[str, str] = descriptor.annotations
    said = {annotations[key] for key in _PREDICATE_ANNOTATIONS if key in annotations}
    return (
        said | {descriptor.media_type} | ({descriptor.artifact_type} if descriptor.artifact_type else set())
    )
