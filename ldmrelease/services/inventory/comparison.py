"""Desired, decided and observed side by side: a row for each setting or container of each place."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from msgspec import Struct

from ldmrelease.domain.topology import Application, ComponentKind, Place, Product
from ldmrelease.services.inventory.admitted import (
    ActivePromotion,
    Admissions,
    AdmittedImage,
    ImageAdmission,
    PendingImage,
)
from ldmrelease.services.inventory.controllers import PlaceControllers
from ldmrelease.services.inventory.drift import ComparedStates, Drift, drifts, tag_of
from ldmrelease.services.inventory.trees import DeclaredImage, DesiredState, RunningContainer, TargetFailure
from ldmrelease.services.needs import ReleaseHistory

Called = Callable[[str | None, str | None], str | None]
"""What an image of a component at a place is called, by its digest and the tag there."""
PodsAnswer = tuple[RunningContainer, ...] | TargetFailure


class DesiredImage(Struct, frozen=True):
    """What the target says: a tag or an image, and its digest, None where nobody could say it."""

    spelling: str
    digest: str | None
    release: str | None


class RunningImage(Struct, frozen=True):
    """What runs. `basis` is `committed` where the tree counts as running, else `pods`.

    `digests` are what pods report; `verdict` is what became of the rollout, `reason` what troubles it; `pods` are the
    names of those that run each digest.
    """

    basis: str
    spelling: str
    digests: tuple[str, ...]
    release: str | None
    verdict: str = ""
    reason: str = ""
    pods: Mapping[str, tuple[str, ...]] = {}


class LiveComponent(Struct, frozen=True):
    """A component at a place, by the setting or container that says so (`at`).

    `promotion` is at work there now. `unheard` says who did not answer: what they would have said is None.
    """

    place: Place
    level: str
    product: str
    component: str
    at: str
    desired: DesiredImage | None
    decided: ImageAdmission | None
    observed: RunningImage | None
    drift: tuple[Drift, ...]
    promotion: str | None
    unheard: tuple[TargetFailure, ...]


class PlaceAnswers(Struct, frozen=True):
    """What was answered about a place; None where there is nobody to ask."""

    tree: DesiredState | TargetFailure | None
    pods: PodsAnswer | None
    controllers: PlaceControllers = PlaceControllers()

    @property
    def unheard(self) -> tuple[TargetFailure, ...]:
        """Who did not answer, and why."""
        of_tree = self.tree.unheard if isinstance(self.tree, DesiredState) else self.tree
        of_pods = None if isinstance(self.pods, tuple) else self.pods
        return (*(each for each in (of_tree, of_pods) if each is not None), *self.controllers.unheard)

    def said(self, component: str) -> tuple[DeclaredImage, ...]:
        """The settings of the tree that are about a component."""
        said = self.tree.said if isinstance(self.tree, DesiredState) else ()
        return tuple(each for each in said if each.component == component)

    def is_switched_off(self, component: str) -> bool:
        """Whether the tree says that the component's application is not deployed there."""
        off = self.tree.switched_off if isinstance(self.tree, DesiredState) else ()
        return any(component in each.components for each in off)

    def ran(self, component: str) -> tuple[RunningContainer, ...]:
        """The containers that run a component."""
        ran = self.pods if isinstance(self.pods, tuple) else ()
        return tuple(each for each in ran if each.component == component)


