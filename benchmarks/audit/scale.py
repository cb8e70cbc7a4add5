"""`where`, `where --at` and `history` of one application at 10,000 events and at 1,000,000, whole processes in one run.

    PYTHONPATH=. python benchmarks/audit/scale.py [--events 1000000] [--rounds 9] [--folder DIR] [--keep]

Fifty environments for ten years, each event signed and chained as `pin` and `observe` make it, the index signed every
2,048 events. Both ledgers are of one workspace and tell of the same deployments: the large one has a hundred times as
many observations of them. With `--folder` the ledgers are made there, and kept with `--keep`; a kept one is used again.
They take 2 GB.

Prints, and writes beside it, the median of processor time and of wall time, and the ratios pair by pair.
"""

import argparse
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.domain import canonical
from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.place import Observation, ObservedImage, UnbrokenRow
from ldmrelease.domain.events.registry import new_event, type_of_body
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import ComponentKind, Place
from ldmrelease.ledger import log
from ldmrelease.ledger.index.ledger_index import IndexBuilder
from ldmrelease.ledger.index.merkle_pages import Pages
from ldmrelease.ledger.interface import EventRow, Position
from ldmrelease.ledger.projecting import Rebuilding, with_head
from ldmrelease.ledger.sqlite import index_pages, rows, schema, states
from ldmrelease.ledger.sqlite.new_file import created
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.context import INDEX_EVERY
from ldmrelease.trust.records import sign_record
from ldmrelease.trust.signer import Signer, load_signer

START, YEARS = datetime(2023, 1, 1, tzinfo=UTC), timedelta(days=3650)
UUID = "00000000-0000-4000-8000-000000000000"
ENVIRONMENTS, SEPARATE = 50, "site"
RELEASES, DEPLOYMENTS = 100, 10
APPLICATION = f"{SEPARATE}07/ocps"
RESULT = Path(__file__).with_name("scale.txt")
GOAL = 1.5
AT_ONCE = 20_000


class Size(NamedTuple):
    """A ledger of so many events; each place has so many deployments in its ten years."""

    name: str
    events: int
    deployments: int


def digest(*parts: object) -> str:
    """A digest of its own for each thing."""
    return canonical.digest("/".join(map(str, parts)).encode())


def tag(number: int) -> str:
    """The weeklies of long years."""
    return f"w.{2023 + number // 52}.{number % 52 + 1:02d}"


def workspace(folder: Path) -> None:
    """The sample of the observatory with more sites, fifty environments in all."""

    def more(text: str) -> str:
        there = text.count("    level: ")
        lines = [text.rstrip()]
        for number in range(ENVIRONMENTS - there):
            name = f"{SEPARATE}{number:02d}"
            target = f"{{repository: gitops, file: values-{name}.yaml, settings: [{_SETTING}]}}"
            lines.append(f"  {name}:\n    level: development\n    applications:\n      ocps:")
            lines.append(f"        runs: [stack/scipipe]\n        target:\n          gitops: {target}")
        return "\n".join(lines) + "\n"

    init_workspace(folder, "rubin", START, change=more)


_SETTING = "{component: stack/scipipe, path: image.tag, writes: tag}"


