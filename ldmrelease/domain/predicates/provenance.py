"""Provenance: who built it, from what (SLSA provenance v1)."""

from ldmrelease.domain.predicates.interface import StatementType

TYPE = StatementType(
    name="provenance",
    uris=("https://slsa.dev/provenance/v1",),
    times=(("runDetails", "metadata", "finishedOn"), ("runDetails", "metadata", "startedOn")),
    covers_platforms=True,
)
