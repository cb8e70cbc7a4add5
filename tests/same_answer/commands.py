"""A process of its own that gives many commands to the program, one after the other, and tells what each answered.

Command lines come in as one JSON array; out goes one JSON object a line: exit code and standard output.
"""

from __future__ import annotations

import json
import sys

from typer.testing import CliRunner

from ldmrelease.faces.cli.main import app


def main() -> None:
    """Give every command that standard input names."""
    runner = CliRunner()
    for words in json.load(sys.stdin):
        done = runner.invoke(app, words, catch_exceptions=False)
        print(json.dumps({"exit_code": done.exit_code, "stdout": done.stdout}), flush=True)


if __name__ == "__main__":
    main()
