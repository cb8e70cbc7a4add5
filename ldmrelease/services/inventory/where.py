"""Which release runs where, since when, and why it was allowed: from projections, without a scan of events."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application, Place
from ldmrelease.projections import observed
from ldmrelease.projections.residences import PROJECTION
from ldmrelease.services.context import Context
from ldmrelease.services.inventory.receipts import let_in
from ldmrelease.services.repository_scope import verified_observation


class PlaceComponent(Struct, frozen=True):
    """An image at a place. `state` is `committed` or `running`, or why it does not run (`idle`, `armed`, `rolling`,
    `troubled`, ...); `unobserved` where nobody has looked lately, `unsigned` where the latest observation does not
    count.

    `release` is `product/tag` where a pin knows the digest; `promotion` and `allowed` (a time) say why it
    was let in, and are None for what came there by another way.
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


class UnobservedPlace(Struct, frozen=True):
    """A place that nobody has observed yet."""

    place: Place
    level: str


def where(context: Context, *, now: datetime) -> Iterator[PlaceComponent | UnobservedPlace]:
    """Every place with what it runs, in the order of the workspace."""
    read = reader(context)
    latest = {each.place: each for each in observed.places_seen(read)}
    images: dict[Place, list[observed.ResidenceState]] = {}
    for residence in observed.residences_now(read):
        images.setdefault(residence.place, []).append(residence)
    for application in context.topology.applications:
        seen = latest.get(application.place)
        if seen is None:
            yield UnobservedPlace(application.place, application.level)
            continue
        state, told = _state(context, seen, now)
        for residence in images.get(application.place, []):
            own = told.get((residence.component, residence.digest), state)
            yield _running(context, application, seen, residence, own)


def reader(context: Context) -> Callable[[str], Mapping[str, Any]]:
    """Reads the states of the projection of what was observed, by the beginning of their keys."""
    return lambda prefix: context.ledger.states(PROJECTION, prefix)


def release_name(context: Context, digest: str | None) -> str | None:
    """`product/tag` of a release's digest, None where no pin has it."""
    names = context.ledger.state("digests", digest) if digest else None
    return names[-1] if names else None


def _running(
    context: Context,
    application: Application,
    latest: observed.Latest,
    image: observed.ResidenceState,
    state: str,
) -> PlaceComponent:
    entered = let_in(context, application.place, image.release) if image.release else None
    return PlaceComponent(
        place=application.place,
        level=application.level,
        product=image.product,
        component=image.component,
        digest=image.digest,
        spelling=image.spelling,
        release=release_name(context, image.release),
        since=spell(image.span.first),
        last=spell(image.span.last),
        state=state,
        aliases=tuple(name for name, tag in sorted(latest.aliases.items()) if tag == image.spelling),
        promotion=entered.promotion if entered else None,
        allowed=spell(entered.time) if entered else None,
    )


_States = dict[tuple[str, str], str]
"""By component and digest: why an image does not simply run."""


def _state(context: Context, latest: observed.Latest, now: datetime) -> tuple[str, _States]:
    opened = verified_observation(context, context.ledger.get(latest.sequence))
    if not isinstance(opened, Observation):
        return "unsigned", {}
    if not latest.speaks_for(now):
        return "unobserved", {}
    told = {(each.component, each.digest): each.state for each in opened.images if each.state is not None}
    return "committed" if latest.basis == "committed" else "running", told
