"""CycloneDX 1.2 to 1.7 as JSON: the packages of an image. What names them is kept, the rest of the document is not."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct, field

from ldmrelease.domain.document_faults import DocumentFaults
from ldmrelease.domain.predicates.sbom import CYCLONEDX
from ldmrelease.evidence_formats.found import SbomFound
from ldmrelease.evidence_formats.interface import EvidenceFormat
from ldmrelease.evidence_formats.named_digests import digests_in
from ldmrelease.evidence_formats.typed_fields import Fields, read_object

_VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")


class _Hash(Struct):
    alg: str
    content: str


class _Component(Struct, omit_defaults=True):
    type: str
    name: str
    version: str | None = None
    group: str | None = None
    purl: str | None = None
    hashes: list[_Hash] = field(default_factory=list)


class _Metadata(Struct):
    timestamp: str | None = None
    component: object = None


def read(data: bytes) -> SbomFound | DocumentFaults:
    """The components, those inside of others too."""
    plain = read_object(data)
    if isinstance(plain, DocumentFaults):
        return plain
    fields = Fields()
    if plain.get("bomFormat") != "CycloneDX":
        fields.note(("bomFormat",), "not a CycloneDX document", plain.get("bomFormat"), "CycloneDX")
    if plain.get("specVersion") not in _VERSIONS:
        fields.note(
            ("specVersion",), "not a version that is read", plain.get("specVersion"), ", ".join(_VERSIONS)
        )
    metadata = fields.read(plain.get("metadata", {}), _Metadata, "metadata") or _Metadata()
    about = None
    if metadata.component is not None:
        about = fields.read(metadata.component, _Component, "metadata", "component")
    finished = fields.time(metadata.timestamp, "metadata", "timestamp")
    components = list(_components(plain.get("components", []), fields))
    predicate: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": plain.get("specVersion"),
        "metadata": {
            **({} if metadata.timestamp is None else {"timestamp": metadata.timestamp}),
            **({} if about is None else {"component": msgspec.to_builtins(about)}),
        },
        "components": [msgspec.to_builtins(each) for each in components],
    }
    if isinstance(plain.get("serialNumber"), str):
        predicate["serialNumber"] = plain["serialNumber"]
    names = () if about is None else (about.purl or "", about.name, about.version or "")
    return fields.refused() or SbomFound(CYCLONEDX, predicate, finished, digests_in(names))


def _components(plain: Any, fields: Fields) -> Iterator[_Component]:
    waiting: list[tuple[tuple[str | int, ...], Any]] = [(("components",), plain)]
    while waiting:
        path, items = waiting.pop()
        for index, each in fields.each(items, _Component, *path):
            fields.name(each.name, *path, index, "name")
            for number, one in enumerate(each.hashes):
                fields.hexadecimal(one.content, *path, index, "hashes", number, "content")
            yield each
            inner = items[index].get("components")
            if inner is not None:
                waiting.append(((*path, index, "components"), inner))


FORMAT = EvidenceFormat("cyclonedx", "CycloneDX JSON: the packages of an image", "cyclonedx", "sbom", read)
