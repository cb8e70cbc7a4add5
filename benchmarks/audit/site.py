"""`site build` of 5,000 releases, built, built again unchanged, and built again with one new event, in one run.

    PYTHONPATH=. python benchmarks/audit/site.py [--releases 5000] [--days 180] [--rounds 3]

The releases were pinned over ten years; at the end of them every place was observed twice a day, and had another
release each week. Prints, and writes beside it, the processor time of the whole process, the files and bytes that were
written, and the ratios to the first build. The event is an observation of one place, as `observe` makes it.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "where"))

import make_ledger

from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.topology import Place
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.context import open_context
from ldmrelease.services.inventory.observations import latest_observation
from ldmrelease.trust.records import sign_record
from ldmrelease.trust.signer import load_signer

RESULT = Path(__file__).with_name("site.txt")


class Built(NamedTuple):
    """A build: milliseconds of processor time and of the clock, megabytes at most, and what the command said."""

    work: float
    clock: float
    memory: float
    told: dict[str, Any]


YEARS = timedelta(days=3650)
TWICE_A_DAY = timedelta(hours=12)
WEEK = 14
"""Observations of a place in a week."""


def history(releases: int, days: int, places: Sequence[Place]) -> Iterator[tuple[datetime, NewEvent]]:
    """Pins over ten years, and observations at the end of them."""
    end = make_ledger.START + YEARS
    told = [(make_ledger.START + YEARS * number / releases, -1, number) for number in range(releases)]
    told += [(end - TWICE_A_DAY * look, look, -1) for look in range(days * 2)]
    for at, look, number in sorted(told):
        moment = at.replace(microsecond=0)
        if number >= 0:
            yield moment, make_ledger.pin(number)
            continue
        for place in places:
            newest = releases - 1 - look // WEEK
            yield moment, make_ledger.observation(place, range(newest, newest + 1), moment)


def workspace(folder: Path, releases: int, days: int) -> Path:
    """The sample of the observatory, with that history."""
    init_workspace(folder, "rubin", make_ledger.START)
    places = [
        each.place
        for each in load_workspace(folder / "ldmrelease.yaml").topology.applications
        if each.components("stack")
    ]
    observer, pinner = (load_signer(folder / "keys" / f"{name}.pem") for name in ("observer", "me"))
    for each in folder.glob("ledger.db*"):
        each.unlink()
    # The chain, the signatures and the file are those of the other benchmarks.
    make_ledger.events = lambda *_: history(releases, days, places)
    make_ledger.make(
        folder / "ledger.db",
        count=0,
        releases=releases,
        menu=1,
        observer=observer,
        pinner=pinner,
        places=places,
    )
    return folder


def observed_again(folder: Path) -> None:
    """One more event: what the place saw last is seen once more, a minute after the last event."""
    context = open_context(load_workspace(folder / "ldmrelease.yaml"))
    place = next(each.place for each in context.topology.applications if each.components("stack"))
    latest = latest_observation(context, place)
    last = context.ledger.get(context.ledger.head().size)
    assert latest is not None
    assert last is not None
    context.ledger.close()
    at = last.time + timedelta(minutes=1)
    seen = latest.observation.__class__(
        **{
            **{name: getattr(latest.observation, name) for name in latest.observation.__struct_fields__},
            "time": at,
        }
    )
    signer = load_signer(folder / "keys" / "observer.pem")
    with open_ledger(folder / "ledger.db", projectors=PROJECTORS) as ledger:
        ledger.append(
            [new_event(seen)], at=at, actor="ops", sign=lambda there, body: sign_record(there, body, signer)
        )


def build(folder: Path, site: Path) -> Built:
    """The whole command."""
    command = [
        sys.executable,
        "-m",
        "ldmrelease",
        "-C",
        str(folder),
        "site",
        "build",
        str(site),
        "-o",
        "json",
    ]
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Built(
        work * 1000, (time.perf_counter() - clock) * 1000, after.ru_maxrss / 1024, json.loads(done.stdout)
    )


def line(name: str, found: list[Built], whole: float) -> str:
    """The medians of some builds."""
    work = statistics.median(each.work for each in found)
    clock = statistics.median(each.clock for each in found)
    told = found[-1].told
    return (
        f"{name:<28} {work:9.0f} ms of work {clock:9.0f} ms {work / whole:6.2f} of a build  "
        f"{told['written']:6,} of {told['files']:,} files, {told['written_bytes']:11,} of {told['bytes']:,} bytes"
    )


def main() -> None:
    """Make the workspace, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--releases", type=int, default=5000)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = workspace(Path(scratch) / "workspace", given.releases, given.days)
        first, same, one = [], [], []
        for number in range(given.rounds):
            site = Path(scratch) / f"site-{number}"
            first.append(build(folder, site))
            same.append(build(folder, site))
            observed_again(folder)
            one.append(build(folder, site))
        whole = statistics.median(each.work for each in first)
        lines = [
            f"site build: {given.releases:,} releases, {given.days} days of observations",
            line("built", first, whole),
            line("again, nothing changed", same, whole),
            line("again, one new event", one, whole),
        ]
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
