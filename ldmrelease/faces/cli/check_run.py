"""`ldmrelease check-run`: run a check by hand, registered and signed."""

from collections.abc import Iterator
from typing import Annotated

import typer

from ldmrelease.answers.check_runs import (
    CheckRunAnswer,
    finished_run,
    not_registered,
    refused_run,
    registered_run,
)
from ldmrelease.answers.exit_codes import ExitCode, runs_code
from ldmrelease.answers.sentences.escapes import printable
from ldmrelease.answers.sentences.target_refusals import unknown_target_words
from ldmrelease.answers.sentences.text import command_line, few, said
from ldmrelease.checks.registry import traits
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.evidence import RunRegistration
from ldmrelease.domain.topology import Application, Check
from ldmrelease.faces.cli.arguments import (
    ProductOption,
    ReleaseArgument,
    TargetOption,
    release_stored,
    usual_product,
)
from ldmrelease.faces.cli.options import NoAnswer, OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.promotion_answers import narrator
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import as_known, known_target
from ldmrelease.render.output import Output, emit
from ldmrelease.services.checks.runs import (
    RunResult,
    Unregistered,
    is_elsewhere,
    register,
    run_place,
    run_registered,
)
from ldmrelease.services.context import Context
from ldmrelease.services.deployments.checkpoints import leave_checkpoint, require_newest
from ldmrelease.services.deployments.target import PromotionSpec, UnknownTarget, places_for
from ldmrelease.services.evidence.publish import publish_envelope
from ldmrelease.services.progress import Progress
from ldmrelease.services.promotions.reported_place import is_nowhere_there
from ldmrelease.services.releases.pin import Pinned, push_release

app = new_app()


@app.command(
    "check-run",
    epilog=examples(
        "ldmrelease check-run smoke w.2023.16 --target usdfdev",
        "ldmrelease check-run versions 24.0.0 --target usdfprod   # of kind reported: only registered",
    ),
)
def check_run(
    ctx: typer.Context,
    check: Annotated[str, typer.Argument(help="A check of the workspace.")],
    release: ReleaseArgument,
    target: TargetOption,
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Run a check of kind `command`, `container` or `job` for a release, once in each environment of the target.

    The run is registered before it starts; its result is signed by the runner's key, taken in and published. A
    check of kind `reported` is only registered, for whoever signs its result, and once until that is due; where
    policies want it tried in the target, the release has to run there. Exit 0 if it passed, 1 if it failed or the
    release is not there, 3 if it said nothing, 4 if its result is still to come.
    """
    context = open_context_here(ctx)
    target = known_target(context.topology, target)
    check = as_known(check, (each.name for each in context.topology.checks))
    wanted = context.topology.check(check)
    if wanted is None:
        known = [each.name for each in context.topology.checks]
        raise UsageError(f"there is no check {check!r}", did_you_mean(check, known))
    pinned = release_stored(context, release, product, target)
    places = places_for(context, PromotionSpec(pinned, target))
    if isinstance(places, UnknownTarget):
        raise UsageError(unknown_target_words(places))
    require_newest(context)
    push_release(context.release_repository(), pinned)
    progress = narrator(context, output)
    runs = list(_runs(context, wanted, pinned, places, progress))
    if any(each.run for each in runs):
        left = leave_checkpoint(context, pinned.digest)
        if left is not None:
            progress("no-checkpoint", {"reason": left})
    emit(runs, output, lambda: "\n".join(map(_line, runs)))
    raise typer.Exit(runs_code(each.result for each in runs))


def _runs(
    context: Context,
    check: Check,
    pinned: Pinned,
    places: tuple[Application, ...],
    progress: Progress,
) -> Iterator[CheckRunAnswer]:
    """One run for each environment, where its first application is."""
    name = pinned.release.name
    for application in {each.place.environment: each for each in reversed(places)}.values():
        environment = application.place.environment
        own = [each for each in places if each.place.environment == environment]
        if is_nowhere_there(context, check, own, pinned):
            named = (
                ()
                if pinned.release.product == usual_product(context)
                else ("--product", pinned.release.product)
            )
            way = ("ldmrelease", "promote", pinned.release.tag, *named, "--target", environment)
            yield refused_run(check.name, name, environment, way)
            continue
        where = run_place(context, check, application, pinned)
        if where.unsettled or is_elsewhere(context, check, application, pinned):
            # A run that was registered would only stand in the way of the last one.
            runs = "run on every pod of" if application.observe == "pods" else "run at"
            why = f"{name} does not {runs} {application.place}; nothing was registered"
            yield not_registered(check.name, name, application.place.environment, why)
            continue
        run = _awaited(context, check, application, pinned) or register(context, check, pinned, where)
        if isinstance(run, Unregistered):
            raise NoAnswer(
                ExitCode.WAITING,
                "registered-by-another",
                "somebody else registered a run at the same moment; ask again",
            )
        yield _done(context, check, run, pinned, application, progress)


def _awaited(
    context: Context, check: Check, application: Application, pinned: Pinned
) -> RunRegistration | None:
    if traits(check.kind).run_by_us:
        return None
    from ldmrelease.services.checks.awaited import awaited_run  # noqa: PLC0415 - of checks that others run

    return awaited_run(context, check, application.place.environment, pinned)


def _done(
    context: Context,
    check: Check,
    run: RunRegistration,
    pinned: Pinned,
    application: Application,
    progress: Progress,
) -> CheckRunAnswer:
    if not traits(check.kind).run_by_us:
        return registered_run(check.name, pinned.release.name, run)
    found = run_registered(context, check, run, pinned, application, progress)
    if isinstance(found, Unavailable):
        raise NoAnswer(ExitCode.UNDECIDED, "interrupted", _cut_words(found, run))
    _take_in(context, found)
    return finished_run(check.name, pinned.release.name, run, found)


def _cut_words(cut: Unavailable, run: RunRegistration) -> str:
    left = f"the run {run.run} has no result yet, and what it has started goes on"
    return f"{said(cut.where)} could not be reached: {said(cut.reason)}; {left}"


def _take_in(context: Context, found: RunResult) -> None:
    """The ledger first: what is in it counts, whatever the registry shows."""
    if found.events:
        context.append(list(found.events), blobs=found.blobs)
    if found.then is not None:
        found.then()
    for envelope in found.blobs.values():
        publish_envelope(context.registries, context.workspace.releases, envelope)


def _line(run: CheckRunAnswer) -> str:
    about = f"{run.result}: {run.check} for {run.release} at {run.environment}"
    head = f"{about} (run {run.run})" if run.run else about
    if run.result == "REGISTERED":
        sign = f"ldmrelease evidence sign {run.release} --type check --check {run.check} --run {run.run}"
        told = f"its result is due by {run.deadline}, signed by whoever has it, as passed or failed:"
        taken = f"then taken in with: ldmrelease evidence add {run.check}.json"
        return f"{head}\n  {told}\n  {sign} --result RESULT --key FILE --out {run.check}.json\n  {taken}"
    if run.result == "PASSED":
        return head
    if run.result == "REFUSED":
        return f"{head}: {run.sentence}\n  next: {command_line(run.next)}"
    why = f"failed: {few(run.failed)}" if run.failed else run.sentence
    output = [f"  | {printable(line)}" for line in run.output.splitlines()[-20:]]
    return "\n".join([f"{head}: {why}", *output])
