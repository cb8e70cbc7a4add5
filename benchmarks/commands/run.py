"""What commands cost as a user feels it: whole processes of the installed program, beside `kubectl version --client`.

    python benchmarks/commands/run.py [--rounds 15] [--kubectl PATH]

Builds the wheel, installs it compiled with the pinned requirements into an environment of its own, plays the
demonstration, and runs everything in turn within each round, so that what else the machine does falls on all.
Ratios are taken round by round. It prints medians, of the wall clock and of processor time (user and system, with
the processes that were waited for), and keeps them in `last.txt` beside this file. It asserts nothing. Needs kubectl
(Debian: kubernetes-client) and git.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

FLOOR = "kubectl version --client"
PEER = "typer, two commands"
COMMANDS = {
    "--help": ["--help"],
    "tag parse": ["tag", "parse", "w.2023.16"],
    "where": ["where"],
    "check": ["check", "w.2023.16", "--target", "commissioning"],
    "history": ["history"],
    "promotions list": ["promotions", "list"],
    "release list": ["release", "list"],
    "promote, nothing to do": ["promote", "w.2023.16", "--target", "usdfdev/batch", "--yes"],
}
GOALS = dict.fromkeys(("where", "check", "history", "promotions list", "release list"), 4)
GOALS["promote, nothing to do"] = 5
_ASKED = ("_LDMRELEASE_COMPLETE=complete_fish", "_TYPER_COMPLETE_FISH_ACTION=get-args")
COMPLETED = {
    "complete an option": "ldmrelease promote --",
    "complete a tag": "ldmrelease promote ",
    "complete a target": "ldmrelease promote w.2023.16 --target ",
}
"""What a shell asks while somebody types: answers come within 150 ms of a quiet machine."""

# A program that is installed finds its modules compiled, and a user has a cache.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "CI", "LDMRELEASE_NO_CACHE")
}


class Taken(NamedTuple):
    """Seconds of one run."""

    wall: float
    cpu: float


def install(folder: Path) -> Path:
    """The environment's folder of programs."""

    def run(*words: object) -> None:
        subprocess.run([str(each) for each in words], check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)

    run(sys.executable, "-m", "venv", folder / "venv")
    programs = folder / "venv" / "bin"
    requirements = [
        each for name in ("build", "runtime") for each in ("-r", ROOT / f"requirements/{name}.txt")
    ]
    run(programs / "pip", "install", "--quiet", "--require-hashes", *requirements)
    source = folder / "source"
    names = ("ldmrelease", "policies", "manifests", "pyproject.toml", "README.md", "LICENSE")
    source.mkdir()
    for each in names:
        copy = shutil.copytree if (ROOT / each).is_dir() else shutil.copy
        copy(ROOT / each, source / each)
    run(programs / "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, source)
    run(programs / "pip", "install", "--quiet", "--no-deps", "--compile", *folder.glob("*.whl"))
    return programs


def timed(command: list[str], folder: Path) -> Taken:
    before, begun = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, check=False)
    wall, after = time.perf_counter() - begun, getrusage(RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"{command}: exit {done.returncode}\n{done.stderr.decode()}")
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def compare(programs: dict[str, list[str]], folder: Path, rounds: int) -> list[str]:
    """A line for each program."""
    for command in programs.values():
        timed(command, folder)
    taken = [{name: timed(command, folder) for name, command in programs.items()} for _ in range(rounds)]
    lines = [f"{'':<26}{'wall ms':>9}{'cpu ms':>9}{'x wall':>9}{'x cpu':>9}{'goal':>7}"]
    for name in programs:
        wall = statistics.median(each[name].wall for each in taken)
        cpu = statistics.median(each[name].cpu for each in taken)
        times = statistics.median(each[name].wall / each[FLOOR].wall for each in taken)
        cost = statistics.median(each[name].cpu / each[FLOOR].cpu for each in taken)
        goal = f"{GOALS[name]:>7}" if name in GOALS else ""
        lines.append(f"{name:<26}{wall * 1000:>9.0f}{cpu * 1000:>9.0f}{times:>9.2f}{cost:>9.2f}{goal}")
    return lines


def main() -> None:
    """Install, play, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--kubectl", default="kubectl")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        ENVIRONMENT["XDG_CACHE_HOME"] = str(folder / "cache")
        installed = install(folder)
        ours = str(installed / "ldmrelease")
        subprocess.run([ours, "demo", str(folder / "demo")], check=True, capture_output=True, env=ENVIRONMENT)
        programs = {
            FLOOR: [given.kubectl, "version", "--client"],
            PEER: [str(installed / "python"), str(HERE / "two_commands.py"), "hello", "w.2023.16"],
            **{name: [ours, *words] for name, words in COMMANDS.items()},
            **{
                name: ["env", *_ASKED, f"_TYPER_COMPLETE_ARGS={words}", ours]
                for name, words in COMPLETED.items()
            },
        }
        loads = [os.getloadavg()[0]]
        lines = compare(programs, folder / "demo", given.rounds)
        loads.append(os.getloadavg()[0])
    head = (
        f"Python {platform.python_version()}, {os.cpu_count()} processors; medians of {given.rounds} interleaved "
        f"runs; load {loads[0]:.1f} before, {loads[1]:.1f} after"
    )
    told = "\n".join([head, "", *lines]) + "\n"
    print(told, end="")
    (HERE / "last.txt").write_text(told)


if __name__ == "__main__":
    main()
