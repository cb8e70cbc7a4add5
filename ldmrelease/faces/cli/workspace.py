"""`ldmrelease workspace`: check the files of the workspace."""

import typer

from ldmrelease.answers.errors import problem_answers
from ldmrelease.answers.exit_codes import found_code
from ldmrelease.config.workspace.lint import lint as lint_workspace
from ldmrelease.config.yaml.problems import shown
from ldmrelease.faces.cli.options import OutputOption, examples, new_app
from ldmrelease.faces.cli.session import workspace_file
from ldmrelease.render.output import Output, emit
from ldmrelease.render.problems import problem_lines

app = new_app("Check the workspace's files.", examples=examples("ldmrelease workspace lint"))


@app.command(
    "lint", epilog=examples("ldmrelease workspace lint", "ldmrelease -C demo workspace lint -o json")
)
def lint(ctx: typer.Context, output: OutputOption = Output.text) -> None:
    """Check the workspace, its policies, its trust document and its key files, and that they agree.

    Exit 1 if something is wrong: every problem with its file, line and column, and what to write instead.
    """
    file = workspace_file(ctx)
    problems = lint_workspace(file)
    emit(problem_answers(problems), output, lambda: problem_lines(problems, shown(file)))
    raise typer.Exit(found_code(problems))
