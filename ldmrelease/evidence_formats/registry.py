"""The formats that are read. A new one is a file beside this one, and a line here."""

from ldmrelease.evidence_formats import (
    codeowners,
    cyclonedx,
    github_checks,
    github_reviews,
    jira,
    junit,
    lsst_verify,
    mobu,
    openvex,
    sarif,
    spdx,
    trivy,
)
from ldmrelease.evidence_formats.interface import EvidenceFormat

FORMATS: dict[str, EvidenceFormat] = {
    each.name: each
    for each in (
        junit.FORMAT,
        lsst_verify.FORMAT,
        mobu.FORMAT,
        sarif.FORMAT,
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
