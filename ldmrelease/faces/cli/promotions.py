"""`ldmrelease promotions`: list them, show one from request to receipts, replay its decisions."""

from typing import Annotated, Any

import typer

from ldmrelease.domain.events.promotion import DecisionMade, PromotionState
from ldmrelease.domain.times import spell
from ldmrelease.faces.cli.arguments import ProductOption, usual_product
from ldmrelease.faces.cli.options import ExitCode, OutputOption, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.promotion.state import Journal
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
    found = open_promotions(context) if open_ else all_promotions(context)
    rows = [_row(each) for each in found]
    chosen = [
        each
        for each in rows
        if (not state or each["state"] in state) and (product is None or each["product"] == product)
    ]
    emit(chosen, output, lambda: promotions_table(chosen))


def _row(summary: PromotionSummary) -> dict[str, Any]:
    """A promotion for lists; of one that is untrusted, what its signed request says, if it has one."""
    asked = summary.request.body if summary.request is not None else None
    journal = summary.journal or Journal()
    return {
        "promotion": summary.promotion,
        "sequence": summary.first.sequence,
        "state": summary.state,
        "requested": spell(summary.first.time),
        "last": spell(summary.last),
        "by": summary.by,
        "until": spell(journal.until) if journal.until is not None else None,
        "who": list(journal.who),
        "intent": str(asked.intent) if asked is not None else "",
        "product": asked.product if asked is not None else "",
        "tag": asked.tag if asked is not None else "",
        "release": asked.release if asked is not None else "",
        "target": asked.target if asked is not None else "",
        "alias": asked.alias if asked is not None else None,
        "places": [str(each) for each in summary.places],
        "done": [str(each) for each in summary.places if each not in summary.left()],
    }


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
    from ldmrelease.services.promotions.load import records_of  # noqa: PLC0415 - as above

    context = open_context_here(ctx)
    told = [each.body for each in records_of(context, promotion)]
    found = list(replay(context.ledger, (each for each in told if isinstance(each, DecisionMade))))
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
