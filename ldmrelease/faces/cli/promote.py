"""`ldmrelease promote`: decide, record, act."""

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.arguments import (
    ProductOption,
    ReasonOption,
    ReleaseArgument,
    TargetOption,
    release_now,
)
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.overlay_options import (
    CompressedOption,
    EmergencyOption,
    asked_overlay,
    release_in,
    require_compression,
)
from ldmrelease.faces.cli.promotion_answers import RenderedAnswer
from ldmrelease.faces.cli.run_promotion import DryRunOption, YesOption, run_promotion
from ldmrelease.faces.cli.understood import known_target
from ldmrelease.render.output import Output, emit
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.target import PromotionSpec

if TYPE_CHECKING:
    from ldmrelease.domain.topology import Place
    from ldmrelease.services.promotions.earliest import EarliestTime

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease promote w.2023.16 --target commissioning",
        "ldmrelease promote w.2023.16 --target summit/ocps --dry-run",
        "ldmrelease promote w.2023.16 --target commissioning --through --wait",
        "ldmrelease promote w.2023.16 --target base --compressed night --reason 'on sky in an hour'",
        "ldmrelease promote w.2023.15 --target summit --emergency 'no exposures since 02:10'",
        "ldmrelease promote 1.1.0 --product prompt-processing --target usdfprod-prompt-processing --yes",
    )
)
def promote(  # noqa: PLR0913, PLR0917 - the options of the command
    ctx: typer.Context,
    release: ReleaseArgument,
    target: TargetOption,
    product: ProductOption = None,
    dry_run: DryRunOption = False,
    through: Annotated[
        bool, typer.Option("--through", help="First promote it to the levels where it has yet to run.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Sleep until it can go on, instead of leaving it to `resume`.")
    ] = False,
    compressed: CompressedOption = None,
    emergency: EmergencyOption = None,
    reason: ReasonOption = None,
    key: KeyOption = None,
    yes: YesOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Promote a release to a level, an environment or an application.

    Exit 0 when it is there (or was), 1 when it is refused, 2 when the request was invalid, 3 when it could
    not be decided or finished, 4 when it waits. Asking again does nothing where nothing is left to do.
    """
    context = open_acting_context(ctx, key, "request")
    target = known_target(context.topology, target)
    overlay = asked_overlay(compressed, emergency, reason, through=through)
    require_compression(context, target, overlay)
    pinned = release_in(context, release, product, target, overlay)
    spec = PromotionSpec(pinned, target, reason=emergency or reason, overlay=overlay)
    if not through:
        answer = run_promotion(context, spec, output, dry_run=dry_run, yes=yes, wait=wait)
        emit(answer.plain, output, answer.text)
        raise typer.Exit(answer.code)
    answers = _through(context, spec, output, dry_run=dry_run, yes=yes, wait=wait)
    if not output.is_text:
        emit([each.plain for each in answers], output, str)
    raise typer.Exit(next((each.code for each in answers if each.code is not ExitCode.OK), ExitCode.OK))


def _through(
    context: Context, spec: PromotionSpec, output: Output, *, dry_run: bool, yes: bool, wait: bool
) -> list[RenderedAnswer]:
    """One ordinary promotion after the other, each of the newest pin, up to the first that is not done."""
    answers: list[RenderedAnswer] = []
    before: dict[Place, EarliestTime] = {}
    from ldmrelease.services.promotions.prerequisites import missing_targets  # noqa: PLC0415 - --through alone

    for target in (*missing_targets(context, spec), spec.target):
        answer = run_promotion(
            context, replace(spec, target=target), output, dry_run=dry_run, yes=yes, wait=wait, before=before
        )
        answers.append(answer)
        before |= answer.earliest or {}
        if output.is_text:
            emit(answer.plain, output, lambda: f"== {target}\n{answer.text()}\n")  # noqa: B023 - called at once
        if answer.code is not ExitCode.OK and not dry_run:
            break
        stored = release_now(context, spec.pinned.release.tag, spec.pinned.release.product)
        spec = replace(spec, pinned=stored)
    return answers
