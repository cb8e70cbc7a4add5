"""`ldmrelease workspace`: check the files of the workspace, show them, and say what may stand in them."""

from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.errors import problem_answers
from ldmrelease.answers.exit_codes import found_code
from ldmrelease.config.workspace.lint import lint as lint_workspace
from ldmrelease.config.yaml.problems import shown
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import workspace_file
from ldmrelease.render.output import Output, as_json, emit, pass_on
from ldmrelease.render.problems import problem_lines

app = new_app(
    "Check the workspace's files, show what their patterns make, and print their schemas.",
    examples=examples(
        "ldmrelease workspace lint",
        "ldmrelease workspace show --expanded",
        "ldmrelease workspace refresh",
        "ldmrelease workspace schema trust",
    ),
)


@app.command(
    "lint", epilog=examples("ldmrelease workspace lint", "ldmrelease -C demo workspace lint -o json")
)
def lint(ctx: typer.Context, output: OutputOption = Output.text) -> None:
    """Check the workspace, its policies, its trust document and its key files, and that they agree.

    Exit 1 if something is wrong: every problem with its file, line and column, and what to write instead. A notice
    is about what a policy gives up, and changes no exit code.
    """
    file = workspace_file(ctx)
    problems = lint_workspace(file)
    emit(problem_answers(problems), output, lambda: problem_lines(problems, shown(file)))
    raise typer.Exit(found_code([each for each in problems if not each.notice]))


@app.command(
    "schema",
    epilog=examples("ldmrelease workspace schema", "ldmrelease workspace schema trust > .schemas/trust.json"),
)
def schema(
    kind: Annotated[
        str, typer.Argument(metavar="workspace|trust|policy", help="Which file it is about.")
    ] = "workspace",
    output: OutputOption = Output.json,
) -> None:
    """Print the JSON Schema (2020-12) of ldmrelease.yaml, trust.yaml or a policy, for editors.

    `init` writes all three into .schemas, and a line into the first two files by which editors find theirs.
    """
    from ldmrelease.config.workspace.file_schemas import FILES, file_schema  # noqa: PLC0415 - knows pydantic

    if kind not in FILES:
        remedy = did_you_mean(kind, FILES) or f"known are {', '.join(FILES)}"
        raise UsageError(f"there is no schema {kind!r}", remedy)
    found = file_schema(kind)
    emit(found, output, lambda: as_json(found))


@app.command(
    "show",
    epilog=examples("ldmrelease workspace show", "ldmrelease workspace show --expanded > expanded.yaml"),
)
def show(
    ctx: typer.Context,
    expanded: Annotated[
        bool, typer.Option("--expanded", help="With every pattern made into the entries that it stands for.")
    ] = False,
    output: OutputOption = Output.text,
) -> None:
    """Print the workspace's file; with `--expanded` as everything reads it.

    What `--expanded` prints is a workspace's file too, without patterns, and loads to the same one.
    """
    # YAML and pydantic: `--help` goes without.
    from ldmrelease.config.workspace.patterns.show import expanded_plain, expanded_text  # noqa: PLC0415
    from ldmrelease.config.yaml.read import read  # noqa: PLC0415

    file = workspace_file(ctx)
    if output.is_text:
        pass_on(expanded_text(file) if expanded else file.read_text())
    else:
        emit(expanded_plain(file) if expanded else read(file).plain, output, str)


@app.command(
    "refresh",
    epilog=examples(
        "ldmrelease workspace refresh",
        "ldmrelease workspace refresh --yes",
        "ldmrelease workspace refresh --tree ~/phalanx --dry-run",
    ),
)
def refresh(
    ctx: typer.Context,
    tree: Annotated[
        Path | None,
        typer.Option(
            "--tree", metavar="FOLDER", help="A checkout, in place of the workspace's only tree as committed."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Show what would change, and write nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write it without asking.")] = False,
    output: OutputOption = Output.text,
) -> None:
    """Record what the workspace's patterns read from their trees, in ldmrelease.trees.yaml.

    Shows the difference and asks. What follows from it for targets and products counts once it is agreed to
    (`ldmrelease trust agree`). Exit 3 if a file of the tree could not be read; the rest is recorded.
    """
    from ldmrelease.faces.cli.workspace_refresh import refresh_trees  # noqa: PLC0415 - git and YAML

    refresh_trees(workspace_file(ctx), tree, output, dry_run=dry_run, yes=yes)
