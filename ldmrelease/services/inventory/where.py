"""Which release runs where, since when, and why it was allowed: one signed observation for each place."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.inventory.observations import latest_observation
from ldmrelease.services.inventory.receipts import latest_admission
from ldmrelease.services.known_pins import KnownPins, name_of
from ldmrelease.services.needs import ReleaseHistory


class PlaceComponent(Struct, frozen=True):
    """An image at a place. `state` is `committed` or `running`, or why it does not run (`scaled-to-zero`,
    `scheduled`, `progressing`, `degraded`, ...); `unobserved` where nobody has looked lately.

    `release` is `product/tag` where a pin knows the digest; `promotion` and `allowed` (a time) say why it
    was admitted, and are None for what came there by another way.
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


def where(context: ReleaseHistory, *, now: datetime) -> Iterator[PlaceComponent | UnobservedPlace]:
    """Every place with what it runs, in the order of the workspace: what its newest observation that counts says."""
    for application in context.topology.applications:
        seen = latest_observation(context, application.place)
        if seen is None:
            yield UnobservedPlace(application.place, application.level)
            continue
        images: dict[tuple[str, str, str], ObservedImage] = {}
        for each in seen.images:
            images.setdefault((each.product, each.component, each.digest), each)
        told = [_running(context, application, seen, each, now) for each in images.values()]
        yield from sorted(told, key=lambda each: (each.product, each.component, each.since, each.digest))


def release_name(pins: KnownPins, digest: str | None) -> str | None:
    """`product/tag` of a release's digest, None where no pin has it."""
    found = pins.of_release(digest) if digest else None
    return name_of(found.body) if found is not None else None


def _running(
    context: ReleaseHistory, application: Application, seen: Observation, image: ObservedImage, now: datetime
) -> PlaceComponent:
    entered = latest_admission(context, application.place, image.release) if image.release else None
    return PlaceComponent(
        place=application.place,
        level=application.level,
        product=image.product,
        component=image.component,
        digest=image.digest,
        spelling=image.spelling,
        release=release_name(context.pins, image.release),
        since=spell(image.since or seen.time),
        last=spell(seen.time),
        state=_state(seen, image, now),
        aliases=tuple(name for name, tag in sorted(seen.aliases.items()) if tag == image.spelling),
        promotion=entered.promotion if entered else None,
        allowed=spell(entered.time) if entered else None,
    )


def _state(seen: Observation, image: ObservedImage, now: datetime) -> str:
    if now - seen.time > timedelta(seconds=seen.every):
        return "unobserved"
    return image.state or ("committed" if seen.basis == "committed" else "running")
