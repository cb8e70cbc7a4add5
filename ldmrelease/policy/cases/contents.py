"""What statements of a case say, what runs there, and what the workspace has: as facts."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.facts import RunningRelease, StatementFact
from ldmrelease.domain.statement_facts import (
    CompatibilityFact,
    DocumentFact,
    MetricFact,
    ReviewFact,
    SbomFact,
    ScanFact,
    VerificationFact,
    VexFact,
)
from ldmrelease.domain.workspace_facts import DocumentFile, InterfaceFact

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class ScenarioContents(Struct, frozen=True):
    """What a statement of its type says."""

    scan: ScanFact | None = None
    sbom: SbomFact | None = None
    vex: tuple[VexFact, ...] | None = None
    metrics: dict[str, MetricFact] | None = None
    review: ReviewFact | None = None
    document: DocumentFact | None = None
    compatibility: CompatibilityFact | None = None
    verification: VerificationFact | None = None


class ScenarioRunning(Struct, frozen=True):
    """A release that runs at the place, and what somebody with these roles measured for it."""

    tag: str
    metrics: dict[str, MetricFact] = {}
    by: tuple[str, ...] = ()


def document_digest(content: str) -> str:
    """The digest of a document, by a name for what it says."""
    return canonical.digest(f"document:{content}".encode())


def campaign_digest(definition: str) -> str:
    """The digest of a campaign, by a name for how it is defined."""
    return canonical.digest(f"campaign:{definition}".encode())


def document_files(documents: Mapping[str, str]) -> tuple[DocumentFile, ...]:
    """The files that the workspace has, by kind, each with a name for what it says."""
    return tuple(
        DocumentFile(kind, f"documents/{kind}.md", document_digest(content))
        for kind, content in sorted(documents.items())
    )


def interface_facts(interfaces: Mapping[str, str]) -> tuple[InterfaceFact, ...]:
    """The versions that the environment has, as the workspace says."""
    return tuple(InterfaceFact(name, each, "workspace") for name, each in sorted(interfaces.items()))


def running_releases(running: Iterable[ScenarioRunning], product: str) -> Iterator[RunningRelease]:
    """The releases that run there, each with one statement of what was measured."""
    for each in running:
        name = f"{product}/{each.tag}"
        digest = canonical.digest(f"release:{name}".encode())
        measured = StatementFact(
            evidence=canonical.digest(f"evidence:{name}".encode()),
            blob=canonical.digest(f"blob:{name}".encode()),
            type="metric",
            subjects=(digest,),
            signer=each.by[0] if each.by else "somebody",
            roles=each.by,
            counted=True,
            code=None,
            received=_LONG_AGO,
            metrics=each.metrics,
        )
        yield RunningRelease(name, digest, (measured,) if each.metrics else ())
