"""Advice is planned like a request before it is given: nobody is told to type what would be refused."""

import os
import time
from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.checks.registry import traits
from ldmrelease.domain.decision import Decision, Finding, Verdict
from ldmrelease.domain.errors import LdmreleaseError, UnavailableError
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Application, Check, Place
from ldmrelease.services.checks.runs import is_elsewhere, run_place
from ldmrelease.services.decisions.decide import level_at
from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget, places_for
from ldmrelease.services.inventory.drift_report import Blocked, DriftFinding, DriftReport, Option
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.written import written_release
from ldmrelease.services.needs import PromotionPlanning
from ldmrelease.services.promotions.preflight import PreflightFailed
from ldmrelease.services.promotions.previews import preview_spec
from ldmrelease.services.promotions.rendered_images import rendering_until
from ldmrelease.services.promotions.reported_place import is_nowhere_there
from ldmrelease.services.promotions.submit import NothingToDo
from ldmrelease.services.releases.pin import Pinned, find_or_pin, stored_pin

_REASON = "advice"
"""Stands for the reason that whoever follows the advice will give."""
_WAYS = {str(each): each for each in (Intent.PROMOTE, Intent.ROLLBACK, Intent.RETIRE)}

Planned = tuple[str, ...] | Blocked
"""What has to be said beside the command, or why it is not advised."""


class AdvisedDecision(Struct, frozen=True):
    """A decision whose next commands would be let through; `blocked` says by requirement why another is not advised."""

    decision: Decision
    blocked: Mapping[str, Blocked]


