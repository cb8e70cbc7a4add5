"""Where a place names another repository than its component's: what is pulled from there was decided by nobody."""

from collections.abc import Iterator

from ldmrelease.cluster.rollout.snapshot import ContainerSnapshot
from ldmrelease.domain.site_registry import ForeignImage, OwnRepositories
from ldmrelease.domain.topology import Application, Topology
from ldmrelease.services.releases.components import components_of, own_repositories
from ldmrelease.targets import registry
from ldmrelease.targets.editors.image_fields import setting_of
from ldmrelease.targets.image_setting import foreign_image
from ldmrelease.targets.results import Refusal, Snapshot


def foreign_settings(
    topology: Topology, application: Application, snapshot: Snapshot
) -> Iterator[ForeignImage]:
    """Each place in the target's settings that names another repository than the component's."""
    components = components_of(topology, application)
    said = registry.stated(application.target, snapshot)
    for each in () if isinstance(said, Refusal) else said:
        component = components.get(each.component)
        if component is not None:
            found = foreign_image(each, own_repositories(component.source.source, application))
            if found is not None:
                yield found


def foreign_in_workload(
    own: OwnRepositories, application: Application, workload: str, container: ContainerSnapshot
) -> ForeignImage | None:
    """The same of the image that a workload (`Kind/name`) names for a container: what pods are given by others, such as
    a webhook that names a mirror, is told by its digest alone.
    """
    workloads = application.workloads
    file = f"{workloads.cluster.context}/{workloads.namespace}" if workloads is not None else ""
    return foreign_image(
        setting_of(file, container.component or "", f"{workload}/{container.name}", container.image), own
    )
