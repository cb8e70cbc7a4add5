"""`ldmrelease approve`: approve a release where it is to go, or take that back."""

from datetime import datetime
from typing import Annotated, Literal

import typer

from ldmrelease.answers.approvals import given_answer, withdrawn_answer
from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.approvals import not_counted_words
from ldmrelease.answers.sentences.text import listed
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import OptionalTargetOption, ProductOption, ReasonOption, usual_product
from ldmrelease.faces.cli.asked_release import AliasOption, ExpiresOption, SubjectArgument, asked_release
from ldmrelease.faces.cli.hold_options import time_option
from ldmrelease.faces.cli.options import (
    NoAnswer,
    OutputOption,
    UsageError,
    confirmed,
    examples,
    new_app,
    on_terminal,
)
from ldmrelease.render.approvals import approve_text, draft_text
from ldmrelease.render.output import Output, emit, say, visible
from ldmrelease.services.context import Context
from ldmrelease.services.governance.approve import (
    ALREADY,
    ApprovalRequest,
    Drafted,
    NotApproved,
    Terms,
    draft,
    give,
    withdraw,
)

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease approve w.2023.16 --target commissioning",
        "ldmrelease approve P-42 --reason 'RFC-1012 was adopted' --yes",
        "ldmrelease approve w.2023.16 --target usdfprod/nublado --alias recommended",
        "ldmrelease approve 24.0.0 --target usdfprod --about content --expires 2d",
        "ldmrelease approve w.2023.16 --target commissioning --withdraw --reason 'the board has to see it'",
    )
)
def approve(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    release: SubjectArgument,
    target: OptionalTargetOption = None,
    product: ProductOption = None,
    alias: AliasOption = None,
    about: Annotated[
        Literal["release", "content"] | None,
        typer.Option("--about", help="What is approved; else what the policy asks for."),
    ] = None,
    expires: ExpiresOption = None,
    reason: ReasonOption = None,
    take_back: Annotated[
        bool, typer.Option("--withdraw", help="Take back what you approved of it there.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask on a terminal.")] = False,
    key: KeyOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Approve a release at each place of the target, on what is found there now. It is signed with your key.

    What would not count is refused, with the reason, and nothing is written (exit 2): whoever asked for it, pinned it
    or waived something of it does not approve it. It holds until it expires, a requirement gets worse or is another
    one, a waiver is added, or the promotion that it is for ends.
    """
    context = open_acting_context(ctx, key, "approval")
    asked, applications = asked_release(context, release, product, target, alias)
    name, person = asked.pinned.release.name, context.person
    if take_back:
        answer = withdrawn_answer(name, withdraw(context, asked.pinned, applications, reason), person)
        emit(answer, output, lambda: approve_text(answer))
        raise typer.Exit(answer.exit_code)
    terms = Terms(about, _end(expires, context), reason)
    drafts = _drafts(asked, draft(context, asked, applications, terms))
    if drafts:
        _confirm(context, asked, drafts, yes)
        give(context, drafts)
    answer = given_answer(name, drafts, person)
    emit(answer, output, lambda: approve_text(answer))
    raise typer.Exit(answer.exit_code)


def _end(text: str | None, context: Context) -> datetime | None:
    end = time_option("--expires", text, context.now())
    if end is not None and end <= context.now():
        raise UsageError("--expires is in the past", "name a time to come")
    return end


def _drafts(asked: ApprovalRequest, found: tuple[Drafted | NotApproved, ...]) -> tuple[Drafted, ...]:
    """What may be signed; nothing where it is approved already. Raises `UsageError` where one would not count."""
    refused = [each for each in found if isinstance(each, NotApproved)]
    drafts = tuple(each for each in found if isinstance(each, Drafted))
    codes = {str(why["code"]) for each in refused for why in each.reasons}
    idle = {ALREADY, "not-asked"} if drafts or ALREADY in codes else set[str]()
    wrong = [each for each in refused if any(why["code"] not in idle for why in each.reasons)]
    if wrong:
        told = (
            f"{each.application.place}: {listed(not_counted_words(why) for why in each.reasons)}"
            for each in wrong
        )
        name = asked.pinned.release.name
        raise UsageError(f"an approval of {name} would not count, and nothing was written; {'; '.join(told)}")
    return drafts


def _confirm(context: Context, asked: ApprovalRequest, drafts: tuple[Drafted, ...], yes: bool) -> None:
    if yes:
        return
    if not on_terminal():
        raise UsageError("an approval has to be meant, and nobody can be asked here", "say --yes")
    say("\n\n".join(draft_text(each, usual_product(context)) for each in drafts), err=True)
    places = listed(each.application.place for each in drafts)
    if not confirmed(visible(f"approve {asked.pinned.release.name} at {places}?")):
        raise NoAnswer(ExitCode.REFUSED, "not-confirmed", "not confirmed: nothing was written")
