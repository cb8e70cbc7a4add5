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

Give = Callable[[list[str], bool], tuple[int, str]]
"""Give a command, quietly or not: its exit code, and what it printed where that was quiet."""
Say = Callable[[str], None]

_PERSON = "release manager"
_ASIDE = ("  ok  ", "policy ", "decision: ", "next: ldmrelease where", "next: ldmrelease promotions show")
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


def play(folder: Path, story: tuple[Scene, ...], give: Give, say: Say, *, full: bool) -> None:
    """Every scene in turn; `give` gives a command in this process, `say` prints a line.

    Not in full: of each scene the answers that make the story, and of those the lines that matter.
    """
    apart = True
    for scene in story:
        set_clock(folder, scene.clock)
        if full or scene.shown or apart:
            say("")
        apart = bool(scene.shown)
        say(f"== {scene.clock}  {scene.title}")
        if scene.happens is not None:
            scene.happens(folder)
        for command in scene.commands:
            if full:
                _tell(command, give, say)
            else:
                _tell_briefly(command, give, say, shown=command in scene.shown)


def afterwards(program: tuple[str, ...], folder: Path) -> str:
    """What may be done next, as commands that work from wherever the reader stands."""
    start = shlex.join([*program, "-C", str(folder)])
    lines = [f"    {start} {each}" for each in AFTERWARDS]
    return "\n".join(["", "Now it is yours. The summit waits for your hand:", *lines])


def essentials(answer: str) -> list[str]:
    """The lines of an answer that matter: what was satisfied, and by which documents, is left out."""
    return [each for each in answer.splitlines() if each.strip() and not each.startswith(_ASIDE)]


def set_clock(folder: Path, moment: str) -> None:
    """Put the workspace's clock forward."""
    file = folder / FILE
    file.write_text(_CLOCK.sub(f"clock: {moment}", file.read_text(encoding="utf-8")), encoding="utf-8")


def _tell(command: str, give: Give, say: Say) -> None:
    say("")
    say(f"$ ldmrelease {command}")
    code, _ = give(shlex.split(command), False)
    if code:
        say(f"(exit {code})")


def _tell_briefly(command: str, give: Give, say: Say, *, shown: bool) -> None:
    code, answer = give(shlex.split(command), True)
    # What goes wrong where nobody thought it would is told too.
    if shown or code in (2, 3):
        say(f"$ ldmrelease {command}")
        for line in essentials(answer):
            say(line)
        if code:
            say(f"(exit {code})")
