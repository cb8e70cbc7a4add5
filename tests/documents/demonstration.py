"""The demonstration as a user plays it: its page, and the commands that it ends with."""

from __future__ import annotations

from pathlib import Path

from ldmrelease.demo.play import essentials
from ldmrelease.demo.story import TAG
from tests.documents.play import Stage

REFUSED = f"promote {TAG} --target commissioning"


class Demonstration:
    """Played once, in a folder `demo` of a home folder."""

    def __init__(self, folder: Path) -> None:
        home = folder / "home"
        self.stage = Stage(home, {"/home/ann": str(home)})
        self.page, self.code = self.stage.run("ldmrelease demo demo")

    def answer(self, command: str) -> list[str]:
        """What the page shows for a command, which begins with it."""
        start = self.page.index(f"$ ldmrelease {command}")
        rest = self.page[start + 1 :]
        end = next(
            (here for here, line in enumerate(rest) if not line or line.startswith(("$ ", "== "))), None
        )
        return self.page[start : start + 1 + (len(rest) if end is None else end)]

    def give(self, command: str) -> list[str]:
        """Give a command in the demonstration's folder; itself, and the lines of its answer that matter."""
        lines, _ = self.stage.run(f"ldmrelease -C demo {command} 2>/dev/null")
        return [f"$ ldmrelease {command}", *essentials("\n".join(lines))]
