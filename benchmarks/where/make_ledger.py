"""Make a ledger of any size, fast: releases are pinned one after the other and observed to run at places.

    python benchmarks/where/make_ledger.py LEDGER --events 100000 --releases 1000

Everything is signed and chained as `pin` and `observe` would do it; it is written in one transaction, so that
the file's size and not its durability costs the time. Each place runs every release for a while, in order;
with `--menu N` it keeps the last N of them at once.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.events.release import Pin
from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.topology import ComponentKind, Place
from ldmrelease.ledger import log
from ldmrelease.ledger.interface import Position
from ldmrelease.ledger.projecting import with_head
from ldmrelease.ledger.sqlite import rows, schema, states
from ldmrelease.ledger.sqlite.new_file import created
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.trust.records import sign_record
from ldmrelease.trust.signer import Signer, generate, load_signer

START = datetime(2023, 1, 1, tzinfo=UTC)
PLACES = tuple(
    Place(environment, application)
    for environment in ("usdfdev", "base", "summit")
    for application in ("nublado", "prompt-processing")
)
COMPONENTS = ("lab", "processing", "tools")
UUID = "00000000-0000-4000-8000-000000000000"


def digest(*parts: object) -> str:
    """A digest of its own for each thing."""
    return canonical.digest("/".join(map(str, parts)).encode())


def tag(number: int) -> str:
    """The weeklies of long years."""
    return f"w.{2023 + number // 52}.{number % 52 + 1:02d}"


def listing(number: int, products: int, *, versions: bool) -> bytes:
    """The EUPS list of a release: the commits of its products, or their versions."""
    names = (f"product_{each:03d}" for each in range(products))
    told = f"{26 + number // 500}.0.{number % 500}"
    lines = (f"{each} {told if versions else digest(each, number)[7:47]}\n" for each in names)
    return "".join(lines).encode()


def document(number: int, products: int = 0) -> bytes:
    """What one release is."""
    parts = tuple(
        Component(name, ComponentKind.IMAGE, f"oci:images/{name}", tag(number), digest(name, number))
        for name in COMPONENTS
    )
    content = canonical.digest(listing(number, products, versions=False)) if products else None
    return canonical.encode(Release("stack", tag(number), "weekly", parts, (), content))


def pin(number: int, products: int = 0) -> NewEvent:
    """The pin of one release."""
    act = Pin(
        product="stack",
        tag=tag(number),
        digest=digest("release", number),
        document=canonical.digest(document(number, products)),
        revision=1,
        complete=True,
        content=canonical.digest(listing(number, products, versions=False)) if products else None,
        time=START,
        digests=tuple(digest(component, number) for component in COMPONENTS),
        versions=canonical.digest(listing(number, products, versions=True)) if products else None,
    )
    return new_event(act)


def observation(place: Place, numbers: range, at: datetime) -> NewEvent:
    """These releases, seen to run at a place."""
    images = tuple(
        ObservedImage("stack", name, digest(name, number), tag(number), True)
        for number in numbers
        for name in COMPONENTS
    )
    act = Observation(place, at, "committed", f"{numbers[-1]:040x}", images)
    return new_event(act)


def events(
    count: int, releases: int, menu: int, places: Sequence[Place] = PLACES, products: int = 0
) -> Iterator[tuple[datetime, NewEvent]]:
    """The pins, and then observations of all places every hour."""
    for number in range(releases):
        yield START, pin(number, products)
    rounds = -(-(count - releases) // len(places))
    for index in range(count - releases):
        hour, where = divmod(index, len(places))
        newest = hour * releases // rounds
        at = START + timedelta(hours=hour)
        yield at, observation(places[where], range(max(0, newest - menu + 1), newest + 1), at)


def make(
    path: Path,
    *,
    count: int,
    releases: int,
    menu: int,
    observer: Signer,
    pinner: Signer,
    places: Sequence[Place] = PLACES,
    products: int = 0,
) -> None:
    """Write the ledger; `count` is of all its events, the first among them; `products` are those of each EUPS list."""
    versions: dict[str, int] = {}

    def sign(there: Position, body: Any) -> Mapping[str, Any]:
        return sign_record(there, body, pinner if isinstance(body, Pin) else observer)

    projectors = with_head(PROJECTORS)
    with created(path) as connection, connection.writing() as tables:
        schema.create_tables(tables, UUID)
        row = log.first(UUID, {"schema": schema.SCHEMA}, at=START, actor="context")
        genesis = row.hash
        rows.insert(tables, row)
        states.maintain(tables, projectors, log.checked(UUID, row))
        for number in range(releases):
            lists = [listing(number, products, versions=each) for each in (False, True)] if products else []
            for said in (document(number, products), *lists):
                rows.insert_blob(tables, canonical.digest(said), said)
        for at, new in events(count - 1, releases, menu, places, products):
            versions[new.stream] = version = versions.get(new.stream, 0) + 1
            row = log.link(
                new, row, ledger=UUID, genesis=genesis, version=version, at=at, actor="context", sign=sign
            )
            rows.insert(tables, row)
            states.maintain(tables, projectors, log.checked(UUID, row))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--releases", type=int, default=10)
    parser.add_argument("--menu", type=int, default=1)
    parser.add_argument("--key", type=Path, help="the private key that signs; otherwise a new one")
    given = parser.parse_args()
    if given.events <= given.releases:
        parser.error("more events than releases are needed")
    signer = load_signer(given.key) if given.key else generate()
    make(
        given.ledger,
        count=given.events,
        releases=given.releases,
        menu=given.menu,
        observer=signer,
        pinner=signer,
    )


if __name__ == "__main__":
    main()
