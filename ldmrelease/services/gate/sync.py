"""Whether the images of rendered manifests may enter the places that the manifests are for. Writes nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.errors import UnavailableError
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.level import Unmanaged
from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.decisions.decide import Decided, decide_about, level_at, unagreed
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest, inquire
from ldmrelease.services.deployments.place_order import ordered_places
from ldmrelease.services.gate.gating import ReleaseGating
from ldmrelease.services.gate.managed_images import (
    ImageOwners,
    ManagedImage,
    UnmanagedImage,
    owners_by_workspace,
)
from ldmrelease.services.gate.sync_problems import SyncProblem, errored, failed
from ldmrelease.services.gate.sync_releases import CommonRelease, ReleaseFinder
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.trees.manifests.manifest_images import ManifestFinding, ManifestImage, UnreadableManifest


class SyncImage(Struct, frozen=True):
    """An image of a manifest. `place` is None where no place runs it, `product` and `component` where nobody declares
    it; `decided` is the index of the decision about its release, None where there is none."""

    manifest: ManifestImage
    place: Place | None = None
    product: str | None = None
    component: str | None = None
    digest: str | None = None
    release: str | None = None
    unmanaged: bool = False
    problems: tuple[SyncProblem, ...] = ()
    decided: int | None = None


class SyncResult(Struct, frozen=True):
    """All images of the manifests, the decisions about their releases, and what could not be read."""

    images: tuple[SyncImage, ...]
    decided: tuple[Decided, ...]
    unreadable: tuple[UnreadableManifest, ...]


_Group = tuple[Place, str]


class _Found(Struct):
    found: CommonRelease
    decided: int | None = None
    problem: SyncProblem | None = None


def gate_sync(
    context: ReleaseGating,
    applications: Sequence[Application],
    findings: Iterable[ManifestFinding],
    asked: Pinned | None = None,
) -> SyncResult:
    """Decide about all images of manifests that are for these places.

    asked: the release that they are of, where somebody says it. Raises what a decision raises, apart from what can be
    said of one release alone.
    """
    owners = owners_by_workspace(context, applications)
    images: list[ManifestImage] = []
    unreadable: list[UnreadableManifest] = []
    groups: dict[_Group, dict[ManagedImage, None]] = defaultdict(dict)
    for each in findings:
        if isinstance(each, UnreadableManifest):
            unreadable.append(each)
            continue
        images.append(each)
        identified = owners.of(each.image, each.namespace)
        for managed in identified if isinstance(identified, tuple) else ():
            groups[managed.place, managed.product][managed] = None
    finder = ReleaseFinder(context, asked)
    found = {
        (place, product): _Found(finder.find(place, product, list(group)))
        for (place, product), group in groups.items()
    }
    decided = _decide(context, applications, found)
    local = [each.place for each in applications if unagreed(context.workspace, [each.place])]
    rows = _Rows(owners, found, _refuses_unmanaged(context, applications), local)
    return SyncResult(
        tuple(row for each in images for row in rows.of(each)), tuple(decided), tuple(unreadable)
    )


def _decide(
    context: ReleaseGating, applications: Sequence[Application], found: dict[_Group, _Found]
) -> list[Decided]:
    """One decision for each release at a place, in the order in which a promotion would go to its places."""
    decided: list[Decided] = []
    ordered = [each.place for each in ordered_places(applications, context.levels)]
    releases: dict[str, dict[Place, _Found]] = defaultdict(dict)
    for (place, _), each in sorted(found.items(), key=lambda item: ordered.index(item[0][0])):
        if each.found.pinned is not None:
            releases[each.found.pinned.digest][place] = each
    for places in releases.values():
        first = next(iter(places.values())).found.pinned
        assert first is not None
        about = inquire(context, first)
        walk = list(places)
        for index, (place, each) in enumerate(places.items()):
            question = DecisionRequest(
                place, Intent.PROMOTE, context.requester, tuple(walk[:index]), tuple(walk[index + 1 :])
            )
            try:
                decided.append(decide_about(about, question))
            except UnavailableError as error:
                each.problem = errored("unavailable", where=error.where, reason=error.reason or str(error))
            else:
                each.decided = len(decided) - 1
    return decided


def _refuses_unmanaged(context: ReleaseGating, applications: Sequence[Application]) -> str | None:
    """The first level that refuses what nobody declares."""
    levels = [level_at(context, each.place) for each in applications]
    return next((each.name for each in levels if each.unmanaged is Unmanaged.REFUSED), None)


class _Rows:
    """The rows of images: what is written alike is the same but for where that is."""

    def __init__(
        self, owners: ImageOwners, found: dict[_Group, _Found], refused: str | None, local: Sequence[Place]
    ) -> None:
        self._owners, self._found, self._refused = owners, found, refused
        # What nobody has agreed to decides nothing, and loosens nothing.
        self._local = tuple(errored("not-agreed", place=str(each)) for each in local)
        self._known: dict[tuple[str, str | None], list[SyncImage]] = {}

    def of(self, image: ManifestImage) -> Iterator[SyncImage]:
        key = (image.image, image.namespace)
        if key not in self._known:
            made = self._made(image)
            self._known[key] = [replace(each, problems=(*each.problems, *self._local)) for each in made]
        for each in self._known[key]:
            yield replace(each, manifest=image)

    def _made(self, image: ManifestImage) -> list[SyncImage]:
        identified = self._owners.of(image.image, image.namespace)
        if not isinstance(identified, tuple):
            return [of_no_place(image, identified, self._refused)]
        return [_managed(image, each, self._found[each.place, each.product]) for each in identified]


def of_no_place(
    image: ManifestImage, identified: UnmanagedImage | SyncProblem, refused: str | None
) -> SyncImage:
    """The row of an image that no place runs. refused: the level that refuses what nobody declares, if one does."""
    if isinstance(identified, SyncProblem):
        return SyncImage(image, problems=(identified,))
    problems = () if refused is None else (failed("unmanaged-image", level=refused, image=image.image),)
    return SyncImage(image, digest=identified.digest, unmanaged=True, problems=problems)


def _managed(image: ManifestImage, managed: ManagedImage, group: _Found) -> SyncImage:
    pinned = group.found.pinned
    row = SyncImage(
        image,
        managed.place,
        managed.product,
        managed.component,
        _digest(managed, pinned),
        group.found.names.get(managed) or (pinned.release.name if pinned is not None else None),
        problems=group.found.problems[managed],
        decided=group.decided,
    )
    if group.problem is not None:
        row = replace(row, problems=(*row.problems, group.problem))
    return row


def _digest(managed: ManagedImage, pinned: Pinned | None) -> str | None:
    if managed.reference is not None:
        return managed.digest
    part = pinned.release.component(managed.component) if pinned is not None else None
    return part.digest if part is not None else None
