"""`ldmrelease retire`: take a release out of a menu."""

import typer

from ldmrelease.domain.facts import Intent
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import (
    ProductOption,
    ReasonOption,
    ReleaseArgument,
    TargetOption,
    applications_of,
    release_stored,
)
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.run_promotion import DryRunOption, YesOption, run_promotion
from ldmrelease.faces.cli.understood import known_target
from ldmrelease.render.output import Output, emit
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.inventory.written import written_release
from ldmrelease.services.releases.pin import Pinned

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease retire w.2023.13 --target usdfdev/nublado",
        "ldmrelease retire w.2023.13 --target jupyterlab --reason 'three months old'",
    )
)
def retire(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    release: ReleaseArgument,
    target: TargetOption,
    product: ProductOption = None,
    dry_run: DryRunOption = False,
    reason: ReasonOption = None,
    key: KeyOption = None,
    yes: YesOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Take a release out of the menus of the target.

    An entry of which no release is known is named as it is written there. A release that an alias stands for stays.
    Exit codes as for `promote`.
    """
    context = open_acting_context(ctx, key, "request")
    target = known_target(context.topology, target)
    spec = PromotionSpec(_written_or_stored(context, release, product, target), target, Intent.RETIRE, reason)
    answer = run_promotion(context, spec, output, dry_run=dry_run, yes=yes)
    emit(answer.plain, output, answer.text)
    raise typer.Exit(answer.code)


def _written_or_stored(context: Context, text: str, product: str | None, target: str) -> Pinned:
    """The pinned release that is meant; where there is none, what is written in a menu. Raises `UsageError`."""
    try:
        return release_stored(context, text, product)
    except UsageError:
        found = written_release(context, applications_of(context, target), text, product)
        if found is None:
            raise
        return found
