"""`ldmrelease policy`: check, explain and test the policies of the levels."""

from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.errors import problem_answers
from ldmrelease.answers.exit_codes import found_code
from ldmrelease.answers.policies import level_answer
from ldmrelease.config.policies.cases import cases_schema
from ldmrelease.config.policies.load import level_schema
from ldmrelease.config.policies.policy_lint import lint_policies
from ldmrelease.config.policies.simulations import simulation_schema
from ldmrelease.config.workspace.load import policy_folder
from ldmrelease.config.yaml.problems import shown
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.faces.cli import policy_backtest, policy_cases, policy_what_if
from ldmrelease.faces.cli.arguments import TARGET, environment_of
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.faces.cli.session import open_workspace, workspace_file
from ldmrelease.faces.cli.understood import as_known
from ldmrelease.render.output import Output, as_json, emit
from ldmrelease.render.problems import problem_lines
from ldmrelease.render.requirements import level_words

app = new_app(
    "Check, explain and test the policies of the levels.",
    examples=examples(
        "ldmrelease policy explain commissioning",
        "ldmrelease policy lint policies/*.yaml",
        "ldmrelease policy test policies --mutate",
    ),
)


@app.command(
    "lint",
    epilog=examples("ldmrelease policy lint", "ldmrelease policy lint policies/production.yaml -o json"),
)
def lint(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE", help="Files of policies or of cases, or folders; else the workspace's."
        ),
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """Check policy files and their cases on their own; `workspace lint` also checks that what they name exists.

    Exit 1 if something is wrong: every problem with its file, line and column, and what to write instead. A notice
    is about what a policy gives up, and changes no exit code.
    """
    named = files or [policy_folder(workspace_file(ctx))]
    problems = lint_policies(named)
    emit(problem_answers(problems), output, lambda: problem_lines(problems, ", ".join(map(shown, named))))
    raise typer.Exit(found_code([each for each in problems if not each.notice]))


@app.command(
    "explain",
    epilog=examples(
        "ldmrelease policy explain commissioning",
        "ldmrelease policy explain commissioning --environment summit",
    ),
)
def explain(
    ctx: typer.Context,
    level: Annotated[str, typer.Argument(help="A level of the workspace.")],
    target: Annotated[
        str | None,
        typer.Option(*TARGET, help="With what this environment, or that of this place, asks beyond it."),
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """Explain in words what a level requires, and where each requirement comes from."""
    workspace = open_workspace(ctx)
    level = as_known(level, workspace.levels)
    found = workspace.levels.get(level)
    if found is None:
        raise UsageError(f"there is no level {level!r}", did_you_mean(level, workspace.levels))
    environment = None
    if target is not None:
        environment = environment_of(workspace.topology, target, *found.environments)
        found = found.at(environment)
    emit(level_answer(found, environment), output, lambda: level_words(found, environment))


@app.command(
    "schema",
    epilog=examples(
        "ldmrelease policy schema > level.schema.json",
        "ldmrelease policy schema --cases > cases.schema.json",
    ),
)
def schema(
    cases: Annotated[
        bool, typer.Option("--cases", help="The schema of the case files that `policy test` runs.")
    ] = False,
    simulation: Annotated[
        bool,
        typer.Option("--simulation", help="The schema of the files that `policy simulate --with` reads."),
    ] = False,
    output: OutputOption = Output.json,
) -> None:
    """Print the JSON Schema of policy files, for editors."""
    if cases and simulation:
        raise UsageError("--cases and --simulation are two schemas", "name one of them")
    found = cases_schema() if cases else simulation_schema() if simulation else level_schema()
    emit(found, output, lambda: as_json(found))


for _part in (policy_cases, policy_what_if, policy_backtest):
    app.registered_commands += _part.app.registered_commands
