"""`where` on a small and a large ledger, in one run, turn by turn: 1,000 events against 100,000 of 1,000 releases.

    python benchmarks/where/run.py [--events 100000] [--releases 1000] [--rounds 15]

Prints, and writes beside it, what the answer takes in this process and as a whole command, and the ratios: of
processor time, which others on the machine make hardly longer.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import make_ledger

from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.services.context import open_context
from ldmrelease.services.inventory.where import where
from ldmrelease.trust.signer import load_signer

RESULT = Path(__file__).with_name("last.txt")


def site(folder: Path, events: int, releases: int) -> Path:
    """The sample workspace with a ledger of this size; its clock stands at the ledger's end."""
    made = init_workspace(folder, "rubin", make_ledger.START)
    places = [each.place for each in load_workspace(made.file).topology.applications]
    observer, pinner = (load_signer(folder / "keys" / f"{name}.pem") for name in ("observer", "me"))
    make_ledger.make(
        folder / "ledger.db",
        count=events,
        releases=releases,
        menu=1,
        observer=observer,
        pinner=pinner,
        places=places,
    )
    context = open_context(load_workspace(folder / "ldmrelease.yaml"))
    context.sign_index(0)
    context.ledger.close()
    return folder


def answered(folder: Path) -> int:
    """The rows of the answer, in this process, with the ledger opened for it."""
    context = open_context(load_workspace(folder / "ldmrelease.yaml"))
    try:
        now = context.ledger.get(context.ledger.head().size)
        assert now is not None
        return len(list(where(context, now=now.time + timedelta(hours=1))))
    finally:
        context.ledger.close()


def commanded(folder: Path) -> int:
    """The exit code of the whole command."""
    command = [
        sys.executable,
        "-m",
        "ldmrelease.faces.cli.main",
        "-C",
        str(folder),
        "where",
        "--output",
        "json",
    ]
    return subprocess.run(command, capture_output=True, check=False).returncode


def timed(act: Callable[[Path], int], folder: Path) -> float:
    """Milliseconds of processor time, of this process and of those that it has waited for."""
    begun = spent()
    act(folder)
    return (spent() - begun) * 1000


def spent() -> float:
    """Seconds of processor time so far."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def compare(name: str, act: Callable[[Path], int], small: Path, large: Path, rounds: int) -> str:
    """Median of each and of the ratios, pair by pair."""
    pairs = [(timed(act, small), timed(act, large)) for _ in range(rounds)]
    ratio = statistics.median(there / here for here, there in pairs)
    few, many = (statistics.median(each) for each in zip(*pairs, strict=True))
    return f"{name:<16} small {few:8.2f} ms   large {many:8.2f} ms   large/small {ratio:5.2f}"


def main() -> None:
    """Make both, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--releases", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        small = site(Path(scratch) / "small", 1000, 10)
        large = site(Path(scratch) / "large", given.events, given.releases)
        lines = [
            f"where: 1,000 events of 10 releases against {given.events:,} events of {given.releases:,} releases",
            compare("in this process", answered, small, large, given.rounds),
            compare("whole command", commanded, small, large, given.rounds),
        ]
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
