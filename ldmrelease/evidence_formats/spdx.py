"""SPDX 2.2 and 2.3 as JSON: the packages of an image. What names them is kept, files and relationships are not."""

from typing import Any

import msgspec
from msgspec import Struct, field

from ldmrelease.domain.document_faults import DocumentFaults
from ldmrelease.domain.predicates.sbom import SPDX
from ldmrelease.evidence_formats.found import SbomFound
from ldmrelease.evidence_formats.interface import EvidenceFormat
from ldmrelease.evidence_formats.named_digests import digests_in
from ldmrelease.evidence_formats.typed_fields import Fields, read_object

_VERSIONS = ("SPDX-2.2", "SPDX-2.3")


class _Checksum(Struct, rename="camel"):
    algorithm: str
    checksum_value: str


class _Reference(Struct, rename="camel"):
    reference_category: str
    reference_type: str
    reference_locator: str


class _Package(Struct, rename="camel", omit_defaults=True):
    id: str = field(name="SPDXID")
    name: str
    download_location: str
    version_info: str | None = None
    checksums: list[_Checksum] = field(default_factory=list)
    external_refs: list[_Reference] = field(default_factory=list)


class _Creation(Struct):
    created: str
    creators: list[str]


class _Document(Struct, rename="camel"):
    spdx_version: str
    id: str = field(name="SPDXID")
    name: str
    document_namespace: str
    creation_info: _Creation
    data_license: str = "CC0-1.0"


def read(data: bytes) -> SbomFound | DocumentFaults:
    """The packages."""
    plain = read_object(data)
    if isinstance(plain, DocumentFaults):
        return plain
    fields = Fields()
    if plain.get("spdxVersion") not in _VERSIONS:
        fields.note(
            ("spdxVersion",), "not a version that is read", plain.get("spdxVersion"), " or ".join(_VERSIONS)
        )
    document = fields.read(plain, _Document)
    packages = [package for _, package in fields.each(plain.get("packages", []), _Package, "packages")]
    for index, package in enumerate(packages):
        fields.name(package.name, "packages", index, "name")
        for number, each in enumerate(package.checksums):
            fields.hexadecimal(each.checksum_value, "packages", index, "checksums", number, "checksumValue")
    if document is None:
        return DocumentFaults(tuple(fields.faults))
    finished = fields.time(document.creation_info.created, "creationInfo", "created")
    predicate: dict[str, Any] = msgspec.to_builtins(document)
    predicate["packages"] = [msgspec.to_builtins(each) for each in packages]
    purls = [
        ref.reference_locator
        for each in packages
        for ref in each.external_refs
        if "pkg:oci/" in ref.reference_locator
    ]
    return fields.refused() or SbomFound(SPDX, predicate, finished, digests_in([document.name, *purls]))


FORMAT = EvidenceFormat("spdx", "SPDX 2 JSON: the packages of an image", "spdx", "sbom", read)
