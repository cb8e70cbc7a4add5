"""What a promotion, rollback, alias or retirement answers: its words, its JSON, its exit code."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import typer

from ldmrelease.domain import canonical
from ldmrelease.domain.decision import Verdict
from ldmrelease.faces.cli.arguments import usual_product
from ldmrelease.faces.cli.options import Code, Mistake
from ldmrelease.promotion.journal import State
from ldmrelease.render.decisions import decision_text
from ldmrelease.render.output import Output
from ldmrelease.render.progress import progress_line
from ldmrelease.render.promotions import look_text, nothing_text, outcome_text, plan_text
from ldmrelease.render.refusals import busy_words, impossible_words, no_target_words
from ldmrelease.services.context import Workbench
from ldmrelease.services.decisions.decide import Decided, hypothetical_levels
from ldmrelease.services.deployments.target import NoTarget, Wish
from ldmrelease.services.operations.notifications import event_of, notify
from ldmrelease.services.progress import Progress
from ldmrelease.services.promotions.commands import Answer, Promoted, Resumed
from ldmrelease.services.promotions.driver import Outcome
from ldmrelease.services.promotions.preflight import Impossible
from ldmrelease.services.promotions.submit import Look, NothingToDo
from ldmrelease.services.promotions.work import Busy
from ldmrelease.targets.results import Unreachable

WRONG_LEDGER = {"other-ledger", "ledger-behind", "bad-fence"}
"""Refusals of a place that say nothing about the release: this ledger is not the one to ask."""

VERDICT_CODES = {
    Verdict.ALLOWED: Code.OK,
    Verdict.REFUSED: Code.REFUSED,
    Verdict.UNDECIDED: Code.UNDECIDED,
    Verdict.WAITING: Code.WAITING,
}
_STATE_CODES = {
    State.SUCCEEDED: Code.OK,
    State.REFUSED: Code.REFUSED,
    State.SUPERSEDED: Code.REFUSED,
    State.ABORTED: Code.REFUSED,
    State.UNDECIDED: Code.UNDECIDED,
    State.WAITING: Code.WAITING,
    State.STUCK: Code.UNDECIDED,
}
# These halts are a definite no: a decision or a check came out against the release.
_REFUSALS = {"not-confirmed", "refused-later"}


@dataclass(frozen=True, slots=True)
class Told:
    """An answer in the two spellings that `emit` wants, and the exit code."""

    plain: dict[str, Any]
    text: Callable[[], str]
    code: Code
    outcome: Outcome | None = None


def outcome_code(outcome: Outcome) -> Code:
    """The exit code of where a promotion was left."""
    if outcome.interrupted is not None:
        return Code.UNDECIDED
    if outcome.busy is not None:
        return Code.WAITING
    if outcome.state is State.HALTED:
        return Code.REFUSED if outcome.cause.get("cause") in _REFUSALS else Code.UNDECIDED
    return _STATE_CODES.get(outcome.state, Code.UNDECIDED)


def narrator(bench: Workbench, output: Output) -> Progress:
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
            typer.echo(decision_text(decided.decision, usual_product(bench)), err=True)

    def silent(_code: str, _values: dict[str, Any]) -> None:
        """A program reads the answer alone."""

    return tell if output is Output.text else silent


def told(bench: Workbench, wish: Wish, answer: Answer) -> Told:
    """An answer to a wish. Raises `Mistake` where the target names nothing."""
    match answer:
        case NoTarget():
            raise Mistake(no_target_words(answer))
        case Impossible():
            return told_impossible(answer)
        case NothingToDo():
            name, places = wish.pinned.release.name, [str(each) for each in answer.places]
            idle = {"idle": [str(each) for each in answer.idle]} if answer.idle else {}
            plain = {"answer": "nothing-to-do", "release": name, "places": places, **idle}
            return Told(plain, lambda: nothing_text(answer, name, wish.intent, wish.alias), Code.OK)
        case Busy():
            plain = {"answer": "busy", **canonical.to_plain(answer)}
            return Told(plain, lambda: f"busy: {busy_words(answer)}", Code.WAITING)
        case Promoted():
            return _promoted(bench, answer)
        case Resumed():
            again = told_outcome(bench, answer.outcome)
            text = f"{answer.outcome.promotion} asks for this already\n"
            return replace(again, text=lambda: text + again.text())
        case Look():
            return _looked(bench, answer)


def told_impossible(answer: Impossible) -> Told:
    """A place that cannot be written as asked: refused, or nobody could be asked."""
    unknown = isinstance(answer.refusal, Unreachable) or answer.refusal.code in WRONG_LEDGER
    kind = "undecided" if unknown else "refused"
    plain: dict[str, Any] = {"answer": kind, **_refused_place(answer)}
    if answer.more:
        plain["more"] = [_refused_place(each) for each in answer.more]
    code = Code.UNDECIDED if unknown else Code.REFUSED
    return Told(plain, lambda: f"{kind}: {impossible_words(answer)}; nothing was written", code)


def _refused_place(answer: Impossible) -> dict[str, Any]:
    return {"place": str(answer.place), "refusal": canonical.to_plain(answer.refusal)}


def hypothetical(bench: Workbench, look: Look) -> dict[str, list[str]]:
    """The levels whose policy nobody has agreed to, as a field of an answer; none where there are none."""
    levels = hypothetical_levels(bench, [each.place for each in look.plan.places])
    return {"hypothetical": list(levels)} if levels else {}


def hypothetical_line(bench: Workbench, look: Look) -> str:
    """The same in words, in front of a decision."""
    levels = hypothetical(bench, look).get("hypothetical")
    if not levels:
        return ""
    return (
        f"hypothetical: the policy of {', '.join(levels)} is not the one that the trust document records; "
        "nothing acts on what it decides\n"
    )


def _looked(bench: Workbench, look: Look) -> Told:
    plain = {
        "answer": "dry-run",
        "plan": canonical.to_plain(look.plan),
        "decisions": [canonical.to_plain(each.decision) for each in look.decided],
        **hypothetical(bench, look),
    }

    def text() -> str:
        decisions = hypothetical_line(bench, look) + look_text(look, usual_product(bench))
        return f"{decisions}\n\n{plan_text(look.plan)}\n\ndry run: nothing was written"

    return Told(plain, text, VERDICT_CODES[look.first.decision.verdict])


def _promoted(bench: Workbench, answer: Promoted) -> Told:
    first, outcome = answer.look.first, answer.outcome
    decision = {**canonical.to_plain(first.decision), "digest": first.digest}
    plain = {"answer": "promotion", **outcome_plain(outcome), "decision": decision}

    def text() -> str:
        decided = decision_text(first.decision, usual_product(bench))
        return f"{decided}\n{outcome_text(outcome, bench.now())}"

    return Told(plain, text, outcome_code(outcome), outcome)


def told_outcome(bench: Workbench, outcome: Outcome) -> Told:
    """Where a promotion was left by `resume` or `abort`."""
    plain = {"answer": "promotion", **outcome_plain(outcome)}
    return Told(plain, lambda: outcome_text(outcome, bench.now()), outcome_code(outcome), outcome)


def outcome_plain(outcome: Outcome) -> dict[str, Any]:
    """Where a promotion was left, for programs."""
    plain: dict[str, Any] = canonical.to_plain(outcome)
    return {key: value for key, value in plain.items() if value not in (None, {}, False)}


def tell_somebody(bench: Workbench, outcome: Outcome | None) -> None:
    """Run the workspace's `notify` command where somebody's act is owed."""
    event = event_of(outcome) if outcome is not None else None
    problem = notify(bench, event) if event is not None else None
    if problem is not None:
        typer.echo(f"warning: nobody was told: {problem}", err=True)
