"""What an outside auditor waits for: `audit verify` of a copy, beside `ledger verify` in the workspace.

    python benchmarks/audit/verify.py [--events 100000] [--releases 1000]

Prints a small table and keeps it in `verify.txt` beside this file. It asserts nothing: a clock belongs here. Both are
timed as whole commands, by the processor time of their processes.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from where.run import site

RESULT = Path(__file__).with_name("verify.txt")


def seconds(*words: str) -> float:
    """The processor time of a command that has to succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "ldmrelease", *words], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print and keep the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=100_000)
    arguments.add_argument("--releases", type=int, default=1000)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = site(Path(folder) / "workspace", asked.events, asked.releases)
        ledger, trust, text = (str(root / each) for each in ("ledger.db", "trust.yaml", "copy.jsonl"))
        os.environ["LDMRELEASE_WORKSPACE"] = str(root)
        rows = [("ledger verify, in the workspace", seconds("ledger", "verify"))]
        subprocess.run([sys.executable, "-m", "ldmrelease", "ledger", "export", text], check=True)
        for name, copy in (("audit verify, a file", ledger), ("audit verify, an export", text)):
            rows.append((name, seconds("audit", "verify", copy, "--trust", trust)))
    lines = [f"{asked.events} events, {asked.releases} releases: seconds of processor time"]
    lines += [f"{name:34} {taken:8.2f}  {taken / rows[0][1]:5.2f} x" for name, taken in rows]
    print("\n".join(lines))
    RESULT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
