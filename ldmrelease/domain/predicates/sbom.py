"""Software bills of materials: CycloneDX and SPDX 2."""

from collections.abc import Mapping, Sequence
from typing import Any

from ldmrelease.domain.predicates.interface import Predicate, StatementType
from ldmrelease.domain.statement_facts import SbomFact

CYCLONEDX, SPDX = "https://cyclonedx.org/bom", "https://spdx.dev/Document"


def _facts(predicate: Predicate, _checks: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    if predicate.get("bomFormat") == "CycloneDX":
        return _counted("CycloneDX", predicate.get("components", []))
    if str(predicate.get("spdxVersion")).startswith("SPDX-"):
        return _counted("SPDX", predicate.get("packages", []))
    return {}


def _counted(format: str, packages: Any) -> dict[str, Any]:
    return {"sbom": SbomFact(format, len(packages))} if isinstance(packages, list) else {}


TYPE = StatementType(
    name="sbom",
    uris=(CYCLONEDX, SPDX),
    times=(("metadata", "timestamp"), ("creationInfo", "created")),
    facts=_facts,
)