class Chain:
    """Events one behind the other, signed, with their index and the states of all projections."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self.connection = connection
        self.keys = {
            name: load_signer(folder / "keys" / f"{name}.pem") for name in ("me", "observer", "ledger")
        }
        self.versions: dict[str, int] = {}
        self.index = IndexBuilder(Pages(lambda _: None))
        self.states = Rebuilding(with_head(PROJECTORS))
        schema.create_tables(connection, UUID)
        self.row = log.first(UUID, {"schema": schema.SCHEMA}, at=START, actor="benchmark")
        self.genesis = self.row.hash
        self._take(self.row)

    def key_of(self, body: Any) -> Signer:
        """The key that signs a body."""
        return self.keys[type_of_body(type(body)).purpose]

    def sign(self, there: Position, body: Any) -> Mapping[str, Any]:
        """The envelope of a body."""
        return sign_record(there, body, self.key_of(body))

    def append(self, at: datetime, new: NewEvent) -> None:
        """One more; behind so many the index is signed."""
        self._link(at, new)
        if self.index.size - self._signed >= INDEX_EVERY:
            self._link(at, new_event(self.index.roots()))
            self._signed = self.index.size

    _signed = 0

    def _link(self, at: datetime, new: NewEvent) -> None:
        self.versions[new.stream] = version = self.versions.get(new.stream, 0) + 1
        self._take(
            log.link(
                new,
                self.row,
                ledger=UUID,
                genesis=self.genesis,
                version=version,
                at=at,
                actor="benchmark",
                sign=self.sign,
            )
        )

    def _take(self, row: EventRow) -> None:
        self.row = row
        rows.insert(self.connection, row)
        self.index.take(row)
        self.states.pass_by(row.sequence, row.hash)
        if self.states.concerns(row.kind):
            self.states.take(log.read(UUID, row))
        if row.sequence % AT_ONCE == 0:
            # Not all in one transaction: the file's log would be as large as the file.
            self.connection.execute("COMMIT")
            self.connection.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        """Keep what is beside the events. The pages are those of the latest signed index."""
        states.replace_all(self.connection, self.states.stored())
        index_pages.keep_anew(self.connection, self.index.pages)


def make(folder: Path, path: Path, size: Size, places: tuple[Place, ...]) -> None:
    """Write a ledger: the releases are pinned, and then all places are observed at even intervals."""
    with created(path) as connection, connection.writing() as tables:
        chain = Chain(tables, folder)
        for number in range(RELEASES):
            document = canonical.encode(_release(number))
            rows.insert_blob(tables, canonical.digest(document), document)
            chain.append(START, new_event(_pin(number)))
        looks = (size.events - RELEASES) // len(places)
        every = YEARS / looks
        before: dict[Place, tuple[int, Observation]] = {}
        for look in range(looks):
            at = START + timedelta(seconds=int((every * look).total_seconds()))
            for place in places:
                seen = _observed(chain, place, at, look * size.deployments // looks, before.get(place), every)
                chain.append(at, new_event(seen))
                # The index may have been signed behind it.
                sequence = chain.row.sequence - (chain.row.stream == "checkpoints")
                before[place] = sequence, seen
        chain.end()


def _release(number: int) -> Release:
    part = Component(
        "scipipe", ComponentKind.IMAGE, "oci:images/scipipe", f"al9-{tag(number)}", digest(number)
    )
    return Release("stack", tag(number), "weekly", (part,), (), None)


def _pin(number: int) -> Pin:
    return Pin(
        product="stack",
        tag=tag(number),
        digest=digest("release", number),
        document=canonical.digest(canonical.encode(_release(number))),
        revision=1,
        complete=True,
        content=None,
        time=START,
        digests=(digest(number),),
    )


def _observed(
    chain: Chain,
    place: Place,
    at: datetime,
    number: int,
    before: tuple[int, Observation] | None,
    every: timedelta,
) -> Observation:
    """As `observe` writes it down."""
    image = ObservedImage("stack", "scipipe", digest(number), f"al9-{tag(number)}", True)
    seen = Observation(
        place, at, "committed", f"{number:040x}", (image,), every=int(every.total_seconds()) + 60
    )
    if before is None or not before[1].saw_the_same(seen):
        return replace(seen, images=(replace(image, since=at),))
    sequence, last = before
    first = last.row.first if last.row is not None else sequence
    same = replace(image, since=last.images[0].since, first=last.images[0].first or sequence)
    key = chain.keys["observer"].keyid
    position = chain.versions[f"environment/{place}"]
    return replace(seen, images=(same,), row=UnbrokenRow(first, position, key))


def places_of(folder: Path) -> tuple[Place, ...]:
    """Those that run one component: the others have menus."""
    topology = load_workspace(folder / "ldmrelease.yaml").topology
    return tuple(each.place for each in topology.applications if each.components("stack") == ("scipipe",))


def spent() -> float:
    """Seconds of processor time of those that this process has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(folder: Path, ledger: Path, words: tuple[str, ...]) -> tuple[float, float, str]:
    """Milliseconds of processor and of wall time of a whole command, and what it printed."""
    link = folder / "ledger.db"
    link.unlink(missing_ok=True)
    for suffix in ("-wal", "-shm"):
        link.with_name(link.name + suffix).unlink(missing_ok=True)
    link.symlink_to(ledger)
    command = [
        sys.executable,
        "-m",
        "ldmrelease.faces.cli.main",
        "-C",
        str(folder),
        *words,
        "--output",
        "json",
    ]
    begun, started = spent(), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took = (spent() - begun) * 1000, (time.monotonic() - started) * 1000
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return *took, done.stdout


