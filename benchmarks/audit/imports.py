"""Importing history: `audit import git` with `git log -p` over the same paths, and 100,000 changes with bare inserts.

    PYTHONPATH=. python benchmarks/audit/imports.py [--commits N] [--changes N] [--tree DIR] [--repository DIR]

The repository is generated from a tree of values files (../shared/data/phalanx, if nothing is said): commits that move
tags, and commits that change other lines; or it is one that there is. Turn by turn, the least of three, wall
time and processor time with children.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.workspace.model import FILE
from ldmrelease.domain.setting_changes import SettingChange
from ldmrelease.histories.git_tree import GLOBS
from ldmrelease.services.audit.imports.desired_imports import import_changes, import_table
from ldmrelease.services.audit.imports.git_imports import import_git
from ldmrelease.services.context import open_context

SHARED = Path(__file__).parents[3] / "shared/data/phalanx"
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
_TAG = re.compile(rb"(?m)^([ ]*(?:tag|revision|imageTag): ).*$")


def measured(acts: dict[str, Callable[[], object]], turns: int = 3) -> dict[str, tuple[float, float]]:
    """The least wall and processor time of each, children included, in seconds."""
    least: dict[str, tuple[float, float]] = {}
    for _ in range(turns):
        for name, act in acts.items():
            wall, spent = time.perf_counter(), _spent()
            act()
            found = time.perf_counter() - wall, _spent() - spent
            before = least.get(name, found)
            least[name] = min(before[0], found[0]), min(before[1], found[1])
    return least


def _spent() -> float:
    found = (resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in found)


def generate(tree: Path, folder: Path, commits: int) -> None:
    """A repository whose history begins with the tree."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
    chance = random.Random(0)
    files = {
        str(each.relative_to(tree)): each.read_bytes()
        for each in sorted(tree.rglob("*"))
        if each.is_file() and each.suffix in {".yaml", ".yml"}
    }
    values = [each for each in files if Path(each).name.startswith("values-")]
    process = subprocess.Popen(["git", "-C", str(folder), "fast-import", "--quiet"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    write = process.stdin.write
    for number in range(commits):
        changed = files if number == 0 else _changed(chance, files, values, number)
        when = int((BEGIN + timedelta(hours=number)).timestamp())
        write(f"commit refs/heads/main\ncommitter A <a@example.org> {when} +0000\ndata 1\nx\n".encode())
        for path, data in changed.items():
            files[path] = data
            write(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    process.stdin.close()
    process.wait()
    subprocess.run(["git", "-C", str(folder), "repack", "-adq"], check=True)


def _changed(
    chance: random.Random, files: dict[str, bytes], values: list[str], number: int
) -> dict[str, bytes]:
    """Some files with another tag, or with another line."""
    found: dict[str, bytes] = {}
    for path in chance.sample(values, chance.choice((1, 1, 1, 2, 3, 8))):
        data = files[path]
        tags = list(_TAG.finditer(data))
        if tags and chance.random() < 0.6:
            one = chance.choice(tags)
            data = data[: one.start()] + one[1] + f'"{number}"'.encode() + data[one.end() :]
        else:
            data = data.rstrip(b"\n") + f"\n# changed in {number}\n".encode()
        found[path] = data
    return found


def git_history(repository: Path, workspace: Path) -> None:
    """`audit import git` into a new ledger each time, with `git log -p`."""
    globs = [f":(glob){each}" for each in GLOBS]

    def log() -> None:
        words = ["git", "-C", str(repository), "log", "-p", "HEAD", "--", *globs]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)

    counted: list[int] = []

    def imported() -> None:
        with tempfile.TemporaryDirectory() as folder:
            there = shutil.copytree(workspace, Path(folder) / "workspace")
            context = open_context(load_workspace(there / FILE))
            with context.ledger:
                found = import_git(context, str(repository))
            counted.append(sum(each.new for each in found.recorded.parts))

    least = measured({"git log -p": log, "import": imported})
    told(f"{counted[0]:,} changes of a repository", least, "git log -p")


def whole_command(repository: Path, workspace: Path) -> None:
    """The whole command, Python's start included."""
    with tempfile.TemporaryDirectory() as folder:
        there = shutil.copytree(workspace, Path(folder) / "workspace")
        words = [
            sys.executable,
            "-m",
            "ldmrelease",
            "-C",
            str(there),
            "audit",
            "import",
            "git",
            str(repository),
        ]
        for name in ("first", "again"):
            wall = time.perf_counter()
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
            print(f"  the whole command, {name:10} {time.perf_counter() - wall:7.2f} s")


def many_changes(count: int, workspace: Path) -> None:
    """The import of changes that are at hand, and of a table of them, with inserts of the same rows."""
    changes = [_change(number) for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "history.tsv"
        with table.open("w") as lines:
            lines.write("date\tenvironment\tapplication\tkey\ttag\tprevious_tag\tcommit\tpath\n")
            for each in changes:
                row = (
                    each.time.isoformat(),
                    each.environment,
                    each.application,
                    each.key,
                    each.tag,
                    each.previous,
                )
                lines.write("\t".join([*map(str, row), each.commit, each.path]) + "\n")

        def inserted() -> None:
            with tempfile.TemporaryDirectory() as where:
                connection = sqlite3.connect(Path(where) / "rows.db")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(
                    "CREATE TABLE changes (time, environment, application, key, tag, previous, hash, path)"
                )
                with connection:
                    connection.executemany(
                        "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                        (
                            (
                                each.time.isoformat(), each.environment, each.application, each.key, each.tag,
                                each.previous, each.commit, each.path,
                            )
                            for each in changes
                        ),
                    )  # fmt: skip
                connection.close()

        def read_and_inserted() -> None:
            with tempfile.TemporaryDirectory() as where:
                connection = sqlite3.connect(Path(where) / "rows.db")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(
                    "CREATE TABLE changes (time, environment, application, key, tag, previous, hash, path)"
                )
                with connection, table.open() as lines:
                    rows = csv.reader(lines, delimiter="\t")
                    connection.executemany("INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
                connection.close()

        def imported(from_table: bool) -> None:
            with tempfile.TemporaryDirectory() as where:
                there = shutil.copytree(workspace, Path(where) / "workspace")
                context = open_context(load_workspace(there / FILE))
                with context.ledger:
                    if from_table:
                        import_table(context, table)
                    else:
                        import_changes(context, "tree@main", changes)

        acts: dict[str, Callable[[], object]] = {
            "inserts": inserted,
            "table read, inserts": read_and_inserted,
            "import": lambda: imported(False),
            "import table": lambda: imported(True),
        }
        told(f"{count:,} changes", measured(acts), "inserts")


def _change(number: int) -> SettingChange:
    environment, application = f"environment-{number % 50}", f"application-{number // 50 % 20}"
    return SettingChange(
        BEGIN + timedelta(minutes=number),
        environment,
        application,
        "frontend.image.tag",
        f"w_{number}",
        f"w_{number - 1000}",
        f"{number // 10:040x}",
        f"applications/{application}/values-{environment}.yaml",
    )


def told(what: str, least: dict[str, tuple[float, float]], base: str) -> None:
    """Print the figures, and their ratios to the base."""
    print(what)
    for name, (wall, spent) in least.items():
        ratios = f"{wall / least[base][0]:5.2f} x  {spent / least[base][1]:5.2f} x"
        print(f"  {name:20} {wall:7.2f} s wall  {spent:7.2f} s processor  {ratios}")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--commits", type=int, default=10_000)
    options.add_argument("--changes", type=int, default=100_000)
    options.add_argument("--tree", type=Path, default=SHARED)
    options.add_argument("--repository", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        words = [sys.executable, "-m", "ldmrelease", "init", str(workspace), "--sample", "rubin"]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        repository = given.repository or Path(folder) / "tree.git"
        if given.repository is None:
            generate(given.tree, repository, given.commits)
        many_changes(given.changes, workspace)
        git_history(repository, workspace)
        whole_command(repository, workspace)


if __name__ == "__main__":
    main()
