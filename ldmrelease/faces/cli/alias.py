"""`ldmrelease alias`: move and list names such as `recommended`."""

from typing import Annotated

import typer

from ldmrelease.answers.aliases import aliases_answer
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.answers.sentences.text import same_told
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.targets import MenuTarget
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import (
    OptionalTargetOption,
    ProductOption,
    ReasonOption,
    ReleaseArgument,
    TargetArgument,
    TargetOption,
    applications_of,
    one_target,
    release_stored,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.run_promotion import DryRunOption, YesOption, run_promotion
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import as_known, known_target
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.places import aliases_table
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.inventory.aliases import AliasOf, NotRead, aliases

app = new_app(
    "Move and list names such as `recommended`, menu by menu.",
    examples=examples(
        "ldmrelease alias move recommended w.2023.16 --target usdfdev/nublado", "ldmrelease alias list"
    ),
)


@app.command(
    "move",
    epilog=examples(
        "ldmrelease alias move recommended w.2023.16 --target usdfdev/nublado --reason 'notebooks were tested there'"
    ),
)
def move(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The name, such as recommended.")],
    release: ReleaseArgument,
    target: TargetOption,
    product: ProductOption = None,
    dry_run: DryRunOption = False,
    reason: ReasonOption = None,
    key: KeyOption = None,
    yes: YesOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Point a name in the target's menus at a release that is live there.

    Exit codes as for `promote`.
    """
    context = open_acting_context(ctx, key, "request")
    target = known_target(context.topology, target)
    name = _known_alias(context, name, target)
    spec = PromotionSpec(
        release_stored(context, release, product, target), target, Intent.ALIAS, reason, name
    )
    answer = run_promotion(context, spec, output, dry_run=dry_run, yes=yes)
    emit(answer.plain, output, answer.text)
    raise typer.Exit(answer.code)


def _known_alias(context: Context, name: str, target: str) -> str:
    """The alias that a name means in the menus of a target. Raises `UsageError` where none of them has it."""
    menus = [each.target for each in applications_of(context, target) if isinstance(each.target, MenuTarget)]
    known = {alias for menu in menus for alias in menu.aliases}
    found = as_known(name, known)
    if menus and found not in known:
        raise UsageError(f"no menu of {target} has an alias {name!r}", did_you_mean(name, known))
    return found


@app.command("list", epilog=examples("ldmrelease alias list", "ldmrelease alias list --target usdfdev"))
def list_aliases(
    ctx: typer.Context,
    place: TargetArgument = None,
    target: OptionalTargetOption = None,
    output: OutputOption = Output.text,
) -> None:
    """List which names stand for what, as the menus are committed now. Exit 3 if one could not be read."""
    context = open_context_here(ctx)
    found = list(aliases(context, applications_of(context, one_target(place, target))))
    rows = [each for each in found if isinstance(each, AliasOf)]
    unread = [each for each in found if isinstance(each, NotRead)]
    answer = aliases_answer(found)
    emit(answer, output, lambda: aliases_table(rows))
    for line in same_told((each.place, f"not read: {refusal_words(each.why)}") for each in unread):
        say(line, err=True)
    raise typer.Exit(answer.exit_code)
