"""Run the command line, in this process or as one of its own."""

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from ldmrelease.faces.cli.main import app
from tests.answers_fit import check_fit

PROGRAM = [sys.executable, "-c", "from ldmrelease.faces.cli.main import main; main()"]


def run(*words: str, folder: Path | None = None, input: str | bytes | None = None, **environ: str) -> Result:
    """What the command prints and its exit code, in the workspace of a folder. An exception is a bug."""
    place = [] if folder is None else ["-C", str(folder)]
    done = CliRunner().invoke(
        app, (*place, *words), input=input, catch_exceptions=False, env=environ, prog_name="ldmrelease"
    )
    check_fit(words, done.stdout)
    return done


def process(*words: str | bytes, input: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    """The same as a process of its own."""
    return subprocess.run(
        [*PROGRAM, *words],
        input=input,
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | environ,
    )


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with what it holds."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
