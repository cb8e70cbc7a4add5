"""Attach signed statements to what they are about, as OCI referrers (sigstore bundles, libraries.md)."""

from ldmrelease.domain.images import is_digest, parse_reference
from ldmrelease.domain.predicates.summary import BUNDLE_TYPE, bundle, bundle_annotations
from ldmrelease.domain.statements import Statement, read_statement
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.referrers import put_referrers
from ldmrelease.trust.dsse import Envelope, read_wrapped


def publish_envelope(registries: Registries, repository_name: str, envelope_bytes: bytes) -> list[str]:
    """Attach an envelope to each of its subjects that the repository has; the referrers' digests. A bundle stays one.

    Content decides the digest, so that a repeat finds what is there. Raises `RegistryError`.
    """
    envelope = read_wrapped(envelope_bytes)
    assert isinstance(envelope, Envelope)
    statement = read_statement(envelope.payload)
    if not isinstance(statement, Statement):
        return []
    repository = registries.open(parse_reference(repository_name))
    content = envelope.bundle or bundle(envelope.to_dict(), envelope.signatures[0].keyid or "")
    annotations = bundle_annotations(statement.predicate_type)
    asked = [repository.resolve(each.digest) for each in statement.subjects if is_digest(each.digest)]
    there = [each for each in asked if each is not None]
    if not there:
        return []
    return put_referrers(repository, there, BUNDLE_TYPE, [(BUNDLE_TYPE, content)], annotations)
