"""Vulnerability scans: in-toto's vulns/v0.2, and cosign's."""

from ldmrelease.domain.predicates.interface import StatementType

TYPE = StatementType(
    name="vulnerabilities",
    uris=(
        "https://in-toto.io/attestation/vulns/v0.2",
        "https://cosign.sigstore.dev/attestation/vuln/v1",
    ),
    times=(("metadata", "scanFinishedOn"), ("metadata", "scanStartedOn")),
)
