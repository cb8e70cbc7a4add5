"""`ldmrelease availability`: how long after its tag each release was there."""

import typer

from ldmrelease.answers.availability import availability_answers
from ldmrelease.faces.cli.arguments import OptionalTargetOption, applications_of
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.period import SinceOption, asked_period
from ldmrelease.faces.cli.plot_file import PlotOption, write_plot
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit
from ldmrelease.render.reports import availability_text
from ldmrelease.services.reports.availability_report import availability_report
from ldmrelease.services.reports.record import deployment_record

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease availability",
        "ldmrelease availability --target commissioning --since 30d",
        "ldmrelease availability --plot availability.svg",
    )
)
def availability(
    ctx: typer.Context,
    target: OptionalTargetOption = None,
    since: SinceOption = "90d",
    plot: PlotOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show how long after its tag each release was there, by level, against what its policy asks.

    When a release was tagged its newest image says, which a promotion reads as it settles; else the time of the pin
    counts, and the answer says which. Releases that met or missed the policy's time, that are on their way, and of
    which it is not known are counted apart.
    """
    context = open_context_here(ctx)
    period = asked_period(since, None, context.now())
    record = deployment_record(context, applications_of(context, target))
    answer = availability_answers(availability_report(record, period), period)
    if plot is not None:
        from ldmrelease.render.pages.plots import availability_plot  # noqa: PLC0415 - matplotlib

        write_plot(plot, lambda: availability_plot(answer))
    emit(answer, output, lambda: availability_text(answer))
