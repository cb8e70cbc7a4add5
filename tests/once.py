"""Work that comes out the same in every test, done once for each process that runs tests.

The program does it once in a process of its own; a process of tests plays thousands of commands.
"""

from functools import cache, lru_cache

import pytest
import typer.testing
from msgspec.structs import replace

from ldmrelease.config.workspace import cache as workspace_cache
from ldmrelease.config.yaml import read
from ldmrelease.config.yaml.read import YamlDocument
from ldmrelease.faces.cli import main


def yaml_documents(patch: pytest.MonkeyPatch) -> None:
    """Bytes are parsed once, whatever file they are in: copies of a workspace have the same. A refusal is made anew."""
    original = read.parse
    parsed = lru_cache(4096)(lambda data: original(data, ""))

    def parse(data: bytes, file: str) -> YamlDocument:
        try:
            return replace(parsed(data), file=file)
        except read.BadInput:
            return original(data, file)

    patch.setattr(read, "parse", parse)


def command_tables(patch: pytest.MonkeyPatch) -> None:
    """The table of commands is built once, and the options of each are read from its signature once."""
    patch.setattr(typer.testing, "_get_command", cache(typer.main.get_command))
    patch.setattr(main, "load", cache(main.load))


def program_state(patch: pytest.MonkeyPatch) -> None:
    """The modules of the program do not change meanwhile."""
    patch.setattr(workspace_cache, "_program", cache(workspace_cache._program))
