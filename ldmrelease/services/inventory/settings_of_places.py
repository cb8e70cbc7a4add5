"""Which images a tree of no known layout asks for, by what the settings of the workspace's places read there."""

from collections.abc import Iterator

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.domain.value_addresses import ValueAddress
from ldmrelease.services.inventory.tree_images import TreeSource
from ldmrelease.services.releases.components import components_of
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.targets.results import Refusal, Snapshot
from ldmrelease.trees.interface import TreeImage
from ldmrelease.trees.values import YamlScalar

SettingOfPlace = tuple[TreeImage, Place]


def settings_of_places(
    topology: Topology, access: Access, source: TreeSource
) -> Iterator[SettingOfPlace | tuple[Refusal | Unavailable, Place]]:
    """Each image that a setting of a place names in a tree, with the place; or why nothing can be read of a place."""
    for application in topology.applications:
        where = application.target.location
        if not isinstance(where, GitFile) or (where.repository, where.branch) != (
            source.repository,
            source.branch,
        ):
            continue
        there = registry.read(application.target, access)
        said = registry.stated(application.target, there) if isinstance(there, Snapshot) else there
        if not isinstance(said, tuple):
            yield said, application.place
            continue
        for each in said:
            if each.alias is None:
                yield _image(topology, application, where.file, each), application.place


def _image(topology: Topology, application: Application, file: str, said: ImageSetting) -> TreeImage:
    at = ValueAddress.of(said.path)
    text = said.tag or said.digest or said.invalid or ""
    part = YamlScalar(text, True, at.file or file, said.line, tuple(at.path.split(".")))
    place = application.place
    return TreeImage(place.environment, place.application, _reference(topology, application, said), (part,))


def _reference(topology: Topology, application: Application, said: ImageSetting) -> str | None:
    """The whole reference; a setting that names no repository is of its component's."""
    if said.invalid is not None:
        return None
    if said.repository is not None:
        return said.image
    found = components_of(topology, application).get(said.component)
    digest = f"@{said.digest}" if said.digest else ""
    tag = f":{said.tag}" if said.tag else ""
    return f"{found.source.source}{tag}{digest}" if found is not None else None
