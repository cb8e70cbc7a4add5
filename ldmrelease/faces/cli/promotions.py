"""`ldmrelease promotions`: list them, show one from request to receipts, replay its decisions."""

from typing import Annotated

import typer

from ldmrelease.answers.exit_codes import found_code
from ldmrelease.answers.promotion_rows import promotion_rows
from ldmrelease.domain.events.promotion import DecisionMade, PromotionState
from ldmrelease.faces.cli.arguments import ProductOption, require_product, usual_product
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.faces.cli.understood import PromotionArgument
from ldmrelease.render.decisions import replay_text
from ldmrelease.render.output import Output, emit
from ldmrelease.render.promotions import promotions_table, report_text
from ldmrelease.services.inventory.promotions import PromotionSummary, all_promotions, open_promotions

app = new_app(
    "List, show and replay promotions.",
    examples=examples("ldmrelease promotions list --open", "ldmrelease promotions show P-42"),
)


@app.command(
    "list",
    epilog=examples("ldmrelease promotions list", "ldmrelease promotions list --state waiting -o json"),
)
def list_promotions(
    ctx: typer.Context,
    state: Annotated[
        list[PromotionState] | None, typer.Option("--state", help="Only these; repeatable.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Only those that have not ended.")] = False,
    product: ProductOption = None,
    output: OutputOption = Output.text,
) -> None:
    """List promotions, oldest first."""
    context = open_context_here(ctx)
    require_product(context.topology, product)
    found = open_promotions(context) if open_ else all_promotions(context)
    rows = promotion_rows(
        context.ledger, context.keyring, (each for each in found if _is_asked(each, state, product))
    )
    emit(rows, output, lambda: promotions_table(rows))


def _is_asked(summary: PromotionSummary, states: list[PromotionState] | None, product: str | None) -> bool:
    of_product = summary.request is not None and summary.request.body.product == product
    return (not states or summary.state in states) and (product is None or of_product)


@app.command(
    "show", epilog=examples("ldmrelease promotions show P-42", "ldmrelease promotions show P-42 -o json")
)
def show(
    ctx: typer.Context,
    promotion: PromotionArgument,
    output: OutputOption = Output.text,
) -> None:
    """Show a promotion: what was asked, what was decided and why, each step, the receipts, what is next."""
    from ldmrelease.faces.cli.advice import planned_report  # noqa: PLC0415 - as the next
    from ldmrelease.services.promotions.report import report  # noqa: PLC0415 - knows all parts of a promotion

    context = open_context_here(ctx)
    found, blocked = planned_report(context, report(context, promotion))
    from ldmrelease.answers.reports import report_answer  # noqa: PLC0415 - a list goes without

    def text() -> str:
        return report_text(found, usual_product(context), context.now(), blocked)

    emit(report_answer(found, blocked), output, text)


@app.command("replay", epilog=examples("ldmrelease promotions replay P-42"))
def replay_decisions(
    ctx: typer.Context,
    promotion: PromotionArgument,
    output: OutputOption = Output.text,
) -> None:
    """Make a promotion's decisions again from the facts and policies that the ledger keeps.

    Exit 1 where one of them does not come out with the same bytes.
    """
    from ldmrelease.services.decisions.replay import replay  # noqa: PLC0415 - knows every rule
    from ldmrelease.services.promotions.load import records_of  # noqa: PLC0415 - as above

    context = open_context_here(ctx)
    told = [each.body for each in records_of(context, promotion)]
    found = list(replay(context.ledger, (each for each in told if isinstance(each, DecisionMade))))
    from ldmrelease.answers.decisions import replay_answers  # noqa: PLC0415 - a list goes without

    emit(replay_answers(found), output, lambda: replay_text(found))
    raise typer.Exit(found_code([each for each in found if not each.same]))
