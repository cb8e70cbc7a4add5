"""`ldmrelease workspace`: check the files of the workspace, and say what may stand in them."""

from typing import Annotated

import typer

from ldmrelease.answers.errors import problem_answers
from ldmrelease.answers.exit_codes import found_code
from ldmrelease.config.workspace.lint import lint as lint_workspace
from ldmrelease.config.yaml.problems import shown
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import workspace_file
from ldmrelease.render.output import Output, as_json, emit
from ldmrelease.render.problems import problem_lines

app = new_app(
    "Check the workspace's files, and print their schemas.",
    examples=examples("ldmrelease workspace lint", "ldmrelease workspace schema trust"),
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
