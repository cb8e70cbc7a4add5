"""`--through`: the promotions that have to come first, each an ordinary one with decisions of its own."""

from msgspec.structs import replace

from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.needs import PromotionPlanning
from ldmrelease.services.promotions.previews import preview_spec
from ldmrelease.services.promotions.submit import Preview

_FOR_GOOD = {
    ("accepts", "kind-not-accepted"),
    ("accepts", "unreadable-tag"),
    ("held", "held"),
    ("not-returned", "returned"),
}
"""What no run elsewhere makes good: a kind that is not accepted, a hold, what the place has left behind."""


def missing_targets(context: PromotionPlanning, spec: PromotionSpec) -> tuple[str, ...]:
    """The levels and environments where the release has yet to run before the target admits it, first ones
    first; the target itself is not among them. Writes nothing.

    There are none where the target can never admit it, whatever runs elsewhere: then it says so at once.
    """
    found: list[str] = []
    considered = preview_spec(context, spec)
    if isinstance(considered, Preview) and any(
        (finding.rule, finding.code) in _FOR_GOOD
        for decided in considered.decided
        for finding in decided.decision.findings
    ):
        return ()
    _visit(context, spec, found, (spec.target,))
    return tuple(found)


def _visit(context: PromotionPlanning, spec: PromotionSpec, found: list[str], path: tuple[str, ...]) -> None:
    considered = preview_spec(context, spec)
    if not isinstance(considered, Preview):
        return
    for finding in considered.first.decision.findings:
        target = _wanted(finding)
        if target is None or target in found or target in path:
            continue
        _visit(context, replace(spec, target=target), found, (*path, target))
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
