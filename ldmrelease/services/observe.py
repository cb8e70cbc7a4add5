"""Observe a place: what it states or runs, resolved to digests, signed by the observer (design section 2)."""

from collections.abc import Iterable
from dataclasses import dataclass

from ldmrelease.domain import canonical
from ldmrelease.domain.acts import Observation, Seen
from ldmrelease.domain.events import Kind, NewEvent
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.places import Application, ComponentSource, Product
from ldmrelease.domain.release import Release
from ldmrelease.domain.tags import tag_pattern_match
from ldmrelease.registry.errors import RegistryError
from ldmrelease.services import writing
from ldmrelease.services.sealing import sealed
from ldmrelease.services.workbench import Workbench
from ldmrelease.targets import dispatch
from ldmrelease.targets.outcome import Refusal, Snapshot, Unreachable
from ldmrelease.targets.stated import Stated


@dataclass(frozen=True, slots=True)
class _Component:
    product: Product
    source: ComponentSource


def observe(
    bench: Workbench, application: Application, *, cause: str | None = None
) -> Observation | Refusal | Unreachable:
    """What the committed tree says, with each tag resolved in its repository now. Writes nothing."""
    there = writing.snapshot(bench, application)
    if not isinstance(there, Snapshot):
        return there
    said = dispatch.stated(application.target, there)
    if isinstance(said, Refusal):
        return said
    try:
        images = tuple(_seen(bench, application, said))
    except RegistryError as error:
        return Unreachable(error.repository, str(error))
    return Observation(
        place=application.place,
        time=bench.now(),
        basis=application.observe,
        revision=there.revision,
        images=images,
        releases=tuple(sorted(_complete(bench, application, images))),
        aliases={each.alias: each.tag for each in said if each.alias is not None and each.tag is not None},
        every=application.observe_every,
        cause=cause,
    )


def observation_event(bench: Workbench, observation: Observation) -> NewEvent:
    """The signed observation, as an event of its place."""
    body = sealed(bench, observation, bench.signers.observer)
    return NewEvent(Kind.OBSERVED, observation.place.stream, body)


def _seen(bench: Workbench, application: Application, said: Iterable[Stated]) -> Iterable[Seen]:
    components = _components(bench, application)
    for each in said:
        component = components.get(each.component)
        if component is None or each.alias is not None or (each.tag is None and each.digest is None):
            continue
        digest = each.digest or _resolve(bench, component.source, each.tag or "")
        if digest is None:
            yield Seen(component.product.name, each.component, "", each.tag or "", ready=False)
            continue
        release = _release_of(bench, component, each.tag, digest)
        spelling = each.tag or digest
        yield Seen(component.product.name, each.component, digest, spelling, True, release)


def _components(bench: Workbench, application: Application) -> dict[str, _Component]:
    """What runs at the place, by the component's name."""
    found = {}
    for product in bench.world.products:
        for name in application.components(product.name):
            source = product.component(name)
            if source is not None:
                found[name] = _Component(product, source)
    return found


def _resolve(bench: Workbench, source: ComponentSource, tag: str) -> str | None:
    found = bench.registries.open(parse_reference(source.source)).resolve(tag)
    return found.digest if found is not None else None


def _release_of(bench: Workbench, component: _Component, tag: str | None, digest: str) -> str | None:
    """The digest of the pinned release that this image belongs to: by its tag if it says one."""
    names = bench.ledger.state("digests", digest) or []
    own = [each for each in names if each.startswith(component.product.name + "/")]
    if tag is not None:
        parsed = tag_pattern_match(component.source.spelling, tag, component.product.grammar)
        spelled = f"{component.product.name}/{parsed.name}" if parsed is not None else None
        own = [each for each in own if each == spelled] or own
    for name in reversed(own):
        for revision in reversed(bench.ledger.state("pins", name) or []):
            if _has(bench, revision["document"], component.source.name, digest):
                return str(revision["digest"])
    return None


def _has(bench: Workbench, document: str, name: str, digest: str) -> bool:
    release = canonical.decode(bench.ledger.blob(document), Release)
    component = release.component(name)
    return component is not None and component.digest == digest


def _complete(bench: Workbench, application: Application, images: tuple[Seen, ...]) -> set[str]:
    """The releases of which every component that runs here was seen and is ready."""
    found = set()
    for release in {each.release for each in images if each.release is not None}:
        own = [each for each in images if each.release == release]
        product = bench.world.product(own[0].product)
        assert product is not None
        wanted = {
            name
            for name in application.components(product.name)
            if (source := product.component(name)) is not None and source.kind == "image"
        }
        if wanted <= {each.component for each in own if each.ready}:
            found.add(release)
    return found
