"""Fuzz all readers, one after the other: `python -m tests.fuzz --seconds 60 [--seed 1] [--keep FOLDER] [READER ...]`.

Exit 1 where a reader raised, took more memory or time than it may; what it was given is kept in the folder.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.readers import FuzzedReader, readers

LONGEST = 65_536
"""Bytes of an input."""
MEMORY = 2_048
"""Megabytes that a reader may take, Python and its own in it."""
PATIENCE = 10
"""Seconds that one input may take."""


def main() -> int:
    """Fuzz the readers that are named, else all."""
    known = readers()
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("--seconds", type=int, default=60, help="for each reader")
    asked.add_argument(
        "--seed", type=int, default=1, help="the same one makes the same inputs; 0: another each time"
    )
    asked.add_argument("--keep", type=Path, help="where inputs are kept, and found again")
    asked.add_argument("readers", nargs="*", metavar="READER", help=", ".join(known))
    given = asked.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not there: `make fuzz` brings it", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder:
        keep = given.keep or Path(folder)
        found = [each for each in given.readers or known if not _fuzz(each, known[each], keep, given)]
    print(f"{len(given.readers or known)} readers, findings in: {', '.join(found) or 'none'}")
    return 1 if found else 0


def _fuzz(name: str, reader: FuzzedReader, keep: Path, given: argparse.Namespace) -> bool:
    """Whether nothing was found; one line is told."""
    corpus, findings = keep / name, keep / "findings"
    for each in (corpus, findings):
        each.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(reader.samples):
        (corpus / f"sample-{number}").write_bytes(sample)
    words = keep / f"{name}.dict"
    words.write_text("".join(f'"{_escaped(each)}"\n' for each in reader.words))
    ran = subprocess.run(
        [
            sys.executable, "-m", "tests.fuzz.one_reader", name, str(corpus), f"-max_total_time={given.seconds}",
            f"-seed={given.seed}", f"-max_len={LONGEST}", f"-rss_limit_mb={MEMORY}", f"-timeout={PATIENCE}",
            f"-dict={words}", f"-artifact_prefix={findings}/{name}-", "-print_final_stats=1", "-verbosity=0",
        ],
        capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    runs = re.search(r"number_of_executed_units: *(\d+)", ran.stderr)
    peak = re.search(r"peak_rss_mb: *(\d+)", ran.stderr)
    kept = len(list(corpus.iterdir()))
    told = f"{runs[1] if runs else '?'} inputs, {kept} kept, at most {peak[1] if peak else '?'} MB"
    print(f"{name}: {told}{'' if ran.returncode == 0 else ': FOUND'}", flush=True)
    if ran.returncode != 0:
        print("\n".join(ran.stderr.splitlines()[-60:]), flush=True)
    return ran.returncode == 0


def _escaped(word: str) -> str:
    return "".join(c if c.isalnum() else f"\\x{ord(c):02x}" for c in word)


if __name__ == "__main__":
    sys.exit(main())
