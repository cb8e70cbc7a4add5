"""The allow list: which digests may be created at a place. What promotions let in, and what runs there already.

Evidence that ages takes nothing off the list: whatever runs may start again. A hold takes off what only a promotion let
in, and what runs alone where its level says that a recall does so.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from ldmrelease.domain import canonical
from ldmrelease.domain.bundle import AllowedBecause, AllowedImage, BundleHold
from ldmrelease.domain.images import ImageIdentity
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Application
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observations import latest_observation
from ldmrelease.services.inventory.promotions import PromotionSummary
from ldmrelease.services.needs import ReleaseHistory

AT_WORK = frozenset({"running", "halting", "restoring"})
"""States of a promotion that is changing its places."""


def allowed_images(
    context: ReleaseHistory,
    names: ImageNames,
    application: Application,
    at_work: Iterable[PromotionSummary],
    holds: Collection[BundleHold] = (),
) -> tuple[AllowedImage, ...]:
    """What may be created at a place now, sorted; each digest once for each component. `at_work` are the promotions
    that have not ended.
    """
    found: dict[tuple[str, str], AllowedImage] = {}
    of_place = chain(
        _running(context, names, application),
        _admitted(context, names, application),
        _applying(context, application, at_work),
    )
    for each in of_place:
        found.setdefault((each.digest, each.component), each)
    return without_held(sorted(found.values()), holds)


def without_held(images: Iterable[AllowedImage], holds: Collection[BundleHold]) -> tuple[AllowedImage, ...]:
    """Those that no hold takes off the list."""
    by_digest: dict[str, list[BundleHold]] = defaultdict(list)
    for each in holds:
        by_digest[each.digest].append(each)
    return tuple(
        each for each in images if not any(_takes_off(hold, each) for hold in by_digest[each.digest])
    )


def _takes_off(hold: BundleHold, image: AllowedImage) -> bool:
    runs = image.because is AllowedBecause.RUNNING
    return hold.covers(image.place) and (hold.stops_what_runs or not runs)


def creatable(identity: ImageIdentity) -> tuple[str, ...]:
    """The digests by which an image can be pulled: a configuration's is none."""
    return tuple(dict.fromkeys((identity.index, *(each.manifest for each in identity.platforms))))


def _running(context: ReleaseHistory, names: ImageNames, application: Application) -> Iterator[AllowedImage]:
    latest = latest_observation(context, application.place)
    for image in latest.observation.images if latest is not None else ():
        if not image.digest or latest is None:
            continue
        named = names.of_observed(application.place, image, latest.sequence)
        known = named.pin.component.identity if named.pin is not None else None
        # What is seen may be a configuration, by which the kubelet knows an image; it does no harm in the list.
        for digest in (image.digest, *(creatable(known) if known is not None else ())):
            yield AllowedImage(
                digest,
                application.place,
                f"{image.product}/{image.component}",
                AllowedBecause.RUNNING,
                named.release,
            )


def _admitted(context: ReleaseHistory, names: ImageNames, application: Application) -> Iterator[AllowedImage]:
    after_all = context.ledger.head().size + 1
    for product in dict.fromkeys(each.partition("/")[0] for each in application.runs):
        for admission in names.standing(application.place, product, after_all):
            release = _release(context, admission.release)
            if release is not None:
                yield from _of_release(application, release, AllowedBecause.ADMITTED)


def _applying(
    context: ReleaseHistory, application: Application, at_work: Iterable[PromotionSummary]
) -> Iterator[AllowedImage]:
    for each in at_work:
        if each.request is None or each.state not in AT_WORK or application.place not in each.places:
            continue
        release = _release(context, each.request.body.release)
        if release is not None:
            yield from _of_release(application, release, AllowedBecause.APPLYING)


def _of_release(
    application: Application, release: Release, because: AllowedBecause
) -> Iterator[AllowedImage]:
    own = application.components(release.product)
    for image in release.images:
        if image.name in own:
            name = f"{release.product}/{image.name}"
            for digest in creatable(image.identity):
                yield AllowedImage(digest, application.place, name, because, release.name)


def _release(context: ReleaseHistory, digest: str) -> Release | None:
    found = context.pins.of_release(digest)
    return canonical.decode(context.ledger.blob(found.body.document), Release) if found is not None else None
