"""`ldmrelease policy backtest`: a history of image settings against the policies."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain import times
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_workspace, workspace_file
from ldmrelease.render.output import Output, emit

if TYPE_CHECKING:
    from ldmrelease.config.workspace.model import Workspace
    from ldmrelease.domain.level import Level
    from ldmrelease.services.backtest.backtesting import Entries
    from ldmrelease.services.backtest.levels import EnvironmentLevels

app = new_app()


@app.command(
    "backtest",
    epilog=examples(
        "ldmrelease policy backtest --history deployment-history.tsv",
        "ldmrelease policy backtest --history git ../phalanx --revision main",
        "ldmrelease policy backtest --history deployment-history.tsv --policy drafts -o json | jq .summary",
    ),
)
def backtest_history(
    ctx: typer.Context,
    history: Annotated[
        str,
        typer.Option(
            "--history",
            metavar="FILE|REPO",
            help="A table of changes of image settings, or a git repository; `git REPO` is one, too.",
        ),
    ],
    repository: Annotated[
        str | None, typer.Argument(metavar="[REPO]", help="The repository, where the history is `git`.")
    ] = None,
    revision: Annotated[
        str, typer.Option("--revision", metavar="REV", help="The branch or commit of a repository.")
    ] = "HEAD",
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            metavar="POLICY",
            help="A policy file, a folder, or REV:PATH. Else the workspace's; without one those of LDM-564.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Only changes from then on; what was before is known."),
    ] = None,
    assume_ran: Annotated[
        bool,
        typer.Option(
            "--assume-ran", help="Take it that what was asked for ran there: order and soak are asked too."
        ),
    ] = False,
    output: OutputOption = Output.text,
) -> None:
    """Replay a history of image settings: what the policies would have refused, and what was later taken back.

    Only the rules that tags alone can answer are asked; the others are named. Changes are grouped by commit. Mistakes
    are changes of a tag that the history itself took back within 30 days. Writes nothing, and needs no workspace.
    """
    from ldmrelease.answers.backtests import backtest_answer  # noqa: PLC0415 - `--help` goes without
    from ldmrelease.render.backtests import backtest_text  # noqa: PLC0415 - as above
    from ldmrelease.services.backtest.backtesting import backtest  # noqa: PLC0415 - as above

    levels, environments = _policies(ctx, policy)
    entries = history_entries(_source(history, repository), revision)
    found = backtest(entries, levels, environments, since=_time(since), assume_ran=assume_ran)
    answer = backtest_answer(found, assumed_ran=assume_ran)
    emit(answer, output, lambda: backtest_text(answer))
    raise typer.Exit(ExitCode.OK if found.judged or not found.unreadable else ExitCode.BAD_INPUT)


def history_entries(source: str, revision: str = "HEAD") -> "Entries":
    """The entries of a named history. Raises `UnknownHistory`."""
    from ldmrelease.services.backtest.history_sources import read_history  # noqa: PLC0415 - as above

    return read_history(source, Path.cwd(), revision)


def _source(history: str, repository: str | None) -> str:
    if history == "git" and repository is not None:
        return repository
    if repository is not None:
        raise UsageError(f"{repository} is one argument too many", "name one history: a file, or `git REPO`")
    return history


def environments_here(ctx: typer.Context) -> "EnvironmentLevels":
    """The levels of environments as a workspace says, if there is one."""
    from ldmrelease.services.backtest.levels import EnvironmentLevels, levels_of  # noqa: PLC0415 - as above

    workspace = _workspace(ctx)
    return EnvironmentLevels() if workspace is None else levels_of(workspace.topology)


def _policies(ctx: typer.Context, named: str | None) -> "tuple[dict[str, Level], EnvironmentLevels]":
    from ldmrelease.config.workspace.init import default_levels  # noqa: PLC0415 - as above
    from ldmrelease.services.decisions.policy_sources import read_policies  # noqa: PLC0415 - as above

    environments = environments_here(ctx)
    if named is not None:
        return read_policies(named, Path.cwd()), environments
    workspace = _workspace(ctx)
    return default_levels() if workspace is None else dict(workspace.levels), environments


def _workspace(ctx: typer.Context) -> "Workspace | None":
    """The workspace here; one that was named has to be there."""
    try:
        workspace_file(ctx)
    except BadInput:
        if ctx.find_root().obj is not None:
            raise
        return None
    return open_workspace(ctx)


def _time(text: str | None) -> "datetime | None":
    if text is None:
        return None
    try:
        return times.instant(text)
    except ValueError as error:
        raise UsageError(f"--since: {error}") from None
