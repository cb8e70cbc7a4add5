"""`ldmrelease demo`: a workspace with real parts, and a week played in it."""

import shutil
import sys
from contextlib import chdir
from pathlib import Path
from typing import Annotated

import typer

from ldmrelease.cli.main import app as program
from ldmrelease.cli.options import Mistake, examples, new_app
from ldmrelease.demo.play import MARK, make_workspace, play

app = new_app()


@app.command(
    epilog=examples(
        "ldmrelease demo /tmp/demo",
        "ldmrelease demo /tmp/demo --again",
        "ldmrelease -C /tmp/demo promote w.2023.16 --target commissioning",
    )
)
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to make the workspace; it must be new or empty.")],
    again: Annotated[
        bool, typer.Option("--again", help="Replace a folder that an earlier demonstration made.")
    ] = False,
) -> None:
    """Make a workspace with images, git repositories and keys, and play the week of 2023-04-20 in it.

    Everything is real but the clock: OCI images in layout directories, git, signatures, SQLite. The summit
    is left for your hand.
    """
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        _clear(folder, again)
    make_workspace(folder)
    play(folder.resolve(), lambda words: _run(folder, words), typer.echo)


def _clear(folder: Path, again: bool) -> None:
    if not (folder / MARK).is_file():
        raise Mistake(f"{folder} exists, and no demonstration made it", "name another folder")
    if not again:
        raise Mistake(f"{folder} has a demonstration already", "name another folder, or add --again")
    # The folder itself stays: it may be where we are, a link, or where a disk is mounted.
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def _run(folder: Path, words: list[str]) -> int:
    """One command, as the user would give it in the folder, in this process."""
    sys.stdout.flush()
    try:
        with chdir(folder):
            typer.main.get_command(program)(words, prog_name="ldmrelease")
    except SystemExit as end:
        sys.stdout.flush()
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0
