"""Git at a distance: 79 places in one repository behind a proxy that holds each connection for half a second.

    PYTHONPATH=. .venv/bin/python benchmarks/distance/run.py

Compares commands with the same without latency, and promotions with plain git that pulls, edits, commits and pushes
as often. Counts connections, and the processes of git that we start.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.cycle_site import git
from tests.distant_site import NEW, OLD, distant_site, file_of, tree
from tests.far_server import FarServer, git_daemon
from tests.workspace import Site

RESULT = Path(__file__).with_name("last.txt")
PLACES = {"dev": 7, "staging": 36, "prod": 36}
LATENCY = 0.5
PROGRAM = [sys.executable, "-c", "from ldmrelease.faces.cli.main import main; main()"]
_COUNTING = '#!/bin/sh\necho >> "{log}"\nexec {git} "$@"\n'


@dataclass
class Measured:
    """Seconds, connections, processes of git."""

    seconds: float
    connections: int
    processes: int

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s, {self.connections} connections, {self.processes} processes of git"


def count_processes(folder: Path) -> Path:
    """Put a git that counts before the other; the file that has a line for each."""
    found, log = shutil.which("git"), folder / "started"
    log.touch()
    (folder / "bin").mkdir()
    program = folder / "bin" / "git"
    program.write_text(_COUNTING.format(log=log, git=found))
    program.chmod(0o755)
    os.environ["PATH"] = f"{folder / 'bin'}:{os.environ['PATH']}"
    return log


def measured(far: FarServer, log: Path, latency: float, act: Callable[[], object]) -> Measured:
    """What an act takes with each connection held for so long."""
    far.latency = latency
    far.counted()
    before, begun = log.read_text().count("\n"), time.perf_counter()
    act()
    seconds = time.perf_counter() - begun
    return Measured(seconds, far.counted(), log.read_text().count("\n") - before)


def plain(folder: Path, url: str, numbers: range) -> None:
    """What somebody does by hand: pull, and for each place edit, commit, push."""
    git(folder, "pull", "-q", "--ff-only", url, "main")
    for number in numbers:
        file = folder / file_of("staging", number)
        file.write_text(file.read_text().replace(OLD, NEW))
        git(folder, "commit", "-qam", "By hand")
        git(folder, "push", "-q", url, "main")


def whole(site: Site, words: tuple[str, ...]) -> None:
    """A command as one runs it, Python's start included. `drift` ends with 1 where it finds something."""
    command = [*PROGRAM, "-C", str(site.root), *words]
    assert subprocess.run(command, capture_output=True, check=False).returncode in (0, 1)


def looks(site: Site, far: FarServer, log: Path) -> list[str]:
    """The commands that look at every place, without latency and with it."""
    lines = []
    for words in (("observe",), ("drift",), ("where", "--live")):
        # The first reads what the others find kept.
        act = partial(whole, site, words)
        act()
        near, distant = (measured(far, log, each, act) for each in (0.0, LATENCY))
        ratio = distant.seconds / near.seconds
        lines.append(f"{' '.join(words)}: {distant}; {ratio:.2f} of its time without latency (goal 2)")
    return lines


def main() -> None:
    """Measure, and keep the figures."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        log = count_processes(folder)
        (folder / "served").mkdir()
        bare = tree(folder / "served", PLACES)
        with git_daemon(folder / "served") as port, FarServer(port) as far:
            url = far.url(bare.name)
            site = distant_site(folder / "site", url, PLACES)
            lines = [f"79 places, {LATENCY} s per connection", *looks(site, far, log)]
            one = measured(far, log, LATENCY, lambda: site.ok("promote", NEW, "--target", "dev/shop0"))
            lines.append(f"promote, one place: {one} (goal 4 connections)")
            six = measured(far, log, LATENCY, lambda: site.ok("promote", NEW, "--target", "dev"))
            subprocess.run(["git", "clone", "-q", str(bare), str(folder / "hand")], check=True)
            hand = measured(far, log, LATENCY, lambda: plain(folder / "hand", url, range(6)))
            lines.append(
                f"promote, six places: {six}; {six.seconds / hand.seconds:.2f} of plain git (goal 1.5)"
            )
            lines.append(f"plain git, six places: {hand}")
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
