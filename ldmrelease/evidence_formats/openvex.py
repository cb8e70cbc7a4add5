"""OpenVEX 0.2.0: what a supplier says of vulnerabilities. The document is the predicate."""

from ldmrelease.domain import canonical
from ldmrelease.domain.document_faults import DocumentFaults
from ldmrelease.domain.predicates.vex import read_vex
from ldmrelease.evidence_formats.found import VexFound
from ldmrelease.evidence_formats.interface import EvidenceFormat
from ldmrelease.evidence_formats.typed_fields import Fields, read_json

_CONTEXT = "https://openvex.dev/ns"


def read(data: bytes) -> VexFound | DocumentFaults:
    """The document as it is; numbers with a fraction are not part of the format."""
    plain = read_json(data, fractions=False)
    if isinstance(plain, DocumentFaults):
        return plain
    fields = Fields()
    if not isinstance(plain, dict):
        fields.note((), "not an object", plain, "a JSON object")
        return DocumentFaults(tuple(fields.faults))
    context = plain.get("@context")
    if not isinstance(context, str) or not context.startswith(_CONTEXT):
        fields.note(("@context",), "not an OpenVEX document", context, f"{_CONTEXT}/v0.2.0")
    finished = None
    for key in ("timestamp", "last_updated"):
        if isinstance(plain.get(key), str):
            finished = fields.time(plain[key], key) or finished
    if isinstance(read_vex(plain), str):
        status = "each with a vulnerability that has a name, and a status"
        fields.note(("statements",), "no statements that can be read", plain.get("statements"), status)
    try:
        # The document itself is signed.
        canonical.encode(plain)
    except canonical.NotCanonical as error:
        fields.note((), f"cannot be signed: {error}", "such a key", "ASCII keys")
    return fields.refused() or VexFound(plain, finished)


FORMAT = EvidenceFormat("openvex", "OpenVEX: what is said of vulnerabilities", "openvex", "vex", read)
