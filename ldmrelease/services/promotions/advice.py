"""Advice is planned like a request before it is given: nobody is told to type what would be refused."""

import time
from collections.abc import Callable

from msgspec.structs import replace

from ldmrelease.domain.decision import Decision, Finding, Verdict
from ldmrelease.domain.errors import LdmreleaseError, UnavailableError
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.topology import Place
from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget
from ldmrelease.services.inventory.drift_report import Blocked, DriftFinding, DriftReport, Option
from ldmrelease.services.inventory.written import written_release
from ldmrelease.services.needs import PromotionPlanning
from ldmrelease.services.promotions.commands import preview_spec
from ldmrelease.services.promotions.preflight import PreflightFailed
from ldmrelease.services.promotions.submit import NothingToDo
from ldmrelease.services.releases.pin import Pinned, find_or_pin, stored_pin

_REASON = "advice"
"""Stands for the reason that whoever follows the advice will give."""
_WAYS = {str(each): each for each in (Intent.PROMOTE, Intent.ROLLBACK, Intent.RETIRE)}

Planned = tuple[str, ...] | Blocked
"""What has to be said beside the command, or why it is not advised."""


class Planner:
    """Plans requests for one answer, each once, as long as there is time.

    seconds: for how long; what is left is not planned, which is said.
    """

    def __init__(self, context: PromotionPlanning, seconds: float) -> None:
        self._context = context
        self._until = time.monotonic() + seconds
        self._planned: dict[tuple[str, Place, Option], Planned | None] = {}

    def of_drift(self, report: DriftReport) -> DriftReport:
        """The same, with a command for each drift that would be let through, or what stands in the way."""
        return replace(report, drift=tuple(self._advised(each) for each in report.drift))

    def of_decision(self, decision: Decision) -> Decision:
        """The same, where each finding's next command would be let through."""
        return replace(
            decision, findings=tuple(self._next(decision.name, each) for each in decision.findings)
        )

    def _advised(self, finding: DriftFinding) -> DriftFinding:
        first: Blocked | None = None
        for option in finding.options:
            planned = self._plan(finding.product, finding.place, option, option.command(finding))
            if planned is None:
                # Nobody has seen whether it would be let through; to look is always allowed.
                return replace(finding, fix=option.command(finding, "--dry-run"))
            if not isinstance(planned, Blocked):
                return replace(finding, fix=option.command(finding, *planned))
            first = first or planned
        return replace(finding, fix=(), blocked=first) if first is not None else finding

    def _next(self, name: str, finding: Finding) -> Finding:
        # What a rule adds by itself, such as a reason, the plan says again where it is needed.
        words = finding.next[:5]
        if len(words) != 5 or words[1] not in _WAYS or words[3] != "--target":
            return finding
        environment, slash, application = words[4].partition("/")
        if not slash:
            return finding
        option, place = Option(_WAYS[words[1]], words[2]), Place(environment, application)
        planned = self._plan(name.partition("/")[0], place, option, words)
        if planned is None:
            return replace(finding, next=(*words, "--dry-run"))
        return replace(finding, next=() if isinstance(planned, Blocked) else (*words, *planned))

    def _plan(self, product: str, place: Place, option: Option, command: tuple[str, ...]) -> Planned | None:
        key = (product, place, option)
        if key not in self._planned:
            late = time.monotonic() > self._until
            self._planned[key] = None if late else self._tried(product, place, option, command)
        return self._planned[key]

    def _tried(self, product: str, place: Place, option: Option, command: tuple[str, ...]) -> Planned:
        try:
            return self._previewed(product, place, option, command)
        except UnavailableError as error:
            return Blocked(command, refusals=(error.unavailable,))
        except LdmreleaseError as error:
            return Blocked(command, reason=str(error))

    def _previewed(self, product: str, place: Place, option: Option, command: tuple[str, ...]) -> Planned:
        pinned = self._release(product, place, option)
        if pinned is None:
            return Blocked(command, reason=f"{product}/{option.tag} is not known")
        found = preview_spec(self._context, PromotionSpec(pinned, str(place), option.intent, _REASON))
        match found:
            case UnknownTarget():
                return Blocked(command, reason=f"{place} does not run {product}")
            case NothingToDo():
                return Blocked(command, reason="there is nothing that it would do")
            case PreflightFailed():
                return Blocked(command, refusals=tuple(each.refusal for each in found.places))
        decision = found.first.decision
        if decision.verdict not in (Verdict.ALLOWED, Verdict.WAITING):
            return Blocked(command, decision=decision)
        return ("--reason", "WHY") if decision.only_found else ()

    def _release(self, product: str, place: Place, option: Option) -> Pinned | None:
        known, application = (
            self._context.topology.product(product),
            self._context.topology.application(place),
        )
        if known is None or application is None:
            return None
        if option.intent is Intent.RETIRE:
            return written_release(self._context, [application], option.tag, product)
        find: Callable[..., object] = find_or_pin if option.intent is Intent.PROMOTE else stored_pin
        found = find(self._context, known, option.tag)
        return found if isinstance(found, Pinned) else None
