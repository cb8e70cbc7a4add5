"""Carry out a wish from the command line: confirm, promote, wait, tell."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from ldmrelease.domain.decision import Verdict
from ldmrelease.faces.cli.arguments import usual_product
from ldmrelease.faces.cli.options import Code, Mistake
from ldmrelease.faces.cli.promotion_answers import Told, narrator, tell_somebody, told, told_outcome
from ldmrelease.render.output import Output
from ldmrelease.render.promotions import look_text
from ldmrelease.render.text import listed
from ldmrelease.services.context import Workbench
from ldmrelease.services.deployments.target import NoTarget, Wish, places_for
from ldmrelease.services.promotions.commands import consider, promote
from ldmrelease.services.promotions.submit import Look
from ldmrelease.services.promotions.wait import wait_for

PRODUCTION = "production"

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", "-n", help="Decide and plan, and write nothing anywhere.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before production is changed.")]


def act(
    bench: Workbench, wish: Wish, output: Output, *, dry_run: bool, yes: bool, wait: bool = False
) -> Told:
    """Do what is wished, or say what would be done. Raises `Mistake`, `Hypothetical`."""
    if wait:
        require_running_clock(bench)
    if dry_run:
        return told(bench, wish, consider(bench, wish))
    _confirm(bench, wish, yes)
    progress = narrator(bench, output)
    before = bench.ledger.head()
    answer = told(bench, wish, promote(bench, wish, progress))
    if bench.ledger.head() != before:
        tell_somebody(bench, answer.outcome)
    if not wait or answer.outcome is None or answer.code is not Code.WAITING:
        return answer
    if output is Output.text:
        typer.echo(answer.text(), err=True)
    outcome = wait_for(bench, answer.outcome, progress)
    tell_somebody(bench, outcome)
    waited = told_outcome(bench, outcome)
    return replace(waited, plain={**answer.plain, **waited.plain})


def require_running_clock(bench: Workbench) -> None:
    """Raise `Mistake` where the workspace's clock stands still: nothing would ever come true."""
    if bench.workspace.clock is not None:
        raise Mistake(
            "--wait cannot wait: the workspace carries a fixed clock, which never moves",
            "take `clock:` out of ldmrelease.yaml, or move it and use `ldmrelease resume`",
        )


def _confirm(bench: Workbench, wish: Wish, yes: bool) -> None:
    """Ask before production is changed; whoever cannot be asked has to have said --yes."""
    meant = () if yes else places_for(bench, wish)
    if isinstance(meant, NoTarget) or not any(each.level == PRODUCTION for each in meant):
        return
    considered = consider(bench, wish)
    if not isinstance(considered, Look):
        return
    if considered.first.decision.verdict not in (Verdict.ALLOWED, Verdict.WAITING):
        return
    places = [each.place for each in meant if each.level == PRODUCTION]
    if not on_terminal():
        raise Mistake(f"{listed(places)} is production, and nobody can be asked", "say --yes")
    typer.echo(look_text(considered, usual_product(bench)), err=True)
    if not typer.confirm(f"{wish.intent} {wish.pinned.release.name} at {listed(places)}?", err=True):
        typer.echo("not confirmed: nothing was written", err=True)
        raise typer.Exit(Code.REFUSED)


def on_terminal() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()
