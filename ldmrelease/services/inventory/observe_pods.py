"""Observe what pods run: every digest that a cluster reports is led back to the image of a release."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.rollout.snapshot import ContainerSnapshot, RolloutSnapshot, WorkloadSnapshot, snapshot
from ldmrelease.cluster.rollout.status import Healthy, NodesNotReady, Progressing, status_name
from ldmrelease.domain import canonical
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.place import ObservedImage
from ldmrelease.domain.images import Reference, parse_reference
from ldmrelease.domain.site_registry import ForeignImage
from ldmrelease.domain.topology import Application
from ldmrelease.domain.workload_selection import Workloads
from ldmrelease.services.inventory.foreign import foreign_in_workload
from ldmrelease.services.inventory.sightings import Sightings
from ldmrelease.services.needs import ImageLookup, PlaceObserving
from ldmrelease.services.releases.components import (
    ProductComponent,
    components_of,
    own_repositories,
    resolve,
)
from ldmrelease.targets.connections import answer
from ldmrelease.targets.results import Refusal

NOT_OBSERVED = "not-observed"
_LOOKS = 5


class ObservedPods(Struct, frozen=True):
    """What was seen, as images of releases; `revision` changes with every change of the workloads."""

    revision: str
    images: tuple[ObservedImage, ...]


def observe_pods(
    context: PlaceObserving, sightings: Sightings, application: Application, workloads: Workloads
) -> ObservedPods | Refusal | Unavailable:
    """What the application's pods run now. Raises `RegistryError` where a tag cannot be looked up."""
    found = answer(lambda: _look(context.clusters.open(workloads.cluster), workloads))
    if not isinstance(found, RolloutSnapshot):
        return found
    for problem in found.problems:
        return Refusal(problem.code, {"file": workloads.cluster.context, **problem.values})
    seen = _images(context, sightings, application, found)
    generations = [
        [each.workload.key, each.workload.uid, each.workload.generation] for each in found.workloads
    ]
    return ObservedPods(
        canonical.digest_of(generations), tuple(sorted(seen, key=lambda each: (each.component, each.digest)))
    )


def _look(api: Api, workloads: Workloads) -> RolloutSnapshot:
    """What runs, once controllers have taken note: for a moment after an annotation alone they have not."""
    for _ in range(_LOOKS):
        found = snapshot(api, workloads)
        if not any(
            isinstance(each.verdict, Progressing) and each.verdict.code == NOT_OBSERVED
            for each in found.workloads
        ):
            break
    return found


def _images(
    context: ImageLookup, sightings: Sightings, application: Application, found: RolloutSnapshot
) -> Iterator[ObservedImage]:
    for name, component in components_of(context.topology, application).items():
        parts = [
            _Part(context, sightings, component, application, workload, container)
            for workload in found.workloads
            for container in workload.containers
            if container.component == name
        ]
        images: dict[str, str] = {}
        for part in parts:
            images |= dict(part.images())
        ready = len(images) == 1 and all(part.is_ready for part in parts)
        state = next((part.state for part in parts if part.state is not None), None)
        foreign = next((part.foreign for part in parts if part.foreign is not None), None)
        for digest, spelling in images.items():
            yield ObservedImage(
                component.product, name, digest, spelling, ready and digest != "", state, foreign=foreign
            )


class _Part(Struct, frozen=True):
    """A container of a workload that runs a component."""

    context: ImageLookup
    sightings: Sightings
    component: ProductComponent
    application: Application
    workload: WorkloadSnapshot
    container: ContainerSnapshot

    def images(self) -> Iterator[tuple[str, str]]:
        """What its pods run, as digest and spelling; without pods what they would run."""
        if self.foreign is not None and not self.container.running:
            # Nobody has seen what it is.
            yield "", self.container.image
            return
        for digest in self.container.running or filter(None, [self._wanted]):
            known = self._known(digest)
            yield known, self.container.image if self.foreign is not None else self._tag or known

    @property
    def is_ready(self) -> bool:
        """Whether all that is to run runs, and is what the workload names."""
        if not isinstance(self.workload.verdict, Healthy | NodesNotReady) or not self.container.running:
            return False
        wanted = self._wanted
        return wanted is None or {self._known(each) for each in self.container.running} == {
            self._known(wanted)
        }

    @property
    def state(self) -> str | None:
        """Why it is not simply running: `scaled-to-zero`, `scheduled`, `progressing`, ...; None where it is."""
        if self.is_ready:
            return None
        verdict = self.workload.verdict
        return "progressing" if isinstance(verdict, Healthy) else status_name(verdict)

    @property
    def _wanted(self) -> str | None:
        reference = self._reference
        if reference is None:
            return None
        if self.foreign is not None:
            return reference.digest
        return reference.digest or resolve(self.context.registries, self.component, reference.tag)

    @property
    def _reference(self) -> Reference | None:
        """The image that the workload names; None for what is not a reference (the API server takes any text)."""
        try:
            return parse_reference(self.container.image)
        except ValueError:
            return None

    @property
    def foreign(self) -> ForeignImage | None:
        """Another repository than the component's, where the workload names one."""
        own = own_repositories(self.component.source.source, self.application)
        return foreign_in_workload(own, self.application, self.workload.workload.key, self.container)

    @property
    def _tag(self) -> str | None:
        """The tag that the workload names; one of another repository spells nothing of ours."""
        return self._reference.tag if self._reference is not None and self.foreign is None else None

    def _known(self, digest: str) -> str:
        return self.sightings.digest(self.component, digest, self._tag)
