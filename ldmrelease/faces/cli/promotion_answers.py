"""What a promotion, rollback, alias or retirement answers: its words, its JSON, its exit code."""

import contextlib
from collections.abc import Callable
from typing import Any

import typer
from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.answers.sentences.refusals import busy_words, preflight_words, unknown_target_words
from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.faces.cli.arguments import usual_product
from ldmrelease.faces.cli.options import ExitCode, UsageError
from ldmrelease.render.decisions import decision_text
from ldmrelease.render.output import Output
from ldmrelease.render.progress import progress_line
from ldmrelease.render.promotions import look_text, nothing_text, outcome_text, plan_text
from ldmrelease.services.context import Context
from ldmrelease.services.decisions.decide import Decided, hypothetical_levels
from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget
from ldmrelease.services.operations.notifications import event_of, notify
from ldmrelease.services.progress import Progress
from ldmrelease.services.promotions.commands import Promoted, PromotionAnswer, Resumed
from ldmrelease.services.promotions.driver import PromotionOutcome
from ldmrelease.services.promotions.preflight import PreflightFailed, RefusedPlace
from ldmrelease.services.promotions.submit import NothingToDo, Preview
from ldmrelease.services.promotions.work import PlaceBusy

WRONG_LEDGER = {"other-ledger", "ledger-behind", "bad-fence"}
"""Refusals of a place that say nothing about the release: this ledger is not the one to ask."""

VERDICT_CODES = {
    Verdict.ALLOWED: ExitCode.OK,
    Verdict.REFUSED: ExitCode.REFUSED,
    Verdict.UNDECIDED: ExitCode.UNDECIDED,
    Verdict.WAITING: ExitCode.WAITING,
}
_STATE_CODES = {
    PromotionState.SUCCEEDED: ExitCode.OK,
    PromotionState.REFUSED: ExitCode.REFUSED,
    PromotionState.SUPERSEDED: ExitCode.REFUSED,
    PromotionState.ABORTED: ExitCode.REFUSED,
    PromotionState.UNDECIDED: ExitCode.UNDECIDED,
    PromotionState.WAITING: ExitCode.WAITING,
    PromotionState.STUCK: ExitCode.UNDECIDED,
}
# These halts are a definite no: a decision or a check came out against the release.
_REFUSALS = {"not-confirmed", "refused-later"}


class RenderedAnswer(Struct, frozen=True):
    """An answer in the two spellings that `emit` wants, and the exit code."""

    plain: dict[str, Any]
    text: Callable[[], str]
    code: ExitCode
    outcome: PromotionOutcome | None = None


def outcome_code(outcome: PromotionOutcome) -> ExitCode:
    """The exit code of where a promotion was left."""
    if outcome.interrupted is not None:
        return ExitCode.UNDECIDED
    if outcome.busy is not None:
        return ExitCode.WAITING
    if outcome.state is PromotionState.HALTED:
        return ExitCode.REFUSED if outcome.cause.get("cause") in _REFUSALS else ExitCode.UNDECIDED
    return _STATE_CODES.get(outcome.state, ExitCode.UNDECIDED)


def narrator(context: Context, output: Output) -> Progress:
    """Tells on stderr how a promotion goes; nothing where a program reads the answer."""

    def tell(code: str, values: dict[str, Any]) -> None:
        # A promotion does not stop in the middle because nobody listens any more.
        with contextlib.suppress(OSError):
            _tell(code, values)

    def _tell(code: str, values: dict[str, Any]) -> None:
        line = progress_line(code, values)
        if line is not None:
            typer.echo(line, err=True)
        decided = values.get("decided")
        # The first decision is part of the answer; a later one that says no is told where it comes.
        if isinstance(decided, Decided) and decided.decision.verdict is not Verdict.ALLOWED:
            typer.echo(decision_text(decided.decision, usual_product(context)), err=True)

    def silent(_code: str, _values: dict[str, Any]) -> None:
        """A program reads the answer alone."""

    return tell if output is Output.text else silent


