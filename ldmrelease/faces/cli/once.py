"""Options that name one thing: given twice, they are refused, and the first is not dropped in silence."""

from collections.abc import Mapping
from typing import Any

from typer.core import TyperGroup

from ldmrelease.faces.cli.options import UsageError


def targets_once(command: Any) -> Any:
    """The command, and those of a group, refusing a second `--target`, however it is spelled."""
    for each in command.params:
        if "--target" in each.opts and not each.multiple:
            once = _Once(each)
            each.add_to_parser = once.add_to_parser
            each.consume_value = once.consume_value
    for each in command.commands.values() if isinstance(command, TyperGroup) else ():
        targets_once(each)
    return command


class _Once:
    """Collects what an option is given, and hands on the one value. `consume_value` raises `UsageError` for two."""

    def __init__(self, option: Any) -> None:
        self._option = option
        self._consume = option.consume_value

    def add_to_parser(self, parser: Any, ctx: object) -> None:  # noqa: ARG002 - as typer calls it
        own = self._option
        parser.add_option(obj=own, opts=own.opts, dest=own.name, action="append", nargs=own.nargs)

    def consume_value(self, ctx: Any, opts: Mapping[str, Any]) -> Any:
        given = opts.get(self._option.name) or [None]
        if len(given) > 1 and not ctx.resilient_parsing:
            raise UsageError("--target is given twice: name one target", "a level covers several places")
        return self._consume(ctx, {**opts, self._option.name: given[-1]})
