"""`ldmrelease timeline`: environments over time."""

import typer

from ldmrelease.answers.timelines import timeline_answer
from ldmrelease.faces.cli.arguments import OptionalTargetOption, applications_of
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.period import SinceOption, UntilOption, asked_period
from ldmrelease.faces.cli.plot_file import PlotOption, write_plot
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit
from ldmrelease.render.reports import timeline_table
from ldmrelease.services.reports.record import deployment_record
from ldmrelease.services.reports.timelines import timeline as find_timeline

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease timeline --environment summit",
        "ldmrelease timeline --since 2023-04-01 --until 2023-05-01",
        "ldmrelease timeline --since 30d --plot timeline.svg",
    )
)
def timeline(
    ctx: typer.Context,
    target: OptionalTargetOption = None,
    since: SinceOption = "90d",
    until: UntilOption = None,
    plot: PlotOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show what ran at each place over time, from when to when it was seen without a gap.

    Where two observations are too far apart the time between them is `unobserved`: nothing is said to have run.
    """
    context = open_context_here(ctx)
    period = asked_period(since, until, context.now())
    answer = timeline_answer(
        find_timeline(deployment_record(context, applications_of(context, target), period=period), period)
    )
    if plot is not None:
        from ldmrelease.render.pages.plots import timeline_plot  # noqa: PLC0415 - matplotlib

        write_plot(plot, lambda: timeline_plot(answer))
    emit(answer, output, lambda: timeline_table(answer))
