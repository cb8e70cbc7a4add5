"""`ldmrelease recall`: let a release, an image or whatever a condition holds of in nowhere, and say where it runs."""

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from ldmrelease.answers.holds import HoldSetAnswer, hold_set_answer
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.text import listed
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain.events.acts import Hold, HoldKind
from ldmrelease.domain.events.notifications import NotificationDue
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import ProductOption, product_and_tag
from ldmrelease.faces.cli.hold_options import (
    LookOption,
    ScopesOption,
    SureOption,
    WhyOption,
    draft_hold,
    require_reason,
    require_yes,
    scopes_of,
)
from ldmrelease.faces.cli.options import OutputOption, TimeoutOption, UsageError, examples, new_app
from ldmrelease.render.holds import hold_set_text
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.context import Context
from ldmrelease.services.governance.affected import DRAFT, effects_of
from ldmrelease.services.governance.holding import (
    RecalledSubjects,
    UnknownComponent,
    recalled_digest,
    recalled_release,
    set_hold,
)

app = new_app()

_SHORTENED = re.compile(r"sha256:[0-9a-f]{0,63}|gitCommit:[0-9a-f]{0,39}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|gitCommit:[0-9a-f]{40}")


@app.command(
    epilog=examples(
        "ldmrelease recall w.2023.16 --reason 'it segfaults on every second exposure'",
        "ldmrelease recall w.2023.16 --component lab --reason 'notebooks do not start' --dry-run",
        "ldmrelease recall w.2023.16 --target level:production --reason 'wrong photometry'",
        """ldmrelease recall --having 'release.kind == "weekly" && cycle == "c0044"' --target summit """
        "--reason 'no weeklies of this cycle'",
    )
)
def recall(  # noqa: PLR0913, PLR0917 - an option each
    ctx: typer.Context,
    reason: WhyOption,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="RELEASE | DIGEST",
            help="A tag, such as w.2023.16, or a digest of a release, content or image.",
        ),
    ] = None,
    product: ProductOption = None,
    component: Annotated[
        str | None, typer.Option("--component", metavar="COMPONENT", help="That image of the release alone.")
    ] = None,
    having: Annotated[
        str | None,
        typer.Option("--having", metavar="EXPRESSION", help="Only where a condition in CEL is true."),
    ] = None,
    target: ScopesOption = None,
    timeout: TimeoutOption = 10.0,
    dry_run: LookOption = False,
    key: KeyOption = None,
    yes: SureOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Recall a release, an image, or whatever a condition holds of: until it is lifted it is let in nowhere.

    It is not rolled back to, either. What runs goes on running: the answer has every place that runs it, with its
    workloads and pods, since when, and the command that takes it away there.

    The recall is recorded first; then trees and clusters are asked, all at once. One that does not answer is named.
    A release is recalled with its content and all its images: a final with the same ones is held, too. A condition that
    asks for what is not known of a release leaves it undecided.
    """
    context = open_acting_context(ctx, key, "hold")
    subjects = _subjects(context, what, product, component, having)
    body = Hold(
        DRAFT,
        HoldKind.RECALL,
        scopes_of(context.topology, target or []),
        context.now(),
        require_reason(reason),
        subjects=subjects.subjects,
        product=subjects.product,
        tag=subjects.tag,
        predicate=having,
        component=subjects.component,
    )
    draft = draft_hold(context, body)
    if dry_run:
        answer = hold_set_answer(draft, effects_of(context, draft, timeout), context.now(), recorded=False)
    else:
        require_yes(_question(what, body), yes=yes)
        hold = set_hold(context, body)
        if output.is_text:
            say(f"recorded as {hold.id}; looking where it runs", err=True)
        answer = hold_set_answer(hold, effects_of(context, hold, timeout), context.now(), recorded=True)
        _notify(context, answer)
    emit(answer, output, lambda: hold_set_text(answer))
    raise typer.Exit(answer.exit_code)


def _subjects(
    context: Context, what: str | None, product: str | None, component: str | None, having: str | None
) -> RecalledSubjects:
    if having is not None:
        _require_condition(having)
    if what is None:
        if having is None or component is not None:
            raise UsageError("say what is recalled: a release, a digest, or --having a condition")
        return RecalledSubjects(())
    if _SHORTENED.fullmatch(what):
        what = _whole_digest(context, what)
    if _DIGEST.fullmatch(what):
        if component is not None:
            raise UsageError("a digest means one thing already", "leave --component out")
        found = recalled_digest(context, what)
        if not context.pins.names_of(what):
            say(f"{what} is of no pinned release; it is held wherever it comes up", err=True)
        return found
    chosen, tag = product_and_tag(context, what, product)
    named = recalled_release(context, chosen.name, tag, component)
    if isinstance(named, UnknownComponent):
        raise UsageError(
            f"{chosen.name}/{tag} has no component {component!r}", did_you_mean(component or "", named.known)
        )
    if not named.subjects:
        say(f"{chosen.name}/{tag} is not pinned; it is held by its name", err=True)
    return named


def _whole_digest(context: Context, text: str) -> str:
    """The one digest of a pinned release or image that begins so, as tables show them: an image is not its release."""
    held = (each.body for each in context.pins.all())
    known = {own for each in held for own in (each.digest, *each.digests) if own.startswith(text)}
    if len(known) == 1:
        found = known.pop()
        say(f"{text} is {found}", err=True)
        return found
    if not known:
        raise UsageError(f"no pinned release has a digest that begins with {text}", "write the whole digest")
    raise UsageError(f"{text} begins {len(known)} digests", "write more of it")


def _require_condition(expression: str) -> None:
    # The expression language: who recalls without a condition goes without.
    from ldmrelease.expressions.cel import BadExpression  # noqa: PLC0415
    from ldmrelease.faces.cli.where_having import condition_mistake  # noqa: PLC0415
    from ldmrelease.services.acts.conditions import RECALL_FIELDS, read_recall_condition  # noqa: PLC0415

    found = read_recall_condition(expression)
    if isinstance(found, BadExpression):
        raise condition_mistake(found, RECALL_FIELDS)


def _question(what: str | None, body: Hold) -> str:
    condition = f" where {body.predicate}" if body.predicate is not None else ""
    return f"recall {what or 'everything'}{condition} {_at(body.scopes)}?"


def _at(scopes: Sequence[str]) -> str:
    return f"at {listed(scopes)}" if scopes else "everywhere"


def _notify(context: Context, answer: HoldSetAnswer) -> None:
    """Tell whoever is to know: a receiver that does not answer holds nothing up."""
    from ldmrelease.answers.sentences.notifications import due_words  # noqa: PLC0415 - where something was recorded
    from ldmrelease.services.operations.notifications import notify  # noqa: PLC0415

    held = answer.hold
    due = NotificationDue(
        key=f"{held.hold}/recalled",
        event="recalled",
        subject=held.hold,
        state="held",
        time=context.now(),
        release=held.release,
        next=(("ldmrelease", "holds"),),
        values={
            "reason": held.reason,
            "person": held.person,
            "places": sorted({each.place for each in answer.running if each.unknown is None}),
        },
    )
    for each in notify(context, [due], due_words):
        say(f"warning: {printable(each.receiver)} was not notified: {printable(each.problem)}", err=True)
