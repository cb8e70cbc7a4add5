"""Which release runs where, since when, and why it was allowed: from projections, without a scan of events."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ldmrelease.audit.residences import PROJECTION, place_key
from ldmrelease.domain.places import Application, Place
from ldmrelease.domain.times import instant
from ldmrelease.services.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Running:
    """An image at a place. `state` is `committed` or `running`, or `unobserved` where nobody has looked lately.

    `release` is `product/tag` where a pin knows the digest; `promotion` and `decision` say why it was
    allowed, and are None for what came there by another way.
    """

    place: Place
    level: str
    product: str
    component: str
    digest: str
    spelling: str
    release: str | None
    since: str
    last: str
    state: str
    aliases: tuple[str, ...]
    promotion: str | None
    allowed: str | None


@dataclass(frozen=True, slots=True)
class Unseen:
    """A place that nobody has observed yet."""

    place: Place
    level: str


def where(bench: Workbench, *, now: datetime) -> Iterator[Running | Unseen]:
    """Every place with what it runs, in the order of the workspace."""
    for application in bench.world.applications:
        latest = bench.ledger.state(PROJECTION, place_key(application.place))
        if latest is None:
            yield Unseen(application.place, application.level)
            continue
        yield from _running(bench, application, latest, now)


def _running(
    bench: Workbench, application: Application, latest: dict[str, Any], now: datetime
) -> Iterator[Running]:
    place = application.place
    seen = bench.ledger.state(PROJECTION, place_key(place).replace("place/", "seen/", 1)) or {}
    state = "unobserved"
    if now - instant(latest["time"]) <= timedelta(seconds=latest["every"]):
        state = "committed" if latest["basis"] == "committed" else "running"
    found = [bench.ledger.state(PROJECTION, key) for key in seen.get("residences", [])]
    for each in sorted((one for one in found if one), key=_menu_order):
        yield _one(bench, application, latest, each, state)


def _menu_order(residence: dict[str, Any]) -> tuple[str, str, str]:
    return residence["product"], residence["component"], residence["spelling"]


def _one(
    bench: Workbench, application: Application, latest: dict[str, Any], each: dict[str, Any], state: str
) -> Running:
    release = each["release"]
    names = bench.ledger.state("digests", release) if release else None
    receipt = bench.ledger.state("receipts", f"{application.place}/{release}") if release else None
    aliases = tuple(name for name, tag in latest["aliases"].items() if tag == each["spelling"])
    return Running(
        place=application.place,
        level=application.level,
        product=each["product"],
        component=each["component"],
        digest=each["digest"],
        spelling=each["spelling"],
        release=names[-1] if names else None,
        since=each["first"],
        last=each["last"],
        state=state,
        aliases=aliases,
        promotion=receipt["promotion"] if receipt else None,
        allowed=receipt["time"] if receipt else None,
    )
