"""`ldmrelease where --having`: which places run something of which a condition holds."""

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ldmrelease.faces.cli.options import UsageError
from ldmrelease.render.output import Output, emit
from ldmrelease.services.context import ReadContext
from ldmrelease.services.inventory.where import PlaceComponent, UnobservedPlace

if TYPE_CHECKING:
    from ldmrelease.expressions.cel import BadExpression

HavingOption = Annotated[
    str | None,
    typer.Option(
        "--having",
        metavar="EXPRESSION",
        help='Only what a condition holds of, in CEL: \'version(products["afw"]) < version("26.0.1")\'.',
    ),
]


def tell_having(
    context: ReadContext,
    rows: Sequence[PlaceComponent | UnobservedPlace],
    expression: str,
    output: Output,
    timeout: float,
) -> NoReturn:
    """Answer a conditional question about what runs, and end with its exit code. Raises `UsageError`."""
    # The expression library, registries and threads: who asks without a condition goes without.
    from ldmrelease.answers.having import having_answer  # noqa: PLC0415
    from ldmrelease.expressions.cel import BadExpression  # noqa: PLC0415
    from ldmrelease.registry.digest_cache import image_cache  # noqa: PLC0415
    from ldmrelease.render.having import having_text  # noqa: PLC0415
    from ldmrelease.services.inventory.having import having, read_question  # noqa: PLC0415

    condition = read_question(expression)
    if isinstance(condition, BadExpression):
        from ldmrelease.services.inventory.known_values import FIELDS  # noqa: PLC0415 - where something is wrong

        raise condition_mistake(condition, FIELDS)
    found = having(context, rows, condition, image_cache(os.environ), timeout)
    answer = having_answer(expression, found)
    emit(answer, output, lambda: having_text(found))
    raise typer.Exit(answer.exit_code)


def condition_mistake(wrong: "BadExpression", fields: Iterable[str]) -> UsageError:
    """What is wrong with a condition over these fields."""
    from ldmrelease.config.yaml.suggestions import nearest  # noqa: PLC0415 - where something is wrong
    from ldmrelease.expressions.cel import FUNCTIONS  # noqa: PLC0415 - as above

    at = ""
    if wrong.column:
        at = f"column {wrong.column}: " if wrong.line == 1 else f"line {wrong.line}, column {wrong.column}: "
    remedy = ""
    if wrong.unknown is not None:
        known = (*fields, *FUNCTIONS)
        near = nearest(wrong.unknown, known)
        remedy = f"did you mean {near}?" if near is not None else f"there are {', '.join(known)}"
    return UsageError(f"--having: {at}{wrong.message}", remedy)
