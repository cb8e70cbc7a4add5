"""Which place of a workspace manages an image of a tree: the one with a setting among the scalars that decide it."""

from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.site_registry import OwnRepositories
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.domain.value_addresses import ValueAddress
from ldmrelease.domain.value_paths import Path, parse_path
from ldmrelease.services.inventory.rendered import is_at, possible_environments
from ldmrelease.services.inventory.tree_images import TreeSource
from ldmrelease.services.releases.components import components_of, own_repositories
from ldmrelease.trees.interface import TreeImage


class _Read(Struct, frozen=True):
    """A scalar that a setting of a place is read from, of a component whose images are in `own`."""

    place: Place
    component: str
    environments: tuple[str, ...]
    path: Path
    own: OwnRepositories


class ManagedImages:
    """The places that write to a tree, by the scalars that their settings are read from.

    known: the environments of the tree.
    """

    def __init__(self, topology: Topology, source: TreeSource, known: Collection[str]) -> None:
        self._read: dict[str, list[_Read]] = {}
        for application in topology.applications:
            where = application.target.location
            if isinstance(where, GitFile) and (where.repository, where.branch) == (
                source.repository,
                source.branch,
            ):
                for file, read in _reads(topology, application, where, list(known)):
                    self._read.setdefault(file, []).append(read)

    def place_of(self, image: TreeImage) -> Place | None:
        """Who manages an image; None where nobody does. Of settings that share a scalar, it is the one whose component
        is in the image's repository."""
        found = [
            each
            for part in image.parts
            for each in self._read.get(part.file, ())
            if image.environment in each.environments and is_at(part, part.file, each.path)
        ]
        repository = _repository(image.image)
        ours = [each for each in found if each.own.has(repository)]
        meant = ours or (found if len({(each.place, each.component) for each in found}) == 1 else [])
        return meant[0].place if meant else None


def managed_places(
    topology: Topology, source: TreeSource, known: Collection[str], images: Iterable[TreeImage]
) -> list[Place | None]:
    """The place of each image, None where nobody manages it."""
    managed = ManagedImages(topology, source, known)
    return [managed.place_of(each) for each in images]


def _reads(
    topology: Topology, application: Application, where: GitFile, known: list[str]
) -> Iterator[tuple[str, _Read]]:
    target = application.target
    if not isinstance(target, ImageSettingsTarget):
        return
    components = components_of(topology, application)
    environments = tuple(possible_environments(known, application.place.environment, where.file))
    for setting in target.settings:
        if setting.component not in components:
            continue
        own = own_repositories(components[setting.component].source.source, application)
        for address in setting.read:
            at = ValueAddress.of(address)
            path = parse_path(at.path)
            yield (
                at.file or where.file,
                _Read(application.place, setting.component, environments, path, own),
            )


def _repository(image: str | None) -> str:
    try:
        return parse_reference(image or "").name
    except ValueError:
        return ""
