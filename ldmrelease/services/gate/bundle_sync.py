"""`gate sync` by a bundle: the images of manifests, and what a ledger elsewhere has decided about their releases.

The answer is that of `services/gate/sync`, as of then. What the bundle does not say is undecided.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from ldmrelease.domain.bundle import Bundle, BundlePlace, BundleRelease
from ldmrelease.domain.decision import Decision
from ldmrelease.domain.images import Reference
from ldmrelease.domain.site_registry import OwnRepositories
from ldmrelease.domain.topology import Place
from ldmrelease.domain.value_paths import parse_path
from ldmrelease.services.bundles.ask import BundleFinding, BundleQuestions
from ldmrelease.services.gate.managed_images import (
    Identified,
    ImageOwners,
    ManagedImage,
    PlacedComponent,
    UnmanagedImage,
)
from ldmrelease.services.gate.sync import SyncImage, SyncResult, of_no_place
from ldmrelease.services.gate.sync_problems import SyncProblem, errored, failed, missing
from ldmrelease.services.gate.sync_releases import unlike
from ldmrelease.trees.manifests.manifest_images import (
    CustomImages,
    ManifestFinding,
    ManifestImage,
    UnreadableManifest,
)


class BundledSync(Struct, frozen=True):
    """What is said of the images, and the decisions that it names by their index."""

    result: SyncResult
    decisions: tuple[Decision, ...]


class _Group(Struct):
    """The images of a product at a place: they are of one release, or of none that anybody knows."""

    problems: dict[ManagedImage, list[SyncProblem]]
    release: BundleRelease | None = None
    decided: int | None = None


def places_of(bundle: Bundle, target: str) -> tuple[BundlePlace, ...]:
    """The places of a bundle that a level, an environment or environment/application names; none where it has none."""
    every = [each for environment in bundle.environments for each in environment.places]
    return tuple(each for each in every if target in (each.level, each.place.environment, str(each.place)))


def custom_images_of(places: Iterable[BundlePlace]) -> Iterator[CustomImages]:
    """The kinds of custom resources whose images a bundle knows."""
    for each in places:
        for kind, images in each.custom_images.items():
            yield CustomImages(kind, {name: parse_path(path) for name, path in images.items()})


def gate_sync_by_bundle(
    bundle: Bundle,
    questions: BundleQuestions,
    places: Sequence[BundlePlace],
    findings: Iterable[ManifestFinding],
    asked: BundleRelease | None = None,
) -> BundledSync:
    """What a bundle says of all images of manifests that are for these places. `asked`: the release that they are of,
    where somebody says it.
    """
    every = list(findings)
    images = [each for each in every if isinstance(each, ManifestImage)]
    owners = _owners(bundle, places)
    found = [owners.of(each.image, each.namespace) for each in images]
    groups: dict[tuple[Place, str], _Group] = defaultdict(lambda: _Group({}))
    for identified in found:
        for managed in identified if isinstance(identified, tuple) else ():
            groups[managed.place, managed.product].problems.setdefault(managed, [])
    decisions: list[Decision] = []
    for (place, product), group in groups.items():
        _decide(questions, place, product, group, asked, decisions)
    refused = next((each.level for each in places if each.refuses_unmanaged), None)
    rows = tuple(
        row
        for image, identified in zip(images, found, strict=True)
        for row in _rows(image, identified, groups, refused)
    )
    unreadable = tuple(each for each in every if isinstance(each, UnreadableManifest))
    return BundledSync(SyncResult(rows, (), unreadable), tuple(decisions))


def _decide(
    questions: BundleQuestions,
    place: Place,
    product: str,
    group: _Group,
    asked: BundleRelease | None,
    decisions: list[Decision],
) -> None:
    if asked is not None and asked.release.product == product:
        group.release = asked
        for image, problems in group.problems.items():
            problems.extend(unlike(asked.release, image))
    else:
        group.release = _common(questions, place, product, group)
    if group.release is None:
        return
    said = questions.of_release(place, group.release.digest)
    if said.decision is not None and said.code != "lapsed":
        group.decided = len(decisions)
        decisions.append(said.decision)
        return
    for image, problems in group.problems.items():
        running = image.digest is not None and questions.running(place, image.digest) is not None
        if not running or said.code == "held":
            problems.append(_problem(said))


def _common(questions: BundleQuestions, place: Place, product: str, group: _Group) -> BundleRelease | None:
    """The one release that has all the images: of several that which stands there, or which the tags spell."""
    candidates: dict[ManagedImage, tuple[BundleRelease, ...]] = {}
    for image, problems in group.problems.items():
        if image.reference is None:
            command = ("ldmrelease", "resolve", "-f", "FILE", "--release", "RELEASE")
            problems.append(missing("no-release", command, component=image.component))
        elif image.digest is None:
            problems.append(failed("no-digest", image=str(image.reference)))
        else:
            found = questions.releases_of(product, image.component, image.digest)
            if found:
                candidates[image] = found
            elif questions.running(place, image.digest) is None:
                about = {"component": image.component, "digest": image.digest}
                problems.append(errored("not-in-bundle", **about))
    if not candidates:
        return None
    first, *others = candidates.values()
    common = [each for each in first if all(each in other for other in others)]
    if not common:
        names: dict[str, list[str]] = defaultdict(list)
        for image, found in candidates.items():
            names[found[0].release.name].append(image.component)
        for image in candidates:
            group.problems[image].append(failed("mixed-releases", place=str(place), releases=dict(names)))
        return None
    return _meant(questions, place, candidates, common)


def _meant(
    questions: BundleQuestions,
    place: Place,
    images: Iterable[ManagedImage],
    common: Sequence[BundleRelease],
) -> BundleRelease:
    for image in images:
        running = questions.running(place, image.digest or "")
        for each in common:
            if running is not None and running.release == each.release.name:
                return each
    for image in images:
        for each in common:
            part = each.release.component(image.component)
            if part is not None and part.spelling == image.tag:
                return each
    return common[0]


def _problem(said: BundleFinding) -> SyncProblem:
    if said.code == "held":
        return failed("held", **said.values)
    if said.code == "lapsed":
        return errored("lapsed", release=said.release, **said.values)
    return errored("no-decision", release=said.release)


def _rows(
    image: ManifestImage,
    identified: Identified,
    groups: dict[tuple[Place, str], _Group],
    refused: str | None,
) -> Iterator[SyncImage]:
    if not isinstance(identified, tuple):
        yield of_no_place(image, identified, refused)
    else:
        for each in identified:
            group = groups[each.place, each.product]
            release = group.release.release if group.release is not None else None
            part = release.component(each.component) if release is not None else None
            # Without a digest nothing but its tag says of which release an image is.
            alike = each.reference is None or each.digest is not None or (part and part.spelling == each.tag)
            yield SyncImage(
                image,
                each.place,
                each.product,
                each.component,
                each.digest if each.reference is not None else part.digest if part is not None else None,
                release.name if release is not None and alike else None,
                problems=tuple(group.problems[each]),
                decided=group.decided,
            )


def _owners(bundle: Bundle, places: Iterable[BundlePlace]) -> ImageOwners:
    """Whose images are, by the repositories of a bundle's places."""
    everywhere = list(_components(each for one in bundle.environments for each in one.places))

    def elsewhere(reference: Reference) -> UnmanagedImage | SyncProblem:
        for each in everywhere:
            if each.has(reference):
                about = f"{each.product}/{each.component}"
                return failed("not-run-here", image=str(reference), component=about)
        names = [
            each.release.name
            for each in bundle.releases
            if reference.digest is not None and each.components_of(reference.digest)
        ]
        if names:
            return failed("foreign-image", image=str(reference), found=reference.name, releases=names)
        return UnmanagedImage(reference.digest)

    return ImageOwners(_components(places), elsewhere, named_everywhere=True)


def _components(places: Iterable[BundlePlace]) -> Iterator[PlacedComponent]:
    for each in places:
        for name, repositories in each.repositories.items():
            product, _, component = name.partition("/")
            own = tuple(map(OwnRepositories, repositories))
            yield PlacedComponent(each.place, product, component, each.namespace, own)
