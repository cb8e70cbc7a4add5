"""Observe a place: what it states or runs, resolved to digests, signed by the observer (design section 2)."""

from collections.abc import Iterable
from functools import partial

from msgspec.structs import replace

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events import NewEvent
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.site_registry import FOREIGN_IMAGE
from ldmrelease.domain.topology import Application
from ldmrelease.domain.workload_selection import Workloads
from ldmrelease.registry.errors import RegistryError
from ldmrelease.services.deployments import desired
from ldmrelease.services.deployments.asking import asked
from ldmrelease.services.deployments.clusters import other_cluster
from ldmrelease.services.inventory.sightings import Sightings
from ldmrelease.services.needs import ImageLookup, PlaceObserving, Signing
from ldmrelease.services.releases.components import (
    ProductComponent,
    components_of,
    own_repositories,
    resolve,
    resolve_at_site,
)
from ldmrelease.services.repository_scope import observed_repositories, require_scope
from ldmrelease.targets import registry
from ldmrelease.targets.image_setting import ImageSetting, foreign_image
from ldmrelease.targets.results import Refusal, Snapshot

NOT_A_TAG = "not-a-tag"
"""The state of a setting that names no image."""


def observe(
    context: PlaceObserving, application: Application, *, cause: str | None = None
) -> Observation | Refusal | Unavailable:
    """What runs there: what its pods run, or what the committed tree says where that counts. Writes nothing."""
    if application.place.environment in context.workspace.local_environments:
        return Refusal("targets-not-agreed", {"environment": application.place.environment})
    local = [each for each in context.workspace.local_products if application.components(each)]
    if local:
        return Refusal("products-not-agreed", {"products": local})
    sightings = Sightings(context, application)
    if application.workloads is not None and application.observe == "pods":
        look = partial(_running, context, application, application.workloads, sightings, cause)
        return asked(application.workloads.cluster.context, look)
    return asked(
        registry.where(application.target), partial(_committed, context, application, sightings, cause)
    )


def _running(
    context: PlaceObserving,
    application: Application,
    workloads: Workloads,
    sightings: Sightings,
    cause: str | None,
) -> Observation | Refusal | Unavailable:
    """What its pods run. What runs in another cluster says nothing of this place."""
    from ldmrelease.services.inventory.observe_pods import observe_pods  # noqa: PLC0415 - knows rollouts

    pods = other_cluster(context.clusters, application) or observe_pods(
        context, sightings, application, workloads
    )
    if isinstance(pods, Refusal | Unavailable):
        return pods
    return _observation(context, application, sightings, pods.revision, pods.images, cause)


def _committed(
    context: PlaceObserving, application: Application, sightings: Sightings, cause: str | None
) -> Observation | Refusal | Unavailable:
    """What the committed tree says, with each tag resolved in its repository now."""
    there = desired.snapshot(context, application)
    if not isinstance(there, Snapshot):
        return there
    said = registry.stated(application.target, there)
    if isinstance(said, Refusal):
        return said
    aliases = {each.alias: each.tag for each in said if each.alias is not None and each.tag is not None}
    images = tuple(_seen(context, application, sightings, said))
    return _observation(context, application, sightings, there.revision, images, cause, aliases)


def _observation(
    context: PlaceObserving,
    application: Application,
    sightings: Sightings,
    revision: str,
    images: tuple[ObservedImage, ...],
    cause: str | None,
    aliases: dict[str, str] | None = None,
) -> Observation:
    seen = Observation(
        place=application.place,
        time=context.now(),
        basis=application.observe,
        revision=revision,
        images=sightings.since(images, context.now()),
        aliases=aliases or {},
        every=application.observe_every,
        cause=cause,
        clock=context.workspace.clock is not None,
    )
    return replace(seen, row=sightings.row(seen))


def observation_event(context: Signing, observation: Observation) -> NewEvent:
    """The observation as an event of its place. Raises `KeyProblem` where the observer may not speak of its images."""
    repositories = observed_repositories(context.workspace.topology, observation.images)
    environments = (observation.place.environment,)
    require_scope(context, context.signers.observer, "observation", repositories, environments)
    return new_event(observation)


def _seen(
    context: ImageLookup, application: Application, sightings: Sightings, said: Iterable[ImageSetting]
) -> Iterable[ObservedImage]:
    components = components_of(context.topology, application)
    for each in said:
        component = components.get(each.component)
        if component is None or each.alias is not None:
            continue
        foreign = foreign_image(each, own_repositories(component.source.source, application))
        if foreign is not None:
            yield ObservedImage(
                component.product,
                each.component,
                "",
                each.image,
                ready=False,
                state=FOREIGN_IMAGE,
                foreign=foreign,
            )
            continue
        if each.invalid is not None:
            yield ObservedImage(component.product, each.component, "", each.invalid, False, NOT_A_TAG)
            continue
        digest = (
            each.digest
            or sightings.admitted(component, each.tag)
            or _resolved(context, application, component, each.tag)
        )
        if digest is None:
            yield ObservedImage(component.product, each.component, "", each.tag or "", ready=False)
            continue
        known = sightings.digest(component, digest, each.tag)
        yield ObservedImage(component.product, each.component, known, each.tag or known, ready=True)


def _resolved(
    context: ImageLookup, application: Application, component: ProductComponent, tag: str | None
) -> str | None:
    """What a tag names at its source; where nobody answers there, in the site's own registry, which it is pulled from.

    Raises `RegistryError`.
    """
    try:
        return resolve(context.registries, component, tag)
    except RegistryError:
        if application.registry is None or tag is None:
            raise
        return resolve_at_site(context.registries, component, application.registry, tag)
