"""What starting the program costs, beside a typer program of two commands that does nothing else.

    python benchmarks/startup/run.py [ROUNDS]

Whole processes by this Python, in turn within each round so that what else the machine does falls on all.
Prints medians and ratios, and keeps them in `last.txt` beside this file. It asserts nothing.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PEER = [sys.executable, str(HERE / "two_commands.py")]
OURS = [sys.executable, "-c", "from ldmrelease.faces.cli.main import main; main()"]
PROGRAMS = {
    "peer --help": [*PEER, "--help"],
    "ldmrelease --help": [*OURS, "--help"],
    "peer hello": [*PEER, "hello", "w.2023.16"],
    "ldmrelease tag parse": [*OURS, "tag", "parse", "w.2023.16"],
    "ldmrelease tag parse -o json": [*OURS, "tag", "parse", "--output", "json", "w.2023.16"],
}
BESIDE = {
    "ldmrelease --help": "peer --help",
    "ldmrelease tag parse": "peer hello",
    "ldmrelease tag parse -o json": "peer hello",
}

# An installed program finds its modules compiled; so does the peer's library.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    return time.perf_counter() - start


def report(rounds: int) -> str:
    for command in PROGRAMS.values():
        seconds(command)
    taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, command in PROGRAMS.items():
            taken[name].append(seconds(command))
    medians = {name: statistics.median(each) for name, each in taken.items()}
    lines = [f"Python {platform.python_version()}; medians of {rounds} interleaved runs", ""]
    lines.append(f"{'':<30}{'ms':>7}  x the peer")
    for name, median in medians.items():
        ratio = f"{median / medians[BESIDE[name]]:>12.2f}" if name in BESIDE else ""
        lines.append(f"{name:<30}{median * 1000:>7.1f}{ratio}")
    return "\n".join(lines) + "\n"


def main() -> None:
    told = report(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
    print(told, end="")
    (HERE / "last.txt").write_text(told)


if __name__ == "__main__":
    main()
