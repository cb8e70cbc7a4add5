"""Software bills of materials: CycloneDX and SPDX."""

from ldmrelease.domain.predicates.interface import StatementType

TYPE = StatementType(
    name="sbom",
    uris=("https://cyclonedx.org/bom", "https://spdx.dev/Document"),
    times=(("metadata", "timestamp"), ("creationInfo", "created")),
)
