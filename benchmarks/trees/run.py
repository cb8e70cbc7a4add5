"""Adopting a tree, and `where --desired`, compared with reading and parsing the same files with libyaml, and with Helm.

    PYTHONPATH=. python benchmarks/trees/run.py [--tree DIR] [--rendered DIR]

Processor time, children included, turn by turn: the least of five; once where Helm renders. `--tree` is a tree of
values files (../shared/data/phalanx where nothing is said), `--rendered` one with its templates.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import yaml

import ldmrelease.config
from ldmrelease.services.adoption.proposal import propose
from ldmrelease.services.adoption.survey import survey
from ldmrelease.services.adoption.workspace_text import TreeOfWorkspace, workspace_text
from ldmrelease.services.inventory.tree_images import DesiredTree, desired
from ldmrelease.trees.files import Folder
from ldmrelease.trees.parsed import ParsedTree, TreeScalars

SHARED = Path(__file__).parents[3] / "shared/data/phalanx"
NO_PROGRAMS = {"PATH": "/nowhere"}


class Counted(Folder):
    """A folder that knows what was read of it."""

    def __init__(self, top: Path) -> None:
        super().__init__(top)
        self.asked: set[str] = set()

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        self.asked.add(path)
        return super().read(path)


def spent(act: Callable[[], object]) -> float:
    """The processor time of an act and of the processes that it starts, in seconds."""

    def now() -> float:
        found = (resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(each.ru_utime + each.ru_stime for each in found)

    before = now()
    act()
    return now() - before


def adopt(tree: Path, environ: dict[str, str], *, render: bool) -> DesiredTree:
    """What adopting does with a tree: it is surveyed, and a workspace proposed as text."""
    parsed_once = ParsedTree(Folder(tree))
    found = survey(parsed_once, environ, render=render, shape=None)
    assert isinstance(found, DesiredTree)
    named = TreeOfWorkspace("tree", "main")
    workspace_text(EMPTY, propose(parsed_once, found, {}), named, TreeScalars(parsed_once))
    return found


def command(tree: Path) -> None:
    """The whole command, keys and ledger included."""
    with tempfile.TemporaryDirectory() as home:
        words = ["-m", "ldmrelease", "adopt", str(tree), "-C", f"{home}/new", "--no-render", "--yes"]
        # As it is installed: compiled once.
        environ = {name: each for name, each in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        subprocess.run([sys.executable, *words], check=True, capture_output=True, env=environ)


def parsed(tree: Path, files: set[str]) -> None:
    """The same files, read and parsed with libyaml."""
    for each in files:
        list(yaml.load_all((tree / each).read_bytes(), Loader=yaml.CSafeLoader))


EMPTY = (Path(ldmrelease.config.__path__[0]) / "samples/empty/ldmrelease.yaml").read_text()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--tree", type=Path, default=SHARED)
    options.add_argument("--rendered", type=Path)
    given = options.parse_args()
    counted = Counted(given.tree)
    survey(counted, NO_PROGRAMS, render=False, shape=None)
    acts: dict[str, Callable[[], object]] = {
        "libyaml, the same files": lambda: parsed(given.tree, counted.asked),
        "where --desired, read": lambda: desired(Folder(given.tree), (), NO_PROGRAMS, render=False),
        "adopt --no-render, without writing": lambda: adopt(given.tree, NO_PROGRAMS, render=False),
        "adopt --no-render, the whole command": lambda: command(given.tree),
    }
    times: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(5):
        for name, act in acts.items():
            times[name].append(spent(act))
    least = {name: min(own) for name, own in times.items()}
    base = least["libyaml, the same files"]
    print(f"{len(counted.asked)} files")
    for name, seconds in least.items():
        print(f"{name:40} {seconds:6.2f} s  {seconds / base:5.2f} x")
    if given.rendered is not None:
        rendered(given.rendered)


def rendered(tree: Path) -> None:
    """With Helm, which is nearly all of the time: what it takes by itself, and all of it."""
    with tempfile.TemporaryDirectory() as cache:
        # Nothing of an earlier rendering is at hand.
        environ = {**os.environ, "XDG_CACHE_HOME": cache}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        whole = spent(lambda: adopt(tree, environ, render=True))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    alone = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{'helm template, all of its processes':40} {alone:6.2f} s")
    print(f"{'adopt, rendering':40} {whole:6.2f} s  {whole / alone:5.2f} x")


if __name__ == "__main__":
    main()