class Planner:
    """Plans requests for one answer, each once, as long as there is time.

    seconds: for how long; what is left is not planned, which is said.
    """

    def __init__(self, context: PromotionPlanning, seconds: float) -> None:
        self._context = context
        self._until = time.monotonic() + seconds
        self._planned: dict[tuple[str, str, Option], Planned | None] = {}

    def of_drift(self, report: DriftReport) -> DriftReport:
        """The same, with a command for each drift that would be let through, or what stands in the way."""
        return replace(report, drift=tuple(self._advised(each) for each in report.drift))

    def of_decision(self, decision: Decision) -> AdvisedDecision:
        """The same, where each finding's next command would be let through, and what stands in the way of others."""
        blocked: dict[str, Blocked] = {}
        findings = []
        for each in decision.findings:
            advised = self._next(decision, each)
            if isinstance(advised, Blocked):
                blocked[each.requirement] = advised
                advised = replace(each, next=())
            findings.append(advised)
        return AdvisedDecision(replace(decision, findings=tuple(findings)), blocked)

    def _advised(self, finding: DriftFinding) -> DriftFinding:
        first: Blocked | None = None
        for option in finding.options:
            planned = self._plan(finding.product, str(finding.place), option, option.command(finding))
            if planned is None:
                # Nobody has seen whether it would be let through; to look is always allowed.
                return replace(finding, fix=option.command(finding, "--dry-run"))
            if not isinstance(planned, Blocked):
                return replace(finding, fix=option.command(finding, *planned))
            first = first or planned
        return replace(finding, fix=(), blocked=first) if first is not None else finding

    def _next(self, decision: Decision, finding: Finding) -> Finding | Blocked:
        if finding.next[1:2] == ("check-run",):
            return self._of_check(decision, finding)
        if (finding.rule, finding.code) == ("check", "running"):
            return replace(finding, next=self._signing(decision, finding))
        # What a rule adds by itself, such as a reason, the plan says again where it is needed.
        words = finding.next[:5]
        if len(words) != 5 or words[1] not in _WAYS or words[3] != "--target":
            return finding
        tag = words[2]
        if words[1] == str(Intent.ROLLBACK):
            tag = ImageNames(self._context).with_revision(decision.name, decision.release)
            words = (*words[:2], tag, *words[3:])
        option = Option(_WAYS[words[1]], tag)
        planned = self._plan(decision.name.partition("/")[0], words[4], option, words)
        if planned is None:
            return replace(finding, next=(*words, "--dry-run"))
        return planned if isinstance(planned, Blocked) else replace(finding, next=(*words, *planned))

    def _of_check(self, decision: Decision, finding: Finding) -> Finding | Blocked:
        """A run about what is not there is refused."""
        product = decision.name.partition("/")[0]
        check, tag, target = finding.next[2], finding.next[3], finding.next[5]
        known, wanted = self._context.topology.product(product), self._context.topology.check(check)
        pinned = stored_pin(self._context, known, tag) if known is not None else None
        if wanted is None or time.monotonic() > self._until:
            return finding
        if pinned is None:
            return Blocked(finding.next, reason=_unpinned(decision.name, tag, product))
        places = places_for(self._context, PromotionSpec(pinned, target))
        if isinstance(places, UnknownTarget):
            return Blocked(finding.next, reason=f"{target} does not run {product}")
        try:
            lacking = [each.place for each in places if not self._is_there(wanted, each, pinned)]
            there = self._place_elsewhere(decision, finding, wanted, pinned) if lacking else None
        except LdmreleaseError as error:
            return Blocked(finding.next, reason=str(error))
        if not lacking:
            return finding
        if there is not None:
            return replace(finding, next=(*finding.next[:5], str(there), *finding.next[6:]))
        return Blocked(finding.next, once=f"{decision.name} runs at {', '.join(map(str, lacking))}")

    def _place_elsewhere(
        self, decision: Decision, finding: Finding, check: Check, pinned: Pinned
    ) -> Place | None:
        """Where the release runs now, of the level or environment that the requirement wants a run at."""
        level = level_at(self._context, decision.place).at(decision.place.environment)
        demands = [each for each in (*level.enter, *level.confirm) if each.id == finding.requirement]
        wanted = next((each.parameters.get("where") for each in demands), None)
        if not isinstance(wanted, str):
            return None
        for each in self._context.topology.applications:
            if not each.components(pinned.release.product):
                continue
            meant = (f"level:{each.level}", each.place.environment)
            if wanted in meant and self._is_there(check, each, pinned):
                return each.place
        return None

    def _is_there(self, check: Check, application: Application, pinned: Pinned) -> bool:
        where = run_place(self._context, check, application, pinned)
        absent = is_elsewhere(self._context, check, application, pinned)
        return not (
            where.unsettled or absent or is_nowhere_there(self._context, check, [application], pinned)
        )

    def _signing(self, decision: Decision, finding: Finding) -> tuple[str, ...]:
        """What whoever has the result of a run says, where somebody else runs the check."""
        check, run = str(finding.values.get("check")), finding.values.get("run")
        known = self._context.topology.check(check)
        if known is None or run is None or traits(known.kind).run_by_us:
            return ()
        about = ("--type", "check", "--check", check, "--run", str(run))
        made = ("--result", "RESULT", "--key", "FILE", "--out", f"{check}.json")
        return ("ldmrelease", "evidence", "sign", decision.name, *about, *made)

    def _plan(self, product: str, target: str, option: Option, command: tuple[str, ...]) -> Planned | None:
        key = (product, target, option)
        if key not in self._planned:
            late = time.monotonic() > self._until
            self._planned[key] = None if late else self._planned_in_time(product, target, option, command)
        return self._planned[key]

    def _planned_in_time(
        self, product: str, target: str, option: Option, command: tuple[str, ...]
    ) -> Planned | None:
        """The plan; None where time ran out meanwhile, so that not all was rendered that it would have stood on."""
        with rendering_until(self._context, os.environ, self._until):
            planned = self._tried(product, target, option, command)
        return None if time.monotonic() > self._until and not isinstance(planned, Blocked) else planned

    def _tried(self, product: str, target: str, option: Option, command: tuple[str, ...]) -> Planned:
        try:
            return self._previewed(product, target, option, command)
        except UnavailableError as error:
            return Blocked(command, refusals=(error.unavailable,))
        except LdmreleaseError as error:
            return Blocked(command, reason=str(error))

    def _previewed(self, product: str, target: str, option: Option, command: tuple[str, ...]) -> Planned:
        pinned = self._release(product, target, option)
        if pinned is None:
            return Blocked(command, reason=f"{product}/{option.tag} is not known")
        found = preview_spec(self._context, PromotionSpec(pinned, target, option.intent, _REASON))
        match found:
            case UnknownTarget():
                return Blocked(command, reason=f"{target} does not run {product}")
            case NothingToDo():
                return Blocked(command, reason="there is nothing that it would do")
            case PreflightFailed():
                return Blocked(command, refusals=tuple(each.refusal for each in found.places))
        decision = found.first.decision
        if decision.verdict not in (Verdict.ALLOWED, Verdict.WAITING):
            return Blocked(command, decision=decision)
        return ("--reason", "WHY") if decision.only_found else ()

    def _release(self, product: str, target: str, option: Option) -> Pinned | None:
        known = self._context.topology.product(product)
        if known is None:
            return None
        if option.intent is Intent.RETIRE:
            application = self._context.topology.application(Place(*target.split("/", 1)))
            if application is None:
                return None
            return written_release(self._context, [application], option.tag, product)
        find: Callable[..., object] = find_or_pin if option.intent is Intent.PROMOTE else stored_pin
        found = find(self._context, known, option.tag)
        return found if isinstance(found, Pinned) else None


def _unpinned(name: str, tag: str, product: str) -> str:
    return f"{name} is not pinned yet; pin it with `ldmrelease release pin {tag} --product {product}`"
