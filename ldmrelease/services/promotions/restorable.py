"""What a restore may put back: what was admitted at the place, or seen to run there by an observation that counts.

What the journal says that was there is a witness of nothing: somebody may have put it there past every decision,
right before the promotion began. Before the first receipt, observations are all that there is. At a place of which
nothing is known at all, the claim is the first that saw it: what it found there is put back.
"""

from collections.abc import Iterator

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.release import Release
from ldmrelease.domain.streams import promotion_stream
from ldmrelease.registry.errors import RegistryError
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observations import counted_observations
from ldmrelease.services.promotions import writes
from ldmrelease.services.promotions.work import Work
from ldmrelease.services.releases.components import ProductComponent, components_of, resolve
from ldmrelease.targets import registry
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.targets.results import Refusal

NEVER_ADMITTED = "never-admitted"


def restore_refusal(work: Work) -> Refusal | Unavailable | None:
    """Why what was there before is not put back, with the releases that may be rolled back to; None where it may be.

    `never-admitted`: nothing says that it may run there. Where nothing of ours was written, there is nothing to say.
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
        unknown = list(_never_admitted(work, back))
    except RegistryError as error:
        return error.unavailable
    if not unknown:
        return None
    return Refusal(NEVER_ADMITTED, {"found": unknown, "releases": _rollback_targets(work)})


def _key(setting: ImageSetting) -> tuple[str, str | None, str | None, str | None]:
    return setting.component, setting.tag, setting.digest, setting.invalid


def _never_admitted(work: Work, back: list[ImageSetting]) -> Iterator[str]:
    components = components_of(work.context.topology, work.application)
    if _is_first_contact(work):
        return
    known: dict[str, frozenset[str]] = {}
    for each in back:
        component = components.get(each.component)
        if component is None:
            continue
        if each.component not in known:
            known[each.component] = _admitted(work, component) | _observed(work, component)
        digest = each.digest or resolve(work.context.registries, component, each.tag)
        if digest is None or not _digests(work, component, digest) & known[each.component]:
            yield each.tag or each.digest or each.invalid or "''"


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
