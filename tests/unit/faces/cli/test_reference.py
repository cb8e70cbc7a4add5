"""The reference of the commands is the one that the commands give."""

from pathlib import Path

from ldmrelease.faces.cli.command_table import COMMANDS
from ldmrelease.faces.cli.reference import command_reference

PAGE = Path(__file__).parents[4] / "docs" / "command-reference.md"


def test_the_page_is_as_written_from_the_commands():
    assert PAGE.read_text() == command_reference()


def test_every_command_has_its_section():
    page = PAGE.read_text()
    assert all(f"\n## ldmrelease {name}\n" in page for name in COMMANDS)
