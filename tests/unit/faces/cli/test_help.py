"""The help of every command: one style, a purpose, each parameter explained, examples that can be typed."""

import inspect
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from ldmrelease.faces.cli.command_table import COMMANDS
from ldmrelease.faces.cli.main import load
from tests.unit.faces.cli.running import run


def commands() -> Iterator[tuple[str, Any]]:
    for name in COMMANDS:
        yield from below(name, load(name))


def below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(command, TyperGroup):
        for name, each in command.commands.items():
            yield from below(f"{path} {name}", each)
    else:
        yield path, command


ALL = dict(commands())
EXITS = {
    "promote",
    "request",
    "rollback",
    "retire",
    "alias move",
    "resume",
    "abort",
    "check",
    "check-run",
    "drift",
    "doctor",
}
"""Commands whose exit code says what came of them."""


def context_of(path: str) -> typer.Context:
    return typer.Context(ALL[path], info_name=f"ldmrelease {path}")


@pytest.mark.parametrize("path", ALL)
def test_a_command_says_what_it_is_for_in_one_sentence(path: str):
    first = inspect.cleandoc(ALL[path].help).partition("\n\n")[0]
    assert first[0].isupper()
    assert first.endswith(".")
    assert len(first) <= 200
    if path in EXITS:
        assert "xit " in ALL[path].help


@pytest.mark.parametrize("path", ALL)
def test_names_are_capitals_and_what_may_be_left_out_is_in_brackets(path: str):
    usage = ALL[path].get_usage(context_of(path)).partition("[OPTIONS]")[2]
    assert re.fullmatch(r"[A-Z \-|.\[\]\n]*|\s*\[workspace\|trust\|policy(\|policy-test)?\]", usage), usage
    for each in ALL[path].params:
        names, meaning = each.get_help_record(context_of(path))
        assert meaning.strip(), names
        assert not re.search(r"<(str|path|int|float|file)[ >]", names), names
        if each.param_type_name == "argument":
            assert (f"[{names}]" in usage) == (not each.required)


@pytest.mark.parametrize("path", ALL)
def test_target_and_environment_are_one_option(path: str):
    options = {name: each for each in ALL[path].params for name in each.opts}
    if path == "trust role":
        assert "--target" not in options
    else:
        assert len({id(options.get(each)) for each in ("--target", "-t", "--environment", "-e")}) == 1


@pytest.mark.parametrize("path", ALL)
def test_its_examples_name_commands_and_options_that_there_are(path: str):
    lines = [each.strip() for each in (ALL[path].epilog or "").splitlines() if "ldmrelease" in each]
    assert lines
    own = 0
    for line in lines:
        words = shlex.split(line[line.index("ldmrelease") :].partition(" | kubectl")[0].partition("   #")[0])
        words = [
            each
            for each in words[1:]
            if each not in {"-C", "/srv/rubin", "/tmp/demo", "demo"} or each == path
        ]
        found = next(
            (each for each in (" ".join(words[:3]), " ".join(words[:2]), words[0]) if each in ALL), None
        )
        assert found is not None, line
        own += found == path
        known = {name for each in ALL[found].params for name in (*each.opts, *each.secondary_opts)}
        used = [each.partition("=")[0] for each in words if re.match(r"--?[a-z]", each)]
        assert set(used) <= known | {"--help"}, line
    assert own


@pytest.mark.parametrize("path", ALL)
def test_help_is_printed(path: str):
    for flag in ("--help", "-h"):
        done = run(*path.split(), flag)
        assert done.exit_code == 0
        assert done.stdout.startswith(f"Usage: ldmrelease {path} [OPTIONS]")
