"""`where --having` over 50 environments and 1,000 releases: a question about EUPS products, in one run.

    python benchmarks/audit/having.py [--environments 50] [--releases 1000] [--products 150] [--rounds 9]

Prints, and writes beside it, what it takes as a whole command and in this process, and `where` without a question for
comparison: processor time, which others on the machine make hardly longer, and the clock's.
"""

import argparse
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "where"))

import make_ledger

from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.expressions.cel import Condition
from ldmrelease.registry.digest_cache import DigestCache
from ldmrelease.services.context import open_context
from ldmrelease.services.inventory.having import Holds, having, read_question
from ldmrelease.services.inventory.where import where
from ldmrelease.trust.signer import load_signer

RESULT = Path(__file__).with_name("having.txt")
QUESTION = 'version(products["product_007"]) < version("27.0.450") && "product_003" in commits'


def site(folder: Path, environments: int, releases: int, products: int) -> Path:
    """A workspace of so many environments, each with all releases one after another."""
    made = init_workspace(folder, "rubin", make_ledger.START)
    before, _, _ = made.file.read_text().partition("\nenvironments:\n")
    names = [f"site{number:03d}" for number in range(environments)]
    made.file.write_text(before + "\nenvironments:\n" + "".join(map(_environment, names)))
    trust = folder / "trust.yaml"
    agreed = "".join(f"  {name}/batch: development\n" for name in names)
    trust.write_text(
        re.sub(r"^environments:\n(?:[ #].*\n|\n)*", f"environments:\n{agreed}", trust.read_text(), flags=re.M)
    )
    places = [each.place for each in load_workspace(made.file).topology.applications]
    observer, pinner = (load_signer(folder / "keys" / f"{name}.pem") for name in ("observer", "me"))
    make_ledger.make(
        folder / "ledger.db",
        count=releases + environments * 40,
        releases=releases,
        menu=1,
        observer=observer,
        pinner=pinner,
        places=places,
        products=products,
    )
    return folder


def _environment(name: str) -> str:
    return f"""\
  {name}:
    level: development
    applications:
      batch:
        runs: [stack/scipipe]
        target:
          gitops:
            repository: gitops
            file: {name}.yaml
            settings:
              - {{component: stack/scipipe, path: image.tag, writes: tag}}
"""


def answered(folder: Path) -> None:
    """The question, with the ledger opened for it."""
    context = open_context(load_workspace(folder / "ldmrelease.yaml"))
    try:
        condition = read_question(QUESTION)
        assert isinstance(condition, Condition)
        last = context.ledger.get(context.ledger.head().size)
        assert last is not None
        rows = list(where(context, now=last.time + timedelta(minutes=30)))
        found = having(context, rows, condition, DigestCache(None), 10)
        assert found
        assert all(each.holds is not Holds.UNKNOWN for each in found), found[0]
    finally:
        context.ledger.close()


def commanded(*words: str) -> Callable[[Path], None]:
    """The whole command."""

    def act(folder: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "ldmrelease.faces.cli.main",
            "-C",
            str(folder),
            "where",
            *words,
            "-o",
            "json",
        ]
        done = subprocess.run(command, capture_output=True, check=False)
        # Nobody has looked since the ledger was made: what matched then is unknown now, after the same work.
        assert done.returncode in (0, 3), done.stderr

    return act


def timed(act: Callable[[Path], None], folder: Path) -> tuple[float, float]:
    """Milliseconds of processor time, of this process and of those that it has waited for; and of the clock."""
    begun, clock = spent(), time.perf_counter()
    act(folder)
    return (spent() - begun) * 1000, (time.perf_counter() - clock) * 1000


def spent() -> float:
    """Seconds of processor time so far."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def measured(name: str, act: Callable[[Path], None], folder: Path, rounds: int) -> str:
    """Medians."""
    told = [timed(act, folder) for _ in range(rounds)]
    work, clock = (statistics.median(each) for each in zip(*told, strict=True))
    return f"{name:<34} {work:8.1f} ms of work {clock:8.1f} ms"


def main() -> None:
    """Make the workspace, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--environments", type=int, default=50)
    parser.add_argument("--releases", type=int, default=1000)
    parser.add_argument("--products", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = site(Path(scratch) / "site", given.environments, given.releases, given.products)
        lines = [
            f"where --having: {given.environments} places, {given.releases:,} releases, {given.products} products",
            measured("in this process", answered, folder, given.rounds),
            measured("whole command", commanded("--having", QUESTION), folder, given.rounds),
            measured("whole command, without --having", commanded(), folder, given.rounds),
        ]
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