class Comparer:
    """Compares what was heard with what the ledger has decided."""

    def __init__(self, context: ReleaseHistory) -> None:
        self._topology = context.topology
        self._decisions = Admissions(context)

    def of(self, application: Application, heard: PlaceAnswers) -> Iterator[LiveComponent]:
        """The rows of a place: at least one for each image that runs there."""
        at_work = self._decisions.at_work(application.place)
        for product in self._topology.products:
            for name in application.components(product.name):
                source = product.component(name)
                if source is not None and source.kind is ComponentKind.IMAGE:
                    for said, ran in _pairs(heard.said(name), heard.ran(name)):
                        yield self._row(application, product, name, heard, said, ran, at_work)

    def _row(
        self,
        application: Application,
        product: Product,
        component: str,
        heard: PlaceAnswers,
        said: DeclaredImage | None,
        ran: RunningContainer | None,
        at_work: ActivePromotion | None,
    ) -> LiveComponent:
        allowed = self._allowed(application, product, component, said)
        called = partial(self._decisions.name_of, application.place, product.name, component)
        pinned = None
        if said is not None and said.by_digest:
            pinned = self._decisions.pinned_for(product.name, component, said.tag)
        sides = ComparedStates(
            said,
            ran,
            allowed,
            self._arriving(at_work, component),
            pinned,
            self._earlier(application, product, component),
            self._pending(application, product, component),
            heard.is_switched_off(component),
        )
        return LiveComponent(
            application.place,
            application.level,
            product.name,
            component,
            _at(said, ran),
            _desired(called, said, ran, heard),
            allowed.decided if allowed is not None else None,
            _observed(called, application, said, ran),
            drifts(sides),
            at_work.promotion if at_work is not None else None,
            heard.unheard,
        )

    def _allowed(
        self, application: Application, product: Product, component: str, said: DeclaredImage | None
    ) -> AdmittedImage | None:
        """What keeps many releases has each admitted by itself; elsewhere the last one counts."""
        if not application.target.capabilities.keeps_many:
            return self._decisions.newest(application.place, product, component)
        if said is None:
            return None
        return self._decisions.of_image(application.place, product, component, said.tag, said.digest)

    def _earlier(self, application: Application, product: Product, component: str) -> frozenset[str]:
        """What was replaced there; of what keeps many releases nothing is."""
        if application.target.capabilities.keeps_many:
            return frozenset()
        return self._decisions.earlier(application.place, product, component)

    def _pending(self, application: Application, product: Product, component: str) -> PendingImage | None:
        """What is let in and not written there; what keeps many releases shows none of them instead of another."""
        if application.target.capabilities.keeps_many:
            return None
        return self._decisions.pending(application.place, product, component)

    def _arriving(self, at_work: ActivePromotion | None, component: str) -> frozenset[str] | None:
        if at_work is None:
            return None
        image = self._decisions.image(at_work.release, component)
        return image.identity.digests() if image is not None else frozenset()


def _desired(
    called: Called, said: DeclaredImage | None, ran: RunningContainer | None, heard: PlaceAnswers
) -> DesiredImage | None:
    if said is not None:
        return DesiredImage(said.spelling, said.digest, called(said.digest, said.tag))
    # Where no tree says it, the workload itself does.
    if ran is None or heard.tree is not None:
        return None
    return DesiredImage(ran.image, ran.spec_digest, called(ran.spec_digest, tag_of(ran.image)))


def _observed(
    called: Called, application: Application, said: DeclaredImage | None, ran: RunningContainer | None
) -> RunningImage | None:
    if ran is not None:
        names = {called(each, tag_of(ran.image)) for each in ran.digests}
        release = names.pop() if len(names) == 1 else None
        return RunningImage("pods", ran.image, ran.digests, release, ran.verdict, ran.reason, ran.pods)
    if application.observe != "committed" or said is None or said.digest is None:
        return None
    return RunningImage("committed", said.spelling, (said.digest,), called(said.digest, said.tag))


def _pairs(
    said: tuple[DeclaredImage, ...], ran: tuple[RunningContainer, ...]
) -> list[tuple[DeclaredImage | None, RunningContainer | None]]:
    """Each container with the setting that it follows; settings without a container stand for themselves."""
    if not ran:
        return [(each, None) for each in said] or [(None, None)]
    first, *others = said or (None,)
    return [*((first, each) for each in ran), *((each, None) for each in others)]


def _at(said: DeclaredImage | None, ran: RunningContainer | None) -> str:
    if ran is not None:
        return f"{ran.workload} {ran.container}"
    return said.path if said is not None else ""
