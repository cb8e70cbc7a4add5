"""Which component of which place an image of a manifest is, by its repository; or that it is nobody's."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from ldmrelease.domain.images import Reference, parse_reference
from ldmrelease.domain.site_registry import OwnRepositories
from ldmrelease.domain.topology import Application, ComponentKind, Place, Product, Topology
from ldmrelease.domain.value_paths import parse_path
from ldmrelease.services.gate.sync_problems import SyncProblem, errored, failed
from ldmrelease.services.needs import ReleaseLookup
from ldmrelease.services.releases.components import components_of, own_repositories
from ldmrelease.targets.editors.component_manifests import SCHEME
from ldmrelease.trees.manifests.manifest_images import CustomImages


class ManagedImage(Struct, frozen=True):
    """An image of a component at a place. `reference` is None where the manifest names the component alone; `namespace`
    is that of the place's workloads, where anybody has said it."""

    place: Place
    product: str
    component: str
    reference: Reference | None
    namespace: str | None = None

    @property
    def digest(self) -> str | None:
        """The digest that is asked for, if there is one."""
        return self.reference.digest if self.reference is not None else None

    @property
    def tag(self) -> str | None:
        """The tag that is asked for, if there is one."""
        return self.reference.tag if self.reference is not None else None


class UnmanagedImage(Struct, frozen=True):
    """An image that no product of the workspace declares."""

    digest: str | None


Identified = tuple[ManagedImage, ...] | UnmanagedImage | SyncProblem


class PlacedComponent(Struct, frozen=True):
    """A component that runs at a place, and the repositories that its images may be named in there. `namespace` is that
    of the place's workloads, where anybody has said it."""

    place: Place
    product: str
    component: str
    namespace: str | None
    repositories: tuple[OwnRepositories, ...]

    def has(self, reference: Reference) -> bool:
        """Whether an image is named in one of them."""
        return any(each.has(reference.name) for each in self.repositories)

    def asked(self, reference: Reference | None) -> ManagedImage:
        """Its image, as a manifest asks for it."""
        return ManagedImage(self.place, self.product, self.component, reference, self.namespace)


class ImageOwners:
    """Says whose images are; each text is looked up once.

    here: what runs at the places that manifests are for. elsewhere: what is said of an image that is of none of these.
    named_everywhere: a component that is named alone is meant at all of these places, whatever the namespace.
    """

    def __init__(
        self,
        here: Iterable[PlacedComponent],
        elsewhere: Callable[[Reference], UnmanagedImage | SyncProblem],
        *,
        named_everywhere: bool = False,
    ) -> None:
        self._here, self._elsewhere = tuple(here), elsewhere
        self._named_everywhere = named_everywhere
        self._known: dict[tuple[str, str | None], Identified] = {}

    def of(self, text: str, namespace: str | None) -> Identified:
        """What an image is that an object of a namespace asks for.

        Of several places that run its component, those are meant whose workloads are in that namespace.
        """
        key = (text, namespace)
        if key not in self._known:
            found = self._identified(text)
            if isinstance(found, tuple) and not (self._named_everywhere and text.startswith(SCHEME)):
                found = _narrowed(found, namespace)
            self._known[key] = found
        return self._known[key]

    def _identified(self, text: str) -> Identified:
        if text.startswith(SCHEME):
            return self._named(text.removeprefix(SCHEME))
        if "{{" in text or "${" in text or "$(" in text:
            return errored("not-rendered", image=text)
        try:
            reference = parse_reference(text)
        except ValueError:
            return failed("not-an-image", image=text)
        found = tuple(each.asked(reference) for each in self._here if each.has(reference))
        return found or self._elsewhere(reference)

    def _named(self, component: str) -> Identified:
        found = tuple(each.asked(None) for each in self._here if each.component == component)
        known = sorted({each.component for each in self._here})
        return found or failed("unknown-component", component=component, known=known)


def owners_by_workspace(context: ReleaseLookup, applications: Sequence[Application]) -> ImageOwners:
    """Whose images are, as a workspace says it. applications: the places that manifests are for."""
    here = (
        PlacedComponent(
            each.place,
            component.product,
            name,
            each.workloads.namespace if each.workloads is not None else None,
            (own_repositories(component.source.source, each),),
        )
        for each in applications
        for name, component in components_of(context.topology, each).items()
        if component.source.kind is ComponentKind.IMAGE
    )
    return ImageOwners(here, lambda reference: _elsewhere(context, reference))


def _elsewhere(context: ReleaseLookup, reference: Reference) -> UnmanagedImage | SyncProblem:
    """Of what no place here runs: another product's, a component's from a foreign repository, or nobody's."""
    for product in context.topology.products:
        component = _component_at(context.topology, product, reference)
        if component is not None:
            return failed("not-run-here", image=str(reference), component=f"{product.name}/{component}")
    names = context.pins.names_of(reference.digest) if reference.digest is not None else []
    if names:
        return failed("foreign-image", image=str(reference), found=reference.name, releases=names)
    return UnmanagedImage(reference.digest)


def _component_at(topology: Topology, product: Product, reference: Reference) -> str | None:
    runs = [each for each in topology.applications if each.components(product.name)]
    for source in product.components:
        if source.kind is not ComponentKind.IMAGE:
            continue
        for application in runs:
            if own_repositories(source.source, application).has(reference.name):
                return source.name
    return None


def _narrowed(found: tuple[ManagedImage, ...], namespace: str | None) -> tuple[ManagedImage, ...]:
    if len(found) < 2 or namespace is None:
        return found
    own = tuple(each for each in found if each.namespace == namespace)
    return own or found


def custom_images(topology: Topology) -> Iterator[CustomImages]:
    """The kinds of custom resources whose images the workspace knows, of whatever place."""
    for application in topology.applications:
        for each in application.workloads.selections if application.workloads is not None else ():
            if each.custom is not None:
                paths = {name: parse_path(path) for name, path in each.custom.images.items()}
                yield CustomImages(each.custom.kind, paths)
