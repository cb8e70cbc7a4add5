"""`ldmrelease metrics`: the four figures of DORA, by level."""

import typer

from ldmrelease.answers.metrics import metrics_answers
from ldmrelease.faces.cli.arguments import OptionalTargetOption, applications_of
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.period import SinceOption, UntilOption, asked_period
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.output import Output, emit
from ldmrelease.render.reports import metrics_text
from ldmrelease.services.reports.delivery_metrics import delivery_metrics
from ldmrelease.services.reports.record import deployment_record

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease metrics",
        "ldmrelease metrics --target production --since 30d",
        "ldmrelease metrics --since 2023-01-01 --until 2023-04-01 -o json",
    )
)
def metrics(
    ctx: typer.Context,
    target: OptionalTargetOption = None,
    since: SinceOption = "90d",
    until: UntilOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Show deployment frequency, lead time for changes, change failure rate and time to restore, by level.

    A deployment is a promotion that brought a release to a level. What is not known is counted beside the figures and
    never guessed: times of tags, failures without a way back, changes that no promotion made, unobserved time.
    """
    context = open_context_here(ctx)
    period = asked_period(since, until, context.now())
    record = deployment_record(context, applications_of(context, target), period=period)
    answer = metrics_answers(delivery_metrics(record, period), period, len(record.untrusted))
    emit(answer, output, lambda: metrics_text(answer))
