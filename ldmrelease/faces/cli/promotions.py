"""`ldmrelease promotions`: list them, show one from request to receipts, replay its decisions."""

from typing import Annotated, Any

import typer

from ldmrelease.faces.cli.arguments import ProductOption, usual_product
from ldmrelease.faces.cli.options import ExitCode, OutputOption, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.promotion.journal import PromotionState
from ldmrelease.render.decisions import replay_text
from ldmrelease.render.output import Output, emit
from ldmrelease.render.promotions import promotions_table, report_text

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
    rows: list[dict[str, Any]] = sorted(
        context.ledger.states("open-promotions" if open_ else "promotions").values(),
        key=lambda each: int(each["sequence"]),
    )
    chosen = [
        each
        for each in rows
        if (not state or each["state"] in state) and (product is None or each["product"] == product)
    ]
    emit(chosen, output, lambda: promotions_table(chosen))


@app.command(
    "show", epilog=examples("ldmrelease promotions show P-42", "ldmrelease promotions show P-42 -o json")
)
def show(
    ctx: typer.Context,
    promotion: Annotated[str, typer.Argument(help="Such as P-42.")],
    output: OutputOption = Output.text,
) -> None:
    """Show a promotion: what was asked, what was decided and why, each step, the receipts, what is next."""
    from ldmrelease.services.promotions.report import report  # noqa: PLC0415 - knows all parts of a promotion

    context = open_context_here(ctx)
    found = report(context, promotion)
    emit(found, output, lambda: report_text(found, usual_product(context), context.now()))


@app.command("replay", epilog=examples("ldmrelease promotions replay P-42"))
def replay_decisions(
    ctx: typer.Context,
    promotion: Annotated[str, typer.Argument(help="Such as P-42.")],
    output: OutputOption = Output.text,
) -> None:
    """Make a promotion's decisions again from the facts and policies that the ledger keeps.

    Exit 1 where one of them does not come out with the same bytes.
    """
    from ldmrelease.services.decisions.replay import replay  # noqa: PLC0415 - knows every rule
    from ldmrelease.services.promotions.load import NoSuchPromotion  # noqa: PLC0415 - as above

    context = open_context_here(ctx)
    found = list(replay(context.ledger, promotion))
    if not found:
        raise NoSuchPromotion(promotion)
    rows = [
        {
            "stage": each.stage,
            "place": str(each.decision.place),
            "verdict": str(each.decision.verdict),
            "decision": each.digest,
            "again": each.again,
            "same": each.same,
        }
        for each in found
    ]
    emit(rows, output, lambda: replay_text(found))
    raise typer.Exit(ExitCode.OK if all(each.same for each in found) else ExitCode.REFUSED)
