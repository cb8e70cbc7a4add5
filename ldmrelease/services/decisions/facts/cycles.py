"""Of which cycle everything in the environment of a place is, as it would be with the release there.

That is what the settings of each place say as committed. Where there are none, it is what was seen there last.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ldmrelease.domain.errors import Unavailable, UnavailableError
from ldmrelease.domain.facts import CycleFact, CycleRole, Intent
from ldmrelease.domain.tags.cycles import cycle_of_image, numbered
from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry
from ldmrelease.services.deployments import desired
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.observations import latest_observation
from ldmrelease.services.releases.components import ProductComponent, components_of
from ldmrelease.targets import registry
from ldmrelease.targets.image_setting import ImageSetting
from ldmrelease.targets.results import Refusal, Snapshot


class SettingsUnavailable(UnavailableError):
    """Nobody could be asked what is committed in an environment."""

    def __init__(self, told: Unavailable) -> None:
        super().__init__(f"{told.where}: {told.reason}")
        self.where, self.reason, self.passes = told.where, told.reason, told.passes


def gather(inquiry: Inquiry) -> tuple[CycleFact, ...]:
    """What names a cycle in the environment; or should, and cannot be read. Raises `SettingsUnavailable`."""
    about, here = inquiry.release, inquiry.question.place
    application = about.context.topology.application(here)
    if application is None:
        return ()
    known = about.once(_Committed)
    found = list(_of_release(about, application))
    for each in about.context.topology.applications:
        if each.place.environment == here.environment:
            found += known.after(each, inquiry) if each.place == here else known.at(each)
    return tuple(dict.fromkeys(each for each in found if each.cycle is not None or each.problem is not None))


def _of_release(about: ReleaseInquiry, application: Application) -> Iterator[CycleFact]:
    """The release's own images that belong to the place."""
    components = components_of(about.context.topology, application)
    for image in about.pinned.release.images:
        component = components.get(image.name)
        if component is not None and component.product == about.pinned.release.product:
            yield _fact(application.place, CycleRole.RELEASE, component, image.spelling)


class _Settings(Struct, frozen=True):
    """What a place's settings say of images, and the number of the cycle that a menu is restricted to."""

    images: tuple[ImageSetting, ...]
    restricted: int | None


class _Committed:
    """What is committed at the places of an environment, each read once for all that are asked about."""

    def __init__(self, about: ReleaseInquiry) -> None:
        self._about = about
        self._snapshots: dict[Place, Snapshot | Refusal] = {}
        self._names = ImageNames(about.context)

    def at(self, application: Application) -> Iterator[CycleFact]:
        """What is there now."""
        if not application.target.capabilities.has_tree:
            yield from self._observed(application)
            return
        yield from self._facts(application, self._said(application, self._snapshot(application)))

    def after(self, application: Application, inquiry: Inquiry) -> Iterator[CycleFact]:
        """What is there with the release, apart from its own images."""
        release = self._about.pinned.release
        if not application.target.capabilities.has_tree:
            own = set(application.components(release.product))
            yield from (each for each in self._observed(application) if each.component not in own)
            return
        there = self._snapshot(application)
        if isinstance(there, Snapshot) and inquiry.question.intent is Intent.PROMOTE:
            wanted = desired.edits(application.target, release, Intent.PROMOTE, None, there)
            # What the settings cannot be made to say is found when planning.
            there = there if isinstance(wanted, Refusal) else desired.after(there, wanted)
        written = {(each.name, each.spelling) for each in release.images}
        for fact in self._facts(application, self._said(application, there)):
            if fact.role is not CycleRole.IMAGE or (fact.component, fact.tag) not in written:
                yield fact

    def _snapshot(self, application: Application) -> Snapshot | Refusal:
        place = application.place
        if place not in self._snapshots:
            found = desired.snapshot(self._about.context, application)
            if isinstance(found, Unavailable):
                raise SettingsUnavailable(found)
            self._snapshots[place] = found
        return self._snapshots[place]

    def _said(self, application: Application, there: Snapshot | Refusal) -> _Settings | Refusal:
        if isinstance(there, Refusal):
            return there
        said = registry.stated(application.target, there)
        if isinstance(said, Refusal):
            return said
        return _Settings(said, registry.restricted_cycle(application.target, there))

    def _facts(self, application: Application, found: _Settings | Refusal) -> Iterator[CycleFact]:
        place = application.place
        if isinstance(found, Refusal):
            yield CycleFact(place, CycleRole.IMAGE, "", "", None, found.code)
            return
        if found.restricted is not None:
            number = str(found.restricted)
            yield CycleFact(place, CycleRole.MENU, "", number, numbered(number))
        yield from self._of_settings(application, found.images)

    def _of_settings(self, application: Application, said: Iterable[ImageSetting]) -> Iterator[CycleFact]:
        components = components_of(self._about.context.topology, application)
        for each in said:
            component = components.get(each.component)
            if component is not None:
                tag = each.tag or self._spelled(component, each.digest) or each.invalid or ""
                role = CycleRole.IMAGE if each.alias is None else CycleRole.ALIAS
                yield _fact(application.place, role, component, tag)

    def _observed(self, application: Application) -> Iterator[CycleFact]:
        """What was seen last where no settings are kept beside what runs."""
        latest = latest_observation(self._about.context, application.place)
        components = components_of(self._about.context.topology, application)
        for each in latest.observation.images if latest is not None else ():
            component = components.get(each.component)
            if component is not None:
                tag = self._spelled(component, each.digest) or each.spelling
                yield _fact(application.place, CycleRole.IMAGE, component, tag)

    def _spelled(self, component: ProductComponent, digest: str | None) -> str | None:
        """The tag under which an image was pinned."""
        pins = self._names.pins(component.product, component.source.name, digest or "")
        return pins[-1].component.spelling if pins else None


def _fact(place: Place, role: CycleRole, component: ProductComponent, tag: str) -> CycleFact:
    source = component.source
    cycle = cycle_of_image(tag, source.spelling, component.grammar)
    return CycleFact(place, role, source.name, tag, cycle)
