"""`ldmrelease policy test`: play the cases of policies."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.answers.policy_tests import policy_test_answer
from ldmrelease.config.policies.cases import case_files, read_cases
from ldmrelease.config.workspace.load import policy_folder
from ldmrelease.faces.cli.options import examples, new_app
from ldmrelease.faces.cli.session import workspace_file
from ldmrelease.render.output import Output, emit, pass_on
from ldmrelease.render.policy_tests import policy_test_junit, policy_test_text
from ldmrelease.services.decisions.policy_tests import mutate, play

app = new_app()


class PolicyTestOutput(enum.StrEnum):
    """The ways in which results of tests are printed: those of all answers, and JUnit's XML."""

    text = "text"
    wide = "wide"
    json = "json"
    yaml = "yaml"
    junit = "junit"


@app.command(
    "test",
    epilog=examples(
        "ldmrelease policy test",
        "ldmrelease policy test policies --mutate",
        "ldmrelease policy test policies/tests/production.yaml --output junit > report.xml",
    ),
)
def play_cases(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            help="Files of cases, or folders: of cases, or of policies with a folder `tests`; else the workspace's.",
        ),
    ] = None,
    mutate_policies: Annotated[
        bool,
        typer.Option(
            "--mutate", help="Also remove or loosen each clause of the policies: a case has to fail for each."
        ),
    ] = False,
    output: Annotated[
        PolicyTestOutput, typer.Option("--output", "-o", help="How to print the answer.")
    ] = PolicyTestOutput.text,
) -> None:
    """Run the cases of policies: what is given, and what has to be decided.

    Exit 1 where a case fails, or where a mutant survives (`--mutate`): then no case covers that clause. A case
    file that is invalid is exit 2, with file, line and field. Where a case fails, no policy is mutated.
    """
    named = files or [policy_folder(workspace_file(ctx))]
    read = read_cases(path for each in named for path in (case_files(each) if each.is_dir() else (each,)))
    played = list(play(read))
    mutated = mutate_policies and all(each.result.passed for each in played)
    answer = policy_test_answer(played, list(mutate(read)) if mutated else None)
    if output is PolicyTestOutput.junit:
        pass_on(policy_test_junit(answer) + "\n")
    else:
        emit(answer, Output(output), lambda: policy_test_text(answer))
    raise typer.Exit(answer.exit_code)
