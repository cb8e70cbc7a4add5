"""`ldmrelease observe`: look what runs, and record it signed."""

import typer

from ldmrelease.answers.observations import observe_answer
from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.answers.sentences.text import same_told
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.topology import Place
from ldmrelease.faces.cli.arguments import OptionalTargetOption, TargetArgument, applications_of, one_target
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit, say
from ldmrelease.render.places import NO_PLACES, observation_text
from ldmrelease.services.deployments.checkpoints import require_newest
from ldmrelease.services.inventory.observe import observation_event
from ldmrelease.services.inventory.observe import observe as observe_place
from ldmrelease.targets.results import Refusal

app = new_app()


@app.command(epilog=examples("ldmrelease observe", "ldmrelease observe --target usdfdev"))
def observe(
    ctx: typer.Context,
    place: TargetArgument = None,
    target: OptionalTargetOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Look at every place of the target and append what was seen, signed by the observer.

    What a release is asked to have run before is counted between such observations: run it from cron. Exit 3
    if a place could not be observed; the others are recorded all the same.
    """
    context = open_context_here(ctx)
    wanted = applications_of(context, one_target(place, target))
    require_newest(context)
    seen: list[Observation] = []
    missed: list[tuple[Place, Refusal | Unavailable]] = []
    for application in wanted:
        found = observe_place(context, application)
        if not isinstance(found, Observation):
            missed.append((application.place, found))
            continue
        context.append([observation_event(context, found)])
        seen.append(found)
        if output.is_text:
            # Many places take a while: who watches sees that it goes on.
            say(observation_text(found))
    answer = observe_answer(seen, missed)
    if not output.is_text or not wanted:
        emit(answer, output, lambda: NO_PLACES)
    for line in same_told((place, f"not observed: {refusal_words(why)}") for place, why in missed):
        say(line, err=True)
    raise typer.Exit(answer.exit_code)