def compare(
    name: str, folder: Path, small: Path, large: Path, words: tuple[str, ...], rounds: int
) -> Iterator[str]:
    """Median of each and of the ratios, pair by pair."""
    run(folder, small, words), run(folder, large, words)
    pairs = [(run(folder, small, words), run(folder, large, words)) for _ in range(rounds)]
    lines = [answered(each[2]) for each in pairs[0]]
    for what, at in (("cpu", 0), ("wall", 1)):
        ratio = statistics.median(there[at] / here[at] for here, there in pairs)
        few, many = (statistics.median(each[at] for each in side) for side in zip(*pairs, strict=True))
        met = "" if what == "wall" else f"   {'within' if ratio <= GOAL else 'ABOVE'} {GOAL}"
        yield (
            f"{name:34} {what:4} {few:8.1f} ms ({lines[0]} rows) {many:8.1f} ms ({lines[1]} rows)"
            f"   ratio {ratio:5.2f}{met}"
        )


def answered(text: str) -> int:
    """How many rows an answer has."""
    found = json.loads(text)
    rows = (
        found
        if isinstance(found, list)
        else max((each for each in found.values() if isinstance(each, list)), key=len)
    )
    return len(rows)


def main() -> None:
    """Make the ledgers, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    root = given.folder or Path(tempfile.mkdtemp(prefix="scale-"))
    folder = root / "site"
    try:
        if not folder.exists():
            root.mkdir(parents=True, exist_ok=True)
            workspace(folder)
            (folder / "ledger.db").unlink(missing_ok=True)
        places = places_of(folder)
        sizes = [
            Size("small", 10_000, DEPLOYMENTS),
            Size("large", given.events, DEPLOYMENTS),
        ]
        made = {each.name: root / f"{each.name}-{each.events}.db" for each in sizes}
        for each in sizes:
            if not made[each.name].exists():
                begun = time.monotonic()
                make(folder, made[each.name], each, places)
                print(f"made {each.events:,} events in {time.monotonic() - begun:.0f} s", file=sys.stderr)
        small, large = made["small"], made["large"]
        size = large.stat().st_size / 1e9
        at = ("--at", spell(START + YEARS / 3))
        lines = [
            f"{ENVIRONMENTS} environments, {len(places)} places observed, {DEPLOYMENTS} deployments each in ten years: "
            f"10,000 events against {given.events:,} ({size:.2f} GB)"
        ]
        for name, words in (
            ("where, all places", ("where",)),
            ("where, one application", ("where", "--target", APPLICATION)),
            ("where --at, one application", ("where", "--target", APPLICATION, *at)),
            ("history, one application", ("history", APPLICATION)),
        ):
            lines += compare(name, folder, small, large, words, given.rounds)
        print("\n".join(lines))
        RESULT.write_text("\n".join(lines) + "\n")
    finally:
        if not given.keep:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parents[2]))
    main()
