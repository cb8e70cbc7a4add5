"""`ldmrelease approvals`: who approved what, what of it counts, and who is still to approve."""

import typer

from ldmrelease.answers.approvals import approvals_answer
from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.faces.cli.arguments import OptionalTargetOption, ProductOption, usual_product
from ldmrelease.faces.cli.asked_release import (
    AliasOption,
    OptionalSubjectArgument,
    asked_release,
    places_of,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import known_target
from ldmrelease.render.approvals import approvals_text
from ldmrelease.render.output import Output, emit
from ldmrelease.services.context import Context
from ldmrelease.services.governance.overview import PlaceApprovals, approvals_at, approvals_owed

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease approvals",
        "ldmrelease approvals w.2023.16 --target commissioning",
        "ldmrelease approvals P-42 --output json",
    )
)
def approvals(
    ctx: typer.Context,
    release: OptionalSubjectArgument = None,
    target: OptionalTargetOption = None,
    product: ProductOption = None,
    alias: AliasOption = None,
    output: OutputOption = Output.text,
) -> None:
    """List approvals of a release, whether each counts and why not, and what is still needed, by whom.

    Without a release: of all promotions that have not ended, where they ask for any. A look: nothing is written.
    """
    context = open_context_here(ctx)
    found = _found(context, release, product, target, alias)
    answer = approvals_answer(found)
    emit(answer, output, lambda: approvals_text(answer, usual_product(context)))
    raise typer.Exit(ExitCode.OK)


def _found(
    context: Context, release: str | None, product: str | None, target: str | None, alias: str | None
) -> tuple[PlaceApprovals, ...]:
    if release is not None:
        asked, applications = asked_release(context, release, product, target, alias)
        return approvals_at(context, asked, applications)
    if alias is not None or product is not None:
        raise UsageError("--alias and --product are of a release", "name the release, too")
    owed = tuple(approvals_owed(context))
    if target is None:
        return owed
    wanted = known_target(context.topology, target)
    return tuple(each for each in owed if each.application in places_of(context, each.asked.pinned, wanted))
