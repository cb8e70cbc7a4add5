"""How the values of arguments and options are called in usage and help: RELEASE, [PROMOTION], --target TARGET."""

from typing import Any

from typer.core import TyperArgument, TyperGroup


def spelled(command: Any) -> Any:
    """The command, and those of a group, with one style of names: capitals, and brackets for what may be left out."""
    for each in command.params:
        if isinstance(each, TyperArgument):
            each.make_metavar = _Metavar(each)  # type: ignore[method-assign]
        elif each.metavar is None and each.type.name in _PLAIN and not (each.is_flag or each.count):
            each.metavar = _FILE if each.type.name == "path" else max(each.opts, key=_priority)[2:].upper()
    for each in command.commands.values() if isinstance(command, TyperGroup) else ():
        spelled(each)
    return command


_PLAIN = ("str", "text", "path", "file", "directory", "integer")
"""Types whose names say nothing about the value; a choice is told by what may be chosen."""
_FILE = "FILE"


def _priority(option: str) -> tuple[bool, bool]:
    """The name of a value is that of its long option; where there are several, it is the target."""
    return option.startswith("--"), option == "--target"


class _Metavar:
    """What stands for an argument."""

    def __init__(self, argument: TyperArgument) -> None:
        self._argument = argument

    def __call__(self, ctx: object, *, usage: bool = False) -> str:  # noqa: ARG002 - as typer calls it
        own = self._argument
        text = own.metavar or str(own.name).upper()
        if not usage:
            return text
        text = text if own.required else f"[{text}]"
        return f"{text}..." if own.nargs != 1 and "..." not in text else text
