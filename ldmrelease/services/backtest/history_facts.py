"""Facts of one change of a history: what the engine looks at, as far as tags alone say it."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain import canonical
from ldmrelease.domain.facts import (
    ChangeFact,
    CycleFact,
    CycleRole,
    Facts,
    ImageFact,
    ImageResidence,
    Intent,
    ReleaseFact,
)
from ldmrelease.domain.level import Level
from ldmrelease.domain.setting_changes import SettingChange
from ldmrelease.domain.tags import Kind, parse
from ldmrelease.domain.tags.cycles import cycle_of_tag
from ldmrelease.domain.topology import Place
from ldmrelease.services.backtest.guessed_grammars import ReadTag
from ldmrelease.services.backtest.levels import EnvironmentLevels
from ldmrelease.services.backtest.settings import SettingState, SettingStates

NOTHING = ReadTag("", Kind.release, judged=False)
"""What is there where a setting says nothing: the chart's own, whichever that is."""


class HistoryFacts(Struct, frozen=True):
    """Makes facts of changes.

    assume_ran: take it that what a tree asked for ran there from then on, behind an admission.
    """

    settings: SettingStates
    environments: EnvironmentLevels
    assume_ran: bool = False

    def of(
        self,
        change: SettingChange,
        tag: ReadTag,
        level: Level,
        brought: ChangeFact | None,
        cycles: "Cycles | None",
    ) -> Facts:
        """The facts about a change, before it is made."""
        place, key = place_of(change.environment, change.application), change.key
        digest = _digest(tag.text)
        state = self.settings.of(change)
        residences = tuple(_here(state, tag, place, level.name, key, digest))
        places: dict[str, tuple[Place, ...]] = {level.name: (place,)}
        components: dict[str, tuple[str, ...]] = {str(place): (key,)}
        if self.assume_ran:
            others = list(self._elsewhere(change))
            for other, name, its in others:
                places[name] = (*places.get(name, ()), other)
                components[str(other)] = (key,)
                residences += tuple(_ran(its, tag, other, name, key, digest, change.time))
        return Facts(
            intent=Intent.PROMOTE,
            requester=change.author or "",
            place=place,
            level=level.name,
            policy=level.digest,
            release=_release(change, tag, digest),
            residences=residences,
            cycles=() if cycles is None else cycles.around(change, tag),
            change=brought,
            places=places,
            place_components=components,
        )

    def _elsewhere(self, change: SettingChange) -> Iterator[tuple[Place, str, SettingState]]:
        """The same setting in other environments."""
        for environment, state in self.settings.elsewhere[change.application, change.key].items():
            if environment != change.environment:
                name = self.environments.of_environment(environment)
                yield place_of(environment, change.application), name, state


class Cycles:
    """Of which cycle the settings of every environment are, as they would be after the commit in question."""

    def __init__(self) -> None:
        self._found: dict[str, dict[tuple[str, str], CycleFact]] = {}

    def set(self, change: SettingChange, tag: ReadTag | None) -> None:
        """What a setting says from now on."""
        known = self._found.setdefault(change.environment, {})
        fact = None if tag is None else _cycle(change, tag, CycleRole.IMAGE)
        if fact is None:
            known.pop((change.application, change.key), None)
        else:
            known[change.application, change.key] = fact

    def around(self, change: SettingChange, tag: ReadTag) -> tuple[CycleFact, ...]:
        """That of a change, and those of everything else in its environment."""
        own = _cycle(change, tag, CycleRole.RELEASE)
        if own is None:
            return ()
        others = self._found.get(change.environment, {})
        here = (change.application, change.key)
        return (own, *(each for name, each in others.items() if name != here))


def place_of(environment: str, application: str) -> Place:
    """A place of these names; a history may have a slash in them, which places do not."""
    return Place(environment.replace("/", "_") or "_", application.replace("/", "_") or "_")


def _cycle(change: SettingChange, tag: ReadTag, role: CycleRole) -> CycleFact | None:
    text = tag.text.removeprefix("recommended_")
    alias = text != tag.text
    cycle = next((found for each in ("cycle", "rsp") if (found := cycle_of_tag(parse(text, each)))), None)
    if cycle is None:
        return None
    place = place_of(change.environment, change.application)
    return CycleFact(
        place, CycleRole.ALIAS if alias and role is CycleRole.IMAGE else role, change.key, tag.text, cycle
    )


def _release(change: SettingChange, tag: ReadTag, digest: str) -> ReleaseFact:
    image = ImageFact(change.key, f"{change.application}:{tag.text}", digest, (), None, None)
    return ReleaseFact(
        product=change.application,
        tag=tag.text,
        kind=tag.kind,
        readable=tag.readable,
        order=tag.order,
        version=None,
        digest=digest,
        content=None,
        missing=(),
        images=(image,),
    )


def _here(
    state: SettingState, tag: ReadTag, place: Place, level: str, key: str, digest: str
) -> Iterator[ImageResidence]:
    """When the setting said this before."""
    if not tag.text or tag.kind in (Kind.alias, Kind.moving):
        # A name that moves brings back no image.
        return
    stay = state.stays.get(tag.text)
    if stay is not None and stay.last is not None:
        yield ImageResidence(
            place,
            level,
            key,
            digest,
            stay.first,
            stay.last,
            stay.seconds,
            None,
            current=False,
            ended="replaced",
        )


def _ran(
    state: SettingState, tag: ReadTag, place: Place, level: str, key: str, digest: str, now: datetime
) -> Iterator[ImageResidence]:
    stay = state.stays.get(tag.text)
    if stay is None:
        return
    current = stay.last is None
    since = state.since if current else None
    seconds = stay.seconds + (0 if since is None else max(0, int((now - since).total_seconds())))
    yield ImageResidence(
        place,
        level,
        key,
        digest,
        stay.first,
        stay.last or now,
        seconds,
        seconds,
        current=current,
        ended=None if current else "replaced",
    )


def _digest(text: str) -> str:
    return canonical.digest(text.encode())
