"""Whether images may enter their places: by the one decision function, read for what a merge request is refused for.

A change is refused for what time cannot cure; what can still become true is waited for after the merge.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.config.workspace.model import Workspace
from ldmrelease.domain.decision import IN_THE_WAY, Decision, Finding, Outcome, Phase
from ldmrelease.domain.errors import LdmreleaseError, Unavailable, UnavailableError
from ldmrelease.domain.facts import Intent
from ldmrelease.services.decisions.decide import Decided, decide_about, eligible_at, unagreed
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest, ReleaseInquiry, inquire
from ldmrelease.services.gate.image_release import ImageReleases, NoRelease, WantedImage
from ldmrelease.services.needs import FactSources
from ldmrelease.services.releases.pin import Pinned

GATE = "gate"
"""In place of a rule: what is found before any decision."""
_FOR_GOOD = {"accepts", "held", "empty", "not-returned", "not-stale", "same-cycle"}
"""The rules whose refusal time does not cure."""
_GONE = {"absent", "child-absent"}
"""What is found of an image that its repository does not have."""


class Judgement(StrEnum):
    """What becomes of an image."""

    ALLOWED = "allowed"
    WAITING = "waiting"
    REFUSED = "refused"
    UNDECIDED = "undecided"
    UNMANAGED = "unmanaged"


class JudgedImage(Struct, frozen=True):
    """What is said of an image, and why: the findings that stand in its way. `eligible_at` is when it can enter by
    itself, None where nobody knows. `pinned` is the release that it is, `excuses` what was waived and approved of it.
    """

    judgement: Judgement
    findings: tuple[Finding, ...] = ()
    pinned: Pinned | None = None
    decided: Decided | None = None
    eligible_at: datetime | None = None
    excuses: tuple[Finding, ...] = ()


class ImageJudge:
    """Decides about images, each release at each place once.

    context: with the tree as it would be. Writes nothing.
    """

    def __init__(self, context: FactSources, releases: ImageReleases, requester: str) -> None:
        self._context, self._releases, self._requester = context, releases, requester
        self._inquiries: dict[str, ReleaseInquiry] = {}
        self._decided: dict[tuple[str, str, Intent, bool], Decided] = {}

    def judge(self, image: WantedImage) -> JudgedImage:
        """What becomes of an image. What stops a decision is told, and leaves it undecided."""
        try:
            found = self._releases.of(image)
            if isinstance(found, NoRelease):
                return refused(found.code, found.values)
            decided = self._decide(image, found)
            judged = judged_by(self._context.workspace, image, found, decided.decision)
        except UnavailableError as error:
            return _unavailable(error.unavailable)
        except LdmreleaseError as error:
            return _unavailable(Unavailable("", str(error)))
        return replace(judged, decided=decided)

    def _decide(self, image: WantedImage, pinned: Pinned) -> Decided:
        intent = Intent.PROMOTE if image.setting.alias is None else Intent.ALIAS
        place = image.application.place
        goes_back = image.change is not None and image.change.goes_back
        key = (str(place), pinned.digest, intent, goes_back)
        if key not in self._decided:
            if pinned.digest not in self._inquiries:
                self._inquiries[pinned.digest] = inquire(self._context, pinned)
            question = DecisionRequest(place, intent, self._requester, change=image.change)
            self._decided[key] = decide_about(self._inquiries[pinned.digest], question)
        return self._decided[key]


def judged_by(
    workspace: Workspace, image: WantedImage, pinned: Pinned | None, decision: Decision
) -> JudgedImage:
    """What a decision about its release comes to for an image; what nobody has agreed to decides nothing."""
    findings, place = decision.unmet(), image.application.place
    if unagreed(workspace, [place]):
        findings = (_before_decision(Outcome.ERRORED, "not-agreed", {"place": str(place)}), *findings)
    judgement = judgement_of(findings, image.setting.component)
    until = eligible_at(findings) if judgement is Judgement.WAITING else None
    return JudgedImage(judgement, findings, pinned, eligible_at=until, excuses=_excuses(decision))


def _excuses(decision: Decision) -> tuple[Finding, ...]:
    """What people did that a decision rests on: what they waived, and what they approved."""
    return tuple(
        each
        for each in decision.findings
        if each.outcome is Outcome.WAIVED or (each.rule, each.code) == ("approval", "approved")
    )


def refused(code: str, values: Mapping[str, Any], pinned: Pinned | None = None) -> JudgedImage:
    """What is said of an image that may not enter, whatever would be decided."""
    return JudgedImage(Judgement.REFUSED, (_before_decision(Outcome.FAILED, code, values),), pinned)


def undecided(code: str, values: Mapping[str, Any], pinned: Pinned | None = None) -> JudgedImage:
    """What is said of an image about which nothing could be decided."""
    return JudgedImage(Judgement.UNDECIDED, (_before_decision(Outcome.ERRORED, code, values),), pinned)


def _unavailable(why: Unavailable) -> JudgedImage:
    return undecided("unavailable", {"where": why.where, "reason": why.reason})


def mixed(judged: JudgedImage, place: str, releases: Mapping[str, list[str]]) -> JudgedImage:
    """The same of an image beside which others of its product are another release's. releases: by name, the components
    of each."""
    is_one = all(each.rule != GATE or each.outcome is not Outcome.FAILED for each in judged.findings)
    if len(releases) < 2 or not is_one:
        return judged
    about = {"place": place, "releases": {name: sorted(each) for name, each in releases.items()}}
    findings = (_before_decision(Outcome.FAILED, "mixed-releases", about), *judged.findings)
    return replace(judged, judgement=Judgement.REFUSED, findings=findings, eligible_at=None)


def judgement_of(findings: Iterable[Finding], component: str) -> Judgement:
    """What the findings of a decision that stand in the way come to, for one component's image."""
    found = [each for each in findings if each.outcome in IN_THE_WAY]
    if any(_is_for_good(each, component) for each in found):
        return Judgement.REFUSED
    if any(each.outcome is Outcome.ERRORED for each in found):
        return Judgement.UNDECIDED
    return Judgement.WAITING if found else Judgement.ALLOWED


def _is_for_good(finding: Finding, component: str) -> bool:
    if finding.outcome not in (Outcome.FAILED, Outcome.MISSING):
        return False
    if finding.rule == "images":
        faults = finding.values.get("faults") or [{"code": finding.code, **finding.values}]
        return any(each.get("code") in _GONE and each.get("component") == component for each in faults)
    return finding.rule in _FOR_GOOD


def _before_decision(outcome: Outcome, code: str, values: Mapping[str, Any]) -> Finding:
    """What is found of an image before anything is decided about its release."""
    return Finding("", GATE, Phase.ENTER, outcome, code, dict(values))
