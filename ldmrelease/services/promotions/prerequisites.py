"""`--through`: the promotions that have to come first, each an ordinary one with decisions of its own."""

from dataclasses import replace

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.services.context import Workbench
from ldmrelease.services.deployments.target import Wish
from ldmrelease.services.promotions.commands import consider
from ldmrelease.services.promotions.submit import Look


def missing_targets(bench: Workbench, wish: Wish) -> tuple[str, ...]:
    """The levels and environments where the release has yet to run before the target lets it in, first ones
    first; the target itself is not among them. Writes nothing.
    """
    found: list[str] = []
    _visit(bench, wish, found, (wish.target,))
    return tuple(found)


def _visit(bench: Workbench, wish: Wish, found: list[str], path: tuple[str, ...]) -> None:
    considered = consider(bench, wish)
    if not isinstance(considered, Look):
        return
    for finding in considered.first.decision.findings:
        target = _wanted(finding)
        if target is None or target in found or target in path:
            continue
        _visit(bench, replace(wish, target=target), found, (*path, target))
        found.append(target)


def _wanted(finding: Finding) -> str | None:
    """The target that an unmet `after` names; one that is soaking there needs no promotion."""
    if finding.rule != "after" or finding.outcome is not Outcome.MISSING:
        return None
    values = finding.values
    if "environment" not in values:
        return str(values["level"])
    application = values.get("application")
    return f"{values['environment']}/{application}" if application else str(values["environment"])
