"""Play the story: set the workspace's clock, print each command, and give it to the real command line."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.demo.artifacts import STACK, build_sample_world
from ldmrelease.demo.story import AFTERWARDS, Scene
from ldmrelease.domain.times import instant
from ldmrelease.ledger import create_ledger
from ldmrelease.projections.registry import PROJECTORS

MARK = ".ldmrelease-demo"
"""The file that says that a demonstration made this folder."""

Run = Callable[[list[str]], int]
Say = Callable[[str], None]

_PERSON = "release manager"
_CLOCK = re.compile(r"^(# )?clock: .*$", re.MULTILINE)


def make_workspace(folder: Path) -> None:
    """The sample workspace with everything that it names. Raises `BadInput` where the folder has one."""
    began = instant(STACK[0].created)
    init_workspace(folder, "rubin", began, person=_PERSON)
    create_ledger(folder / "ledger.db", at=began, actor=_PERSON, projectors=PROJECTORS).close()
    build_sample_world(folder)


def mark(folder: Path) -> None:
    """Say in a folder that a demonstration made it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("made by `ldmrelease demo`; `--again` replaces the folder\n")


def play(folder: Path, story: tuple[Scene, ...], run: Run, say: Say) -> None:
    """Every scene in turn; `run` is the command line in this process, `say` prints a line."""
    for scene in story:
        _play_scene(folder, scene, run, say)
    say("")
    say("Now it is yours. In that folder, for example:")
    say(f"    cd {folder}")
    say(f"    ldmrelease {AFTERWARDS}")


def set_clock(folder: Path, moment: str) -> None:
    """Put the workspace's clock forward."""
    file = folder / FILE
    file.write_text(_CLOCK.sub(f"clock: {moment}", file.read_text(encoding="utf-8")), encoding="utf-8")


def _play_scene(folder: Path, scene: Scene, run: Run, say: Say) -> None:
    set_clock(folder, scene.clock)
    say("")
    say(f"== {scene.clock}  {scene.title}")
    if scene.happens is not None:
        scene.happens(folder)
    for command in scene.commands:
        say("")
        say(f"$ ldmrelease {command}")
        code = run(shlex.split(command))
        if code:
            say(f"(exit {code})")
