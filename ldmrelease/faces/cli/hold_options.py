"""What `freeze`, `recall` and `lift` have in common: where, why, when, and the question before."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.config.yaml.suggestions import did_you_mean
from ldmrelease.domain import times
from ldmrelease.domain.scopes import LEVEL, ActScope
from ldmrelease.domain.topology import Place, Topology
from ldmrelease.faces.cli.arguments import TARGET, reason_text
from ldmrelease.faces.cli.options import NoAnswer, UsageError, confirmed, on_terminal
from ldmrelease.faces.cli.past_options import without_zone
from ldmrelease.faces.cli.understood import known_target
from ldmrelease.render.output import visible

if TYPE_CHECKING:
    from ldmrelease.domain.events.acts import Hold
    from ldmrelease.services.acts.holds import KnownHold
    from ldmrelease.services.context import Context

ScopesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TARGET...", help="Environments, environment/application, levels (`level:NAME` or the name)."
    ),
]
ScopesOption = Annotated[
    list[str] | None,
    typer.Option(*TARGET, metavar="TARGET", help="Only there, several times if need be; else everywhere."),
]
WhyOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", callback=reason_text, help="Why; it is signed and kept.")
]
LookOption = Annotated[
    bool, typer.Option("--dry-run", "-n", help="Show where it would hold, and write nothing.")
]
SureOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask on a terminal.")]


def scopes_of(topology: Topology, names: list[str]) -> tuple[str, ...]:
    """The scopes that targets mean, each once. Raises `UsageError`."""
    return tuple(dict.fromkeys(str(_scope(topology, each)) for each in names))


def _scope(topology: Topology, text: str) -> ActScope:
    levels = {each.level for each in topology.applications}
    environments = set(topology.environments)
    if text.startswith(LEVEL):
        name = text.removeprefix(LEVEL)
        if name not in levels:
            raise UsageError(f"there is no level {name!r}", did_you_mean(name, sorted(levels)))
        return ActScope(level=name)
    target = known_target(topology, text)
    if target in levels and target in environments:
        raise UsageError(
            f"{target!r} is a level and an environment", f"say {LEVEL}{target}, or name its applications"
        )
    if target in levels:
        return ActScope(level=target)
    if target in environments:
        return ActScope(environment=target)
    place = Place.parse(target)
    return ActScope(environment=place.environment, application=place.application)


def time_option(option: str, text: str | None, now: datetime) -> datetime | None:
    """A time that may be to come: RFC 3339, or a span from now such as `2h`. Raises `UsageError`."""
    if text is None:
        return None
    try:
        return now + timedelta(seconds=times.seconds(text.strip()))
    except ValueError:
        pass
    try:
        return times.instant(text)
    except (ValueError, OverflowError):
        raise UsageError(
            *(
                without_zone(option, text)
                or (
                    f"{option} {text!r} is not a time",
                    "write it like 2023-04-21T18:00:00Z, or `2h` from now",
                )
            )
        ) from None


def require_reason(reason: str) -> str:
    """The reason, which has to say something. Raises `UsageError`."""
    if not reason.strip():
        raise UsageError("--reason says nothing", "say why: it is what everybody reads who is stopped by it")
    return reason


def draft_hold(context: "Context", body: "Hold") -> "KnownHold":
    """A hold that nobody has signed: to see what it would come to."""
    from ldmrelease.services.acts.holds import KnownHold  # noqa: PLC0415 - --dry-run and the question before alone

    return KnownHold(body, context.requester, context.now())


def require_yes(question: str, *, yes: bool) -> None:
    """Ask on a terminal. Raises `NoAnswer` where the answer is no."""
    if yes or not on_terminal():
        return
    if not confirmed(visible(question)):
        raise NoAnswer(ExitCode.REFUSED, "not-confirmed", "not confirmed: nothing was written")
