"""`ldmrelease schema`: the answers of commands, and their JSON Schemas."""

from typing import Annotated

import typer

from ldmrelease.answers.schemas import ANSWERS, answer_rows, answer_schema
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.faces.cli.options import OutputOption, UsageError, examples, new_app
from ldmrelease.render.output import Output, as_json, emit
from ldmrelease.render.tables import table

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease schema", "ldmrelease schema where > where.schema.json", "ldmrelease schema error"
    )
)
def schema(
    answer: Annotated[
        str | None, typer.Argument(metavar="ANSWER", help="The name of an answer; else they are listed.")
    ] = None,
    output: OutputOption = Output.text,
) -> None:
    """List what commands answer with `--output json`, or print the JSON Schema (2020-12) of one answer.

    Any command may print `error` in place of its answer.
    """
    if answer is None:
        cells = [
            (name, ", ".join(each.commands) or "any, in place of its answer")
            for name, each in ANSWERS.items()
        ]
        emit(answer_rows(), output, lambda: table(("answer", "commands"), cells))
        return
    if answer not in ANSWERS:
        raise UsageError(f"there is no answer {answer!r}", did_you_mean(answer, ANSWERS))
    found = answer_schema(answer)
    emit(found, output, lambda: as_json(found))
