"""The formats that are read. A new one is a file beside this one, and a line here."""

from ldmrelease.evidence_formats import (
    codeowners,
    cyclonedx,
    github_checks,
    github_reviews,
    jira,
    junit_results,
    lsst_verify,
    mobu,
    openvex,
    sarif_results,
    spdx,
    trivy,
)
from ldmrelease.evidence_formats.interface import EvidenceFormat

FORMATS: dict[str, EvidenceFormat] = {
    each.name: each
    for each in (
        junit_results.FORMAT,
        lsst_verify.FORMAT,
        mobu.FORMAT,
        sarif_results.FORMAT,
        github_checks.FORMAT,
        trivy.FORMAT,
        cyclonedx.FORMAT,
        spdx.FORMAT,
        openvex.FORMAT,
        github_reviews.FORMAT,
        codeowners.FORMAT,
        jira.FORMAT,
    )
}
"""By name."""
