"""The command that brings back to a place what ran there."""

from ldmrelease.domain.topology import Place
from ldmrelease.policy.residences import release_residences
from ldmrelease.policy.rule_context import RuleContext, command


def rollback_to(context: RuleContext, place: Place) -> tuple[str, ...]:
    """The rollback of a place to the release; with a reason, without which one to what was only found is refused."""
    words = command("rollback", context.facts.release.tag, "--target", str(place))
    settled = [each for each in release_residences(context.index, place) if each.ended != "restored"]
    return words if any(each.admitted for each in settled) else (*words, "--reason", "WHY")
