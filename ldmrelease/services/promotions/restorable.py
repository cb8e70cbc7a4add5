"""What a restore may put back: what was admitted at the place, or seen to run there by an observation that counts.

What the journal says that was there is a witness of nothing: somebody may have put it there past every decision,
right before the promotion began. Before the first receipt, observations are all that there is. At a place of which
nothing is known at all, the claim is the first that saw it: what it found there is put back.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.release import Release
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.domain.times import spell
from ldmrelease.projections.naming import NamedBy
from ldmrelease.registry.errors import RegistryError
from ldmrelease.services.acts.held_images import HeldImages
from ldmrelease.services.acts.holds import known_holds
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observations import counted_observations
from ldmrelease.services.inventory.where import PlaceComponent
from ldmrelease.services.promotions import writes
from ldmrelease.services.promotions.work import Work
from ldmrelease.services.releases.components import ProductComponent, components_of, resolve
from ldmrelease.targets import registry
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.targets.results import Refusal

NEVER_ADMITTED = "never-admitted"
HELD = "held"


def restore_refusal(work: Work) -> Refusal | Unavailable | None:
    """Why what was there before is not put back, with the releases that may be rolled back to; None where it may be.

    `held`: it was recalled since, or nobody can tell whether it was. `never-admitted`: nothing says that it may run
    there. Where nothing of ours was written, there is nothing to say.
    """
    planned = writes.snapshots(work)
    if not isinstance(planned, tuple):
        return planned
    before, after = (registry.stated(work.application.target, each) for each in planned)
    if isinstance(before, Refusal) or isinstance(after, Refusal):
        return None
    stays = {_key(each) for each in after}
    back = [each for each in before if each.alias is None and _key(each) not in stays]
    try:
        images = list(_images(work, back))
    except RegistryError as error:
        return error.unavailable
    held = _held(work, images)
    if held is not None:
        return held
    unknown = [] if _is_first_contact(work) else list(_never_admitted(work, images))
    if not unknown:
        return None
    return Refusal(NEVER_ADMITTED, {"found": unknown, "releases": _rollback_targets(work)})


def _key(setting: ImageSetting) -> tuple[str, str | None, str | None, str | None]:
    return setting.component, setting.tag, setting.digest, setting.invalid


class _BackImage(Struct, frozen=True):
    """An image that would be put back; `digest` is None where its tag names nothing any more."""

    setting: ImageSetting
    component: ProductComponent
    digest: str | None

    @property
    def spelling(self) -> str:
        return self.setting.tag or self.setting.digest or self.setting.invalid or "''"


def _images(work: Work, back: list[ImageSetting]) -> Iterator[_BackImage]:
    components = components_of(work.context.topology, work.application)
    for each in back:
        component = components.get(each.component)
        if component is not None:
            digest = each.digest or resolve(work.context.registries, component, each.tag)
            yield _BackImage(each, component, digest)


def _held(work: Work, images: Sequence[_BackImage]) -> Refusal | None:
    """That one of these was recalled, with the hold; a recall whose condition nobody can tell stops it, too."""
    now = work.context.now()
    recalls = HeldImages(work.context, (each for each in known_holds(work.context) if each.stands(now)))
    if not recalls.recalls:
        return None
    known = [each for each in images if each.digest is not None]
    found = recalls.of_rows(work.context, [_row(work, each) for each in known])
    for image, holds in zip(known, found, strict=True):
        for each in holds:
            hold = each.hold
            values = {
                "found": image.spelling,
                "hold": hold.id,
                "person": hold.person,
                "reason": hold.body.reason,
                "releases": _rollback_targets(work),
            }
            return Refusal(
                HELD, values if each.unknown is None else {**values, "unknown": each.unknown.reason}
            )
    return None


def _row(work: Work, image: _BackImage) -> PlaceComponent:
    """The image as it would be there again."""
    place, product, now = work.here.place, image.component.product, spell(work.context.now())
    pins = [each.body for each in work.context.pins.with_digest(image.digest or "")]
    pin = next((each for each in reversed(pins) if each.product == product), None)
    return PlaceComponent(
        place=place,
        level=work.application.level,
        product=product,
        component=image.component.source.name,
        digest=image.digest or "",
        spelling=image.spelling,
        release=f"{pin.product}/{pin.tag}" if pin is not None else None,
        named=NamedBy.IMAGE,
        since=now,
        last=now,
        state="wanted",
        aliases=(),
        promotion=None,
        allowed=None,
        revision=pin.revision if pin is not None else None,
    )


def _never_admitted(work: Work, images: Sequence[_BackImage]) -> Iterator[str]:
    known: dict[str, frozenset[str]] = {}
    for each in images:
        name = each.setting.component
        if name not in known:
            known[name] = _admitted(work, each.component) | _observed(work, each.component)
        if each.digest is None or not _digests(work, each.component, each.digest) & known[name]:
            yield each.spelling


def _is_first_contact(work: Work) -> bool:
    """Whether nobody had admitted or observed anything there when this promotion was asked for."""
    asked = next(iter(work.context.ledger.events(stream=promotion_stream(work.promotion)))).sequence
    seen = next(iter(counted_observations(work.context, work.here.place)), None)
    return (seen is None or seen.sequence > asked) and not _rollback_targets(work)


def _digests(work: Work, component: ProductComponent, digest: str) -> frozenset[str]:
    """All the digests by which an image is known."""
    pins = ImageNames(work.context).pins(component.product, component.source.name, digest)
    return frozenset({digest}).union(*(each.component.identity.digests() for each in pins))


def _admitted(work: Work, component: ProductComponent) -> frozenset[str]:
    """The images of the component that receipts admitted at the place."""
    names, now = ImageNames(work.context), work.context.ledger.head().size + 1
    found: set[str] = set()
    for each in names.settled(work.here.place, component.product, now):
        pin = work.context.pins.of_release(each.release)
        if pin is not None:
            release = canonical.decode(work.context.ledger.blob(pin.body.document), Release)
            part = release.component(component.source.name)
            found |= part.identity.digests() if part is not None else frozenset()
    return frozenset(found)


def _observed(work: Work, component: ProductComponent) -> frozenset[str]:
    """The images of the component that were seen to run at the place."""
    return frozenset(
        image.digest
        for seen in counted_observations(work.context, work.here.place)
        for image in seen.observation.images
        if image.component == component.source.name and image.digest and image.ready
    )


def _rollback_targets(work: Work) -> list[str]:
    """The releases that were admitted there before, the newest first."""
    now = work.context.ledger.head().size + 1
    settled = ImageNames(work.context).settled(work.here.place, work.plan.product, now)
    return list(dict.fromkeys(each.name for each in settled if each.promotion != work.promotion))
