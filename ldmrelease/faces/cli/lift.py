"""`ldmrelease lift`: lift a freeze or a recall."""

import re
from typing import Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.holds import hold_answer
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.faces.cli.acting import KeyOption, open_acting_context
from ldmrelease.faces.cli.hold_options import SureOption, WhyOption, require_reason, require_yes
from ldmrelease.faces.cli.options import NoAnswer, OutputOption, UsageError, examples, new_app
from ldmrelease.render.holds import lifted_text
from ldmrelease.render.output import Output, emit
from ldmrelease.services.governance.holding import NotLifted, lift_hold

app = new_app()

_HOLD = re.compile(r"(?:h-?)?([0-9]{1,15})", re.IGNORECASE)


def _hold(text: str) -> str:
    """H-3, of h-3, h3 and 3."""
    match = _HOLD.fullmatch(text)
    return f"H-{int(match[1])}" if match else text


@app.command(epilog=examples("ldmrelease lift H-3 --reason 'fixed in w.2023.17'"))
def lift(
    ctx: typer.Context,
    hold: Annotated[str, typer.Argument(metavar="HOLD", help="Such as H-3.", callback=_hold)],
    reason: WhyOption,
    key: KeyOption = None,
    yes: SureOption = False,
    output: OutputOption = Output.text,
) -> None:
    """Lift a freeze or a recall, wherever it holds. It takes a role that may lift everywhere where it holds.

    Exit 1 where it was lifted, or had ended, before.
    """
    context = open_acting_context(ctx, key, "lift")
    require_reason(reason)
    require_yes(f"lift {hold}?", yes=yes)
    found = lift_hold(context, hold, reason)
    if isinstance(found, NotLifted):
        if found.hold is None:
            near = (
                did_you_mean(hold, found.known)
                if found.known
                else "nothing is held: `ldmrelease holds --all` lists all"
            )
            raise UsageError(f"there is no hold {hold!r}", near)
        raise NoAnswer(
            ExitCode.REFUSED, found.code, f"{hold} had {_WAS[found.code]} before; nothing was written"
        )
    answer = hold_answer(found, context.now())
    emit(answer, output, lambda: lifted_text(answer))


_WAS = {"lifted": "been lifted", "ended": "ended"}
