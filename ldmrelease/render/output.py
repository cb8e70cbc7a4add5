"""Answers on standard output: JSON, YAML or text, one value in three spellings."""

import enum
import re
import sys
from collections.abc import Callable
from typing import Any

from ldmrelease.answers.sentences.escapes import printable, printable_text
from ldmrelease.render.tables import fitted, in_colour

_OWN_COLOURS = re.compile(r"(\x1b\[(?:31|32|33|90|0)m)")


class Output(enum.StrEnum):
    """The ways in which an answer is printed; `wide` is text with tables that do not heed the terminal."""

    text = "text"
    wide = "wide"
    json = "json"
    yaml = "yaml"

    @property
    def is_text(self) -> bool:
        """Whether a person reads it: then answers may come one by one, beside what is said on the way."""
        return self in (Output.text, Output.wide)


def emit(value: object, output: Output, text: Callable[[], str]) -> None:
    """Print a value of the domain, or a list of them; `text` says it for people, without a newline at its end."""
    if output is Output.json:
        print(as_json(value), flush=True)
    elif output is Output.yaml:
        print(as_yaml(value), end="", flush=True)
    else:
        with fitted(_columns(output)):
            said = text()
        if said:
            say(said)


def say(text: str, *, err: bool = False) -> None:
    """Print lines for people, on standard error where `err`: the one way of text to a terminal (truth.md)."""
    print(visible(text), file=sys.stderr if err else sys.stdout, flush=True)


def pass_on(text: str) -> None:
    """Print a file as it is, for another program; on a terminal escaped as everything is."""
    print(visible(text) if sys.stdout.isatty() else text, end="", flush=True)


def visible(text: str) -> str:
    """The lines with everything escaped that would steer a terminal or turn text around, but our own colours."""
    if not in_colour():
        return "\n".join(map(printable, text.split("\n")))
    parts = _OWN_COLOURS.split(text)
    plain = ["\n".join(map(printable, each.split("\n"))) for each in parts[::2]]
    return "".join(each for pair in zip(plain, [*parts[1::2], ""], strict=True) for each in pair)


def as_json(value: object) -> str:
    """Indented JSON; a list is one array."""
    import json  # noqa: PLC0415 - `--help` goes without

    return json.dumps(_plain(value), indent=2)


def as_yaml(value: object) -> str:
    """YAML, with the keys in the value's own order; as JSON it is ASCII, so that no line break gets lost."""
    import yaml  # noqa: PLC0415 - `tag parse` and `--help` go without

    # Unpaired surrogates, which JSON escapes, are nothing that YAML can hold.
    plain = _each_text(_plain(value), printable_text)
    return yaml.safe_dump(plain, sort_keys=False, width=110)


def _columns(output: Output) -> int | None:
    """How wide tables may be: the terminal's columns; None where nobody sees where lines end, or all is wanted."""
    if output is Output.wide or not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size  # noqa: PLC0415 - on terminals alone

    return get_terminal_size().columns


def _plain(value: object) -> Any:
    from ldmrelease.domain import canonical  # noqa: PLC0415 - `tag parse` and `--help` go without

    return canonical.to_plain(value)


def _each_text(plain: Any, change: Callable[[str], str]) -> Any:
    if isinstance(plain, str):
        return change(plain)
    if isinstance(plain, dict):
        return {_each_text(key, change): _each_text(value, change) for key, value in plain.items()}
    return [_each_text(each, change) for each in plain] if isinstance(plain, list) else plain
