"""Which release runs where, since when, and why it was allowed: one signed observation for each place."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.site_registry import FOREIGN_IMAGE, ForeignImage
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application, Place
from ldmrelease.projections.naming import NamedBy
from ldmrelease.services.inventory.image_names import ImageNames, spelling_of
from ldmrelease.services.inventory.observations import PlaceObservation, latest_observation
from ldmrelease.services.needs import ReleaseHistory

UNOBSERVED = "unobserved"
"""The state where nobody has looked soon enough to say."""


class PlaceComponent(Struct, frozen=True):
    """An image at a place. `state` is `committed` or `running`, or why it does not run (`scaled-to-zero`,
    `scheduled`, `progressing`, `degraded`, `not-a-tag`, `foreign-image`, ...); `unobserved` where nobody has looked
    lately.

    `release` is `product/tag` where it has a name, `revision` the number of its pin, and `rebuilt` whether the tag has
    others with other images; `named` says how the name was found; `promotion` and `allowed`
    (a time) say why it was admitted, and are None for what came there by another way. `under_way` is the promotion that
    brought it and has not ended. `found`: that promotion went back to what nobody had decided about there. `foreign` is
    where another repository is named there than the component's. Of a time in the past, `next` is when somebody looked
    there next, and `gone` says that the image was not there any more: it went at some time between `last` and then.
    """

    place: Place
    level: str
    product: str
    component: str
    digest: str
    spelling: str
    release: str | None
    named: NamedBy
    since: str
    last: str
    state: str
    aliases: tuple[str, ...]
    promotion: str | None
    allowed: str | None
    under_way: str | None = None
    found: bool = False
    foreign: ForeignImage | None = None
    revision: int | None = None
    rebuilt: bool = False
    next: str | None = None
    gone: bool = False


class UnobservedPlace(Struct, frozen=True):
    """A place that nobody has observed yet, or not before the time that is meant: then `next` is when somebody did."""

    place: Place
    level: str
    next: str | None = None


PlaceRow = PlaceComponent | UnobservedPlace


def where(
    context: ReleaseHistory, *, now: datetime, applications: Iterable[Application] | None = None
) -> Iterator[PlaceRow]:
    """Every place, or those of these applications, with what it runs: what its newest observation that counts says."""
    names = ImageNames(context)
    for application in context.topology.applications if applications is None else applications:
        latest = latest_observation(context, application.place)
        if latest is None:
            yield UnobservedPlace(application.place, application.level)
            continue
        spoken = now - latest.observation.time <= timedelta(seconds=latest.observation.every)
        yield from components_seen(names, application, latest, spoken=spoken)


def image_key(image: ObservedImage) -> str:
    """What tells images of a component at a place apart: the digest, or what stands there without one."""
    return image.digest or image.spelling


def components_seen(
    names: ImageNames, application: Application, seen: PlaceObservation, *, spoken: bool
) -> list[PlaceComponent]:
    """What an observation saw, named; `spoken` says that it speaks for the time that is meant."""
    images: dict[tuple[str, str, str], ObservedImage] = {}
    for each in seen.observation.images:
        images.setdefault((each.product, each.component, image_key(each)), each)
    told = [_running(names, application, seen, each, spoken=spoken) for each in images.values()]
    return sorted(told, key=lambda each: (each.product, each.component, each.since, each.digest))


def _running(
    names: ImageNames,
    application: Application,
    latest: PlaceObservation,
    image: ObservedImage,
    *,
    spoken: bool,
) -> PlaceComponent:
    seen = latest.observation
    named = names.of_observed(application.place, image, latest.sequence)
    spelled = names.spelled(image.product, image.component, image.spelling)
    let_in = named.admission
    return PlaceComponent(
        place=application.place,
        level=application.level,
        product=image.product,
        component=image.component,
        digest=image.digest,
        spelling=spelling_of(named, image.digest, image.spelling, spelled),
        release=named.release,
        named=named.by,
        since=spell(image.since or seen.time),
        last=spell(seen.time),
        state=_state(seen, image) if spoken else UNOBSERVED,
        aliases=tuple(name for name, tag in sorted(seen.aliases.items()) if tag == image.spelling),
        promotion=let_in.promotion if let_in is not None and let_in.time is not None else None,
        allowed=spell(let_in.time)
        if let_in is not None and let_in.time is not None and not let_in.found
        else None,
        found=let_in is not None and let_in.found,
        under_way=let_in.promotion
        if let_in is not None and let_in.time is None and let_in.end is None
        else None,
        foreign=image.foreign,
        revision=named.revision,
        rebuilt=names.is_rebuilt(named.release),
    )


def _state(seen: Observation, image: ObservedImage) -> str:
    if image.foreign is not None:
        return FOREIGN_IMAGE
    return image.state or ("committed" if seen.basis == "committed" else "running")
