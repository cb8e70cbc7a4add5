"""`ldmrelease waive`: let one unmet requirement pass for one release at a place, or take that back."""

from typing import Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.approvals import not_waived_words
from ldmrelease.answers.sentences.text import listed
from ldmrelease.answers.waivers import WaiveAnswer, given_waivers, listed_waivers, withdrawn_waivers
from ldmrelease.domain.times import spell
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import ProductOption, ReasonOption, TargetOption, release_stored
from ldmrelease.faces.cli.asked_release import ExpiresOption, places_of
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
from ldmrelease.faces.cli.understood import known_target
from ldmrelease.render.approvals import waive_text, waiver_draft_text
from ldmrelease.render.output import Output, emit, say, visible
from ldmrelease.services.context import Context
from ldmrelease.services.governance.overview import waivers_at
from ldmrelease.services.governance.waive import (
    DraftedWaiver,
    NotWaived,
    WaiverTerms,
    draft_waivers,
    give_waivers,
    withdraw_waivers,
)

app = new_app()

_IDLE = {"no-requirement", "not-unmet"}
"""Codes of places where there is nothing to waive."""


@app.command(
    epilog=examples(
        "ldmrelease waive smoke --release w.2023.16 --target summit/ocps --reason 'DM-38779: one plot is late'",
        "ldmrelease waive --list --release w.2023.16 --target commissioning",
        "ldmrelease waive smoke --release w.2023.16 --target summit/ocps --withdraw --reason 'it is used after all'",
    )
)
def waive(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    target: TargetOption,
    release: Annotated[
        str, typer.Option("--release", "-r", metavar="RELEASE", help="A tag, such as w.2023.16.")
    ],
    requirement: Annotated[
        str | None, typer.Argument(metavar="REQUIREMENT", help="Its id in the policy.")
    ] = None,
    product: ProductOption = None,
    reason: ReasonOption = None,
    expires: ExpiresOption = None,
    take_back: Annotated[bool, typer.Option("--withdraw", help="Take such waivers back.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the waivers of the release there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask on a terminal.")] = False,
    key: KeyOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Waive a requirement that is failed or missing, as it is defined now and for what fails now: no new failure.

    Only the roles of its `waivable-by` may, for 14 days at most, and who has waived it before does not again. What
    would not count is refused, with the reason, and nothing is written (exit 2). What is waived stays a finding and is
    named in receipts, whoever signed it does not approve the release, and it is no passing check for a soak.
    """
    context = open_acting_context(ctx, key, "waiver")
    target = known_target(context.topology, target)
    pinned = release_stored(context, release, product, target)
    applications, name = places_of(context, pinned, target), pinned.release.name
    if list_:
        answer = listed_waivers(name, waivers_at(context, pinned, applications))
    elif requirement is None:
        raise UsageError("say which requirement", "name its id, or list waivers with --list")
    elif take_back:
        withdrawn = withdraw_waivers(context, pinned, applications, requirement, reason)
        answer = withdrawn_waivers(name, requirement, withdrawn, context.person)
    else:
        terms = _terms(context, requirement, reason, expires)
        drafts = draft_waivers(context, pinned, applications, terms)
        answer = _given(context, name, drafts, yes)
        _tell_shortened(drafts, terms)
    emit(answer, output, lambda: waive_text(answer))
    raise typer.Exit(answer.exit_code)


def _terms(context: Context, requirement: str, reason: str | None, expires: str | None) -> WaiverTerms:
    if not (reason or "").strip():
        raise UsageError("a waiver needs a reason", "say why with --reason: it is signed and kept")
    end = time_option("--expires", expires, context.now())
    if end is not None and end <= context.now():
        raise UsageError("--expires is in the past", "name a time to come")
    return WaiverTerms(requirement, reason or "", end)


def _tell_shortened(found: tuple[DraftedWaiver | NotWaived, ...], terms: WaiverTerms) -> None:
    """Say where a waiver ends sooner than was asked for."""
    for each in found:
        if (
            isinstance(each, DraftedWaiver)
            and terms.expires is not None
            and each.body.expires < terms.expires
        ):
            end = spell(each.body.expires)
            say(f"{each.application.place}: it ends {end}: its level gives a waiver no more time", err=True)


def _given(
    context: Context, name: str, found: tuple[DraftedWaiver | NotWaived, ...], yes: bool
) -> WaiveAnswer:
    """Sign what would count. Raises `UsageError` where one would not."""
    drafts = tuple(each for each in found if isinstance(each, DraftedWaiver))
    idle = _IDLE if drafts else set[str]()
    wrong = [each for each in found if isinstance(each, NotWaived) and each.code not in idle]
    if wrong:
        told = (f"{each.application.place}: {not_waived_words(each.code, each.values)}" for each in wrong)
        raise UsageError(f"a waiver for {name} would not count, and nothing was written; {'; '.join(told)}")
    _confirm(name, drafts, yes)
    give_waivers(context, drafts)
    return given_waivers(name, (each.body for each in drafts), context.person)


def _confirm(name: str, drafts: tuple[DraftedWaiver, ...], yes: bool) -> None:
    if yes:
        return
    if not on_terminal():
        raise UsageError("a waiver has to be meant, and nobody can be asked here", "say --yes")
    say("\n".join(map(waiver_draft_text, drafts)), err=True)
    places = listed(each.application.place for each in drafts)
    if not confirmed(visible(f"waive {drafts[0].body.requirement} for {name} at {places}?")):
        raise NoAnswer(ExitCode.REFUSED, "not-confirmed", "not confirmed: nothing was written")
