"""What an overlay makes of findings: what is dropped or shortened is shown as such, and stands in the way no longer.

An overlay makes nothing pass that is errored: that nobody can tell is no reason to ask for less. What could not be
asked in an emergency is another matter: it is named, and owed.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from ldmrelease.domain import times
from ldmrelease.domain.decision import OVERLAY, Finding, Outcome, Phase
from ldmrelease.domain.facts import Facts
from ldmrelease.domain.level import Level, LevelOverlay, Requirement
from ldmrelease.domain.overlays import OverlayFact, OverlayKind, OverlayRequest

_ASKED_LESS = frozenset({Outcome.FAILED, Outcome.MISSING, Outcome.PENDING})


def overlay_of(level: Level, asked: OverlayFact | OverlayRequest | None) -> LevelOverlay | None:
    """What the level has for the overlay that is asked for; None where it has none, or none is asked for."""
    return level.overlay(asked.kind, asked.name) if asked is not None else None


def overlay_finding(level: Level, facts: Facts, now: datetime, phase: Phase) -> Finding:
    """Whether the overlay that is asked for is there for this person, here and now."""
    asked = facts.overlay
    assert asked is not None
    overlay = overlay_of(level, asked)
    told: dict[str, Any] = {"kind": str(asked.kind), "name": asked.name, "level": level.name}
    if overlay is None:
        told["known"] = sorted(level.compressions)
        return _finding(Outcome.FAILED, f"no-{_noun(asked)}", told)
    told |= {
        "by": list(overlay.by),
        "review_within": overlay.review_within,
        "since": times.spell(asked.since),
    }
    if asked.unasked:
        told["unasked"] = _unasked(asked)
    if not set(overlay.by) & set(asked.roles):
        return _finding(Outcome.FAILED, "without-role", told | {"roles": list(asked.roles)}, overlay.by)
    if overlay.environments is not None and facts.place.environment not in overlay.environments:
        return _finding(Outcome.FAILED, "not-here", told | {"environments": list(overlay.environments)})
    elsewhere = {each.environment for each in (*facts.earlier, *facts.later)} - {facts.place.environment}
    if asked.kind is OverlayKind.EMERGENCY and elsewhere:
        return _finding(Outcome.FAILED, "several-environments", told | {"others": sorted(elsewhere)})
    if overlay.lasts is None:
        return _finding(Outcome.SATISFIED, str(asked.kind), told)
    end = asked.since + timedelta(seconds=overlay.lasts)
    told["until"] = times.spell(end)
    # What runs there by then was let in while it was time.
    if now >= end and phase is not Phase.CONFIRM:
        return _finding(Outcome.FAILED, "over", told)
    return replace(_finding(Outcome.SATISFIED, str(asked.kind), told), until=end)


def _finding(outcome: Outcome, code: str, values: dict[str, Any], who: tuple[str, ...] = ()) -> Finding:
    return Finding(OVERLAY, OVERLAY, Phase.BUILT_IN, outcome, code, values, who=who)


def _noun(asked: OverlayFact) -> str:
    return "compression" if asked.kind is OverlayKind.COMPRESSED else "emergency"


def _unasked(asked: OverlayFact) -> list[dict[str, str]]:
    return [{"source": each.source, "where": each.where, "reason": each.reason} for each in asked.unasked]


def overlaid(
    overlay: LevelOverlay | None,
    asked: OverlayFact | None,
    requirement: Requirement,
    finding: Finding,
    needs: frozenset[str],
    judge: Callable[[Requirement], Finding],
) -> Finding:
    """A finding, as it stands under an overlay.

    needs: the sources of facts that the requirement's rule looks at; judge: judges the requirement as it is shortened.
    """
    if overlay is None or asked is None:
        return finding
    if overlay.drops(requirement):
        missed = [each.where for each in asked.unasked if each.source in needs]
        if missed:
            values = {"overlay": asked.name, "unasked": sorted(set(missed))}
            return replace(_bare(finding), values=values, code=str(asked.kind), unmet=None)
        return _less(finding, asked, {}) if finding.outcome in _ASKED_LESS else finding
    shorter = overlay.shortened(requirement)
    if shorter is requirement or finding.outcome not in _ASKED_LESS:
        return finding
    found = replace(judge(shorter), definition=finding.definition)
    if found.outcome is not Outcome.SATISFIED:
        return found
    told = {"shortened": {key: [requirement.parameters.get(key), to] for key, to in _own(overlay, shorter)}}
    return replace(_less(finding, asked, told), evidence=found.evidence, until=found.until)


def _own(overlay: LevelOverlay, requirement: Requirement) -> list[tuple[str, Any]]:
    return sorted(overlay.shorten[requirement.id].items())


def _less(finding: Finding, asked: OverlayFact, more: dict[str, Any]) -> Finding:
    values = {"overlay": asked.name, "was": finding.code, **more}
    return replace(_bare(finding), values=values, code=str(asked.kind), unmet=finding.outcome)


def _bare(finding: Finding) -> Finding:
    """The finding as it does not stand in the way: nothing has to be done, and nothing is waited for."""
    return replace(finding, outcome=Outcome.WAIVED, who=(), next=(), when=None, until=None)