def rendered(context: Context, spec: PromotionSpec, answer: PromotionAnswer) -> RenderedAnswer:
    """An answer to a request. Raises `UsageError` where the target names nothing."""
    match answer:
        case UnknownTarget():
            raise UsageError(unknown_target_words(answer))
        case PreflightFailed():
            return rendered_preflight(answer)
        case NothingToDo():
            name, places = spec.pinned.release.name, [str(each) for each in answer.places]
            idle = {"scaled-to-zero": [str(each) for each in answer.idle]} if answer.idle else {}
            plain = {"answer": "nothing-to-do", "release": name, "places": places, **idle}
            return RenderedAnswer(
                plain, lambda: nothing_text(answer, name, spec.intent, spec.alias), ExitCode.OK
            )
        case PlaceBusy():
            plain = {"answer": "busy", **canonical.to_plain(answer)}
            return RenderedAnswer(plain, lambda: f"busy: {busy_words(answer)}", ExitCode.WAITING)
        case Promoted():
            return _promoted(context, answer)
        case Resumed():
            again = rendered_outcome(context, answer.outcome)
            text = f"{answer.outcome.promotion} asks for this already\n"
            return replace(again, text=lambda: text + again.text())
        case Preview():
            return _looked(context, answer)


def rendered_preflight(answer: PreflightFailed) -> RenderedAnswer:
    """A place that cannot be written as asked: refused, or nobody could be reached."""
    first = answer.places[0].refusal
    unknown = isinstance(first, Unavailable) or first.code in WRONG_LEDGER
    kind = "undecided" if unknown else "refused"
    plain: dict[str, Any] = {"answer": kind, "places": [_refused_place(each) for each in answer.places]}
    code = ExitCode.UNDECIDED if unknown else ExitCode.REFUSED
    return RenderedAnswer(plain, lambda: f"{kind}: {preflight_words(answer)}; nothing was written", code)


def _refused_place(place: RefusedPlace) -> dict[str, Any]:
    if isinstance(place.refusal, Unavailable):
        return {"place": str(place.place), "unavailable": canonical.to_plain(place.refusal)}
    refusals = [{"code": each.code, "values": canonical.to_plain(each.values)} for each in place.refusal.each]
    return {"place": str(place.place), "refusals": refusals}


def hypothetical(context: Context, look: Preview) -> dict[str, list[str]]:
    """The levels whose policy nobody has agreed to, as a field of an answer; none where there are none."""
    levels = hypothetical_levels(context, [each.place for each in look.plan.places])
    return {"hypothetical": list(levels)} if levels else {}


def hypothetical_line(context: Context, look: Preview) -> str:
    """The same in words, in front of a decision."""
    levels = hypothetical(context, look).get("hypothetical")
    if not levels:
        return ""
    return (
        f"hypothetical: the policy of {', '.join(levels)} is not the one that the trust document records; "
        "nothing acts on what it decides\n"
    )


def _looked(context: Context, look: Preview) -> RenderedAnswer:
    plain = {
        "answer": "dry-run",
        "plan": canonical.to_plain(look.plan),
        "decisions": [canonical.to_plain(each.decision) for each in look.decided],
        **hypothetical(context, look),
    }

    def text() -> str:
        decisions = hypothetical_line(context, look) + look_text(look, usual_product(context))
        return f"{decisions}\n\n{plan_text(look.plan)}\n\ndry run: nothing was written"

    return RenderedAnswer(plain, text, VERDICT_CODES[look.first.decision.verdict])


def _promoted(context: Context, answer: Promoted) -> RenderedAnswer:
    first, outcome = answer.look.first, answer.outcome
    decision = {**canonical.to_plain(first.decision), "digest": first.digest}
    plain = {"answer": "promotion", **outcome_plain(outcome), "decision": decision}

    def text() -> str:
        decided = decision_text(first.decision, usual_product(context))
        return f"{decided}\n{outcome_text(outcome, context.now())}"

    return RenderedAnswer(plain, text, outcome_code(outcome), outcome)


def rendered_outcome(context: Context, outcome: PromotionOutcome) -> RenderedAnswer:
    """Where a promotion was left by `resume` or `abort`."""
    plain = {"answer": "promotion", **outcome_plain(outcome)}
    return RenderedAnswer(plain, lambda: outcome_text(outcome, context.now()), outcome_code(outcome), outcome)


def outcome_plain(outcome: PromotionOutcome) -> dict[str, Any]:
    """Where a promotion was left, for programs."""
    plain: dict[str, Any] = canonical.to_plain(outcome)
    return {key: value for key, value in plain.items() if value not in (None, {}, False)}


def send_notification(context: Context, outcome: PromotionOutcome | None) -> None:
    """Run the workspace's `notify` command where somebody's act is owed."""
    event = event_of(outcome) if outcome is not None else None
    problem = notify(context, event) if event is not None else None
    if problem is not None:
        typer.echo(f"warning: nobody was told: {problem}", err=True)
