"""`ldmrelease adopt`: a workspace for a GitOps tree that is there already."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.adoption import baseline_answer
from ldmrelease.answers.sentences.text import listed
from ldmrelease.faces.cli.adopt_tree import AskedAdoption, adopt_tree
from ldmrelease.faces.cli.arguments import TARGET
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_context_here
from ldmrelease.render.adoption import baseline_problems, baseline_text
from ldmrelease.render.output import Output, emit, say
from ldmrelease.services.adoption.baseline import take_baseline
from ldmrelease.services.adoption.levels import LEVELS
from ldmrelease.services.deployments.checkpoints import require_newest
from ldmrelease.trees.registry import LAYOUTS

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease adopt ../gitops",
        "ldmrelease adopt https://github.com/lsst-sqre/phalanx --layout phalanx -C releases --yes",
        "ldmrelease adopt ../gitops --environment base --environment summit --dry-run -o json",
        "ldmrelease adopt --baseline",
        "ldmrelease adopt ../gitops --no-render --level lab=commissioning --yes",
    )
)
def adopt(  # noqa: PLR0913, PLR0917 - its options
    ctx: typer.Context,
    repository: Annotated[
        str | None,
        typer.Argument(metavar="REPO", help="A checkout of the tree, or the URL of its repository."),
    ] = None,
    branch: Annotated[
        str | None,
        typer.Option("--branch", help="The branch that is deployed; else what is checked out, or main."),
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option(
            "--layout", metavar="|".join(LAYOUTS), help="The layout of the tree; else it is detected."
        ),
    ] = None,
    level: Annotated[
        list[str] | None,
        typer.Option("--level", metavar="ENV=LEVEL", help="The level of an environment; repeatable."),
    ] = None,
    environment: Annotated[
        list[str] | None,
        typer.Option(*TARGET, metavar="ENV", help="Only this environment of the tree; repeatable."),
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--directory", "-C", metavar="DIR", help="Where the workspace is written.")
    ] = None,
    render: Annotated[
        bool, typer.Option("--render/--no-render", help="Whether helm and kustomize are asked, if installed.")
    ] = True,
    baseline: Annotated[
        bool,
        typer.Option("--baseline", help="In a workspace: record what runs as found, and pin its releases."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", "-n", help="Show what is found and what would be written; write nothing."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    person: Annotated[str, typer.Option("--person", help="Whose the key `me` is.")] = "me",
    output: OutputOption = Output.text,
) -> None:
    """Look through a GitOps tree, and write a workspace for it with its keys and an empty ledger.

    Environments, applications, images and the lines that decide them are found by rendering where helm and kustomize
    are installed, and by reading otherwise. Levels are proposed by name. What could not be understood is reported with
    its file and line. No existing file is overwritten: for an existing workspace, the entries that it lacks are shown.
    """
    folder = directory or ctx.find_root().obj or Path()
    if baseline:
        _take_baseline(ctx, repository, directory, output)
        return
    if yes and dry_run:
        raise UsageError("--yes writes and --dry-run does not", "leave one of them out")
    if repository is None:
        raise UsageError("no tree is named", "name a checkout, or the URL of a repository")
    levels = _levels(level or [])
    _check_layout(shape)
    asked = AskedAdoption(
        repository,
        branch,
        shape,
        levels,
        tuple(environment or ()),
        folder,
        person,
        render=render,
        yes=yes,
        dry_run=dry_run,
    )
    adopt_tree(asked, output)


def _take_baseline(
    ctx: typer.Context, repository: str | None, directory: Path | None, output: Output
) -> None:
    if repository is not None:
        raise UsageError("--baseline is about a workspace that is there", "leave REPO out")
    if directory is not None:
        ctx.find_root().obj = directory
    context = open_context_here(ctx)
    require_newest(context)
    answer = baseline_answer(take_baseline(context))
    emit(answer, output, lambda: baseline_text(answer))
    for line in baseline_problems(answer):
        say(line, err=True)
    raise typer.Exit(answer.exit_code)


def _levels(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for each in given:
        name, sign, level = each.partition("=")
        if not (name and sign and level):
            raise UsageError(f"{each!r} is not ENV=LEVEL", "write it like --level lab=commissioning")
        if level not in LEVELS:
            raise UsageError(f"there is no level {level!r}", f"the levels are {listed(LEVELS)}")
        found[name] = level
    return found


def _check_layout(shape: str | None) -> None:
    if shape is not None and shape not in LAYOUTS:
        raise UsageError(f"there is no layout {shape!r}", f"known are {listed(list(LAYOUTS))}")
