"""The workspaces of the command line's unit tests, for the program as a whole."""

from tests.unit.faces.cli.conftest import ready, ready_once, template  # noqa: F401  # used by name
