"""What a promotion, rollback, alias or retirement answers: the answer, its words, its exit code."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.answers.decisions import NONE_BLOCKED, DecisionAnswer, decision_answer
from ldmrelease.answers.exit_codes import ExitCode, outcome_code
from ldmrelease.answers.promotions import (
    PromotionResult,
    busy_answer,
    dry_run_answer,
    nothing_answer,
    preflight_answer,
    promoted_answer,
    result_code,
)
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.interruptions import busy_words
from ldmrelease.answers.sentences.target_refusals import unknown_target_words
from ldmrelease.domain.decision import Verdict
from ldmrelease.faces.cli.advice import BlockedAdvice, planned_advice
from ldmrelease.faces.cli.arguments import usual_product
from ldmrelease.faces.cli.options import UsageError
from ldmrelease.render.changes import planned_text
from ldmrelease.render.decisions import decision_text, details_text
from ldmrelease.render.output import Output, say
from ldmrelease.render.plans import plan_text
from ldmrelease.render.progress import progress_line
from ldmrelease.render.promotions import (
    earliest_lines,
    hypothetical_text,
    left_out_texts,
    look_text,
    nothing_text,
    outcome_text,
    preflight_text,
)
from ldmrelease.services.context import Context
from ldmrelease.services.decisions.decide import Decided, unagreed
from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget
from ldmrelease.services.progress import Progress
from ldmrelease.services.promotions.changes import planned_changes
from ldmrelease.services.promotions.commands import Promoted, Requested, Resumed
from ldmrelease.services.promotions.commands import PromotionAnswer as FoundAnswer
from ldmrelease.services.promotions.preflight import PreflightFailed
from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome
from ldmrelease.services.promotions.submit import NothingToDo, Preview
from ldmrelease.services.promotions.work import PlaceBusy

if TYPE_CHECKING:
    from ldmrelease.services.promotions.earliest import EarliestTimes


class RenderedAnswer(Struct, frozen=True):
    """An answer as `emit` wants it, and the exit code; of a plan the earliest times at its places."""

    plain: PromotionResult
    text: Callable[[], str]
    code: ExitCode
    outcome: PromotionOutcome | None = None
    earliest: "EarliestTimes | None" = None


def narrator(context: Context, output: Output) -> Progress:
    """Tells on stderr how a promotion goes; nothing where a program reads the answer."""

    def tell(code: str, values: dict[str, Any]) -> None:
        # A promotion does not stop in the middle because nobody listens any more.
        with contextlib.suppress(OSError):
            _tell(code, values)

    def _tell(code: str, values: dict[str, Any]) -> None:
        line = progress_line(code, values)
        if line is not None:
            say(line, err=True)
        decided = values.get("decided")
        # The first decision is part of the answer; a later one that says no is told where it comes.
        if isinstance(decided, Decided) and decided.decision.verdict is not Verdict.ALLOWED:
            say(decision_text(decided.decision, usual_product(context)), err=True)

    def silent(_code: str, _values: dict[str, Any]) -> None:
        """A program reads the answer alone."""

    return tell if output.is_text else silent


def rendered(
    context: Context, spec: PromotionSpec, found: FoundAnswer, before: "EarliestTimes | None" = None
) -> RenderedAnswer:
    """An answer to a request; `before` is when other plans are through with the places that come first. Raises
    `UsageError` where the target names nothing.
    """
    match found:
        case UnknownTarget():
            raise UsageError(unknown_target_words(found))
        case PreflightFailed():
            return _told(preflight_answer(found), lambda: preflight_text(found))
        case NothingToDo():
            name = spec.pinned.release.name
            return _told(
                nothing_answer(found, name), lambda: nothing_text(found, name, spec.intent, spec.alias)
            )
        case PlaceBusy():
            return _told(busy_answer(found), lambda: f"busy: {busy_words(found)}")
        case Promoted():
            return _promoted(context, found)
        case Resumed():
            again = rendered_outcome(context, found.outcome)
            text = f"{found.outcome.promotion} asks for this already\n"
            return replace(again, text=lambda: text + again.text())
        case Preview():
            return _previewed(context, found, before)


def _told(
    answer: PromotionResult, text: Callable[[], str], outcome: PromotionOutcome | None = None
) -> RenderedAnswer:
    return RenderedAnswer(answer, text, result_code(answer, outcome), outcome)


def _previewed(context: Context, look: Preview, before: "EarliestTimes | None") -> RenderedAnswer:
    local = unagreed(context.workspace, [each.place for each in look.plan.places])
    changes = planned_changes(context, look.spec, look.plan)
    from ldmrelease.services.promotions.earliest import earliest_times  # noqa: PLC0415 - of plans alone

    decided, blocked = planned_advice(context, look.decided)
    earliest = earliest_times((each.decision for each in decided), before or {})

    def text() -> str:
        told = hypothetical_text(local) + look_text(decided, usual_product(context), blocked)
        decisions = "\n\n".join([told, *left_out_texts(look.left_out)])
        plan = "\n".join(
            [planned_text(changes), plan_text(look.plan), *earliest_lines(earliest, context.now())]
        )
        return f"{decisions}\n\n{plan}\n\ndry run: nothing was written"

    answer = dry_run_answer(replace(look, decided=decided), changes, local, blocked, earliest)
    return replace(_told(answer, text), earliest=earliest)


def _promoted(context: Context, found: Promoted) -> RenderedAnswer:
    named = _with_people(context, found.outcome)
    decided: tuple[Decided, ...] = (found.look.first,)
    blocked: BlockedAdvice = [NONE_BLOCKED]
    if found.look.first.decision.verdict is not Verdict.ALLOWED:
        decided, blocked = planned_advice(context, decided)
    first, why = decided[0], blocked[0]

    def text() -> str:
        told, product = outcome_text(named, context.now()), usual_product(context)
        if named.changes or first.decision.verdict is Verdict.ALLOWED:
            # It was begun: what became of it is the answer, whatever was allowed on entry.
            return f"{told}\n\n{details_text(first.decision, product)}"
        return f"{decision_text(first.decision, product, why)}\n{told}"

    decision = decision_answer(first.decision, first.digest, why)
    return _told(promoted_answer(named, decision), text, found.outcome)


def rendered_outcome(
    context: Context, outcome: PromotionOutcome, decision: DecisionAnswer | None = None
) -> RenderedAnswer:
    """Where a promotion was left by `resume` or `abort`; `decision` is that of its request, where that is new."""
    named = _with_people(context, outcome)
    return _told(promoted_answer(named, decision), lambda: outcome_text(named, context.now()), outcome)


def rendered_request(context: Context, found: Requested) -> RenderedAnswer:
    """A request that was recorded: what it waits for and whom, or that it may be carried out."""
    outcome = _with_people(context, found.outcome)
    decided, blocked = planned_advice(context, (found.look.first,)) if found.look is not None else ((), [])
    decision = decision_answer(decided[0].decision, decided[0].digest, blocked[0]) if decided else None
    code = ExitCode.OK if found.ready else outcome_code(outcome)

    def text() -> str:
        lines = [] if found.look is not None else [f"{outcome.promotion} asks for this already"]
        if decided:
            lines.append(decision_text(decided[0].decision, usual_product(context), blocked[0]))
        if found.ready:
            lines.append(f"promotion {outcome.promotion}: requested, and nothing stands in its way")
            return "\n".join([*lines, f"next: ldmrelease resume {outcome.promotion}"])
        return "\n".join([*lines, outcome_text(outcome, context.now())])

    return RenderedAnswer(promoted_answer(outcome, decision), text, code, outcome)


def _with_people(context: Context, outcome: PromotionOutcome) -> PromotionOutcome:
    if not outcome.cause.get("who"):
        return outcome
    from ldmrelease.answers.people import cause_with_people  # noqa: PLC0415 - where somebody has to act

    return replace(outcome, cause=cause_with_people(context.keyring, outcome.cause))


def send_notification(context: Context, *outcomes: PromotionOutcome | None) -> None:
    """Tell the workspace's receivers where somebody has to act: once each, of several outcomes in one message."""
    ended = [each for each in outcomes if each is not None]
    if not ended or context.workspace.notify is None:
        return
    from ldmrelease.answers.sentences.notifications import due_words  # noqa: PLC0415 - where there is an end
    from ldmrelease.services.operations.notifications import due_of, notify  # noqa: PLC0415

    due = [each for each in (due_of(one, context) for one in ended) if each is not None]
    for each in notify(context, due, due_words) if due else ():
        say(f"warning: {printable(each.receiver)} was not notified: {printable(each.problem)}", err=True)
