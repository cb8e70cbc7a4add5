"""Which of what was asked for in the past somebody asks about: environments, applications, or an image."""

from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec import Struct

from ldmrelease.domain.streams import DESIRED, desired_stream
from ldmrelease.domain.topology import Topology
from ldmrelease.services.audit.desired_history import DesiredSetting, desired_at
from ldmrelease.services.deployments.target import UnknownTarget, applications_at
from ldmrelease.services.needs import RecordLookup

Where = tuple[str, str]


class UnknownPlace(Struct, frozen=True):
    """No environment and no application of that name was ever imported; `known` are those that were."""

    what: str
    known: tuple[str, ...]


def has_imported(context: RecordLookup, known: datetime | None = None) -> bool:
    """Whether the history of any tree was imported, as of a time."""
    first = next(iter(context.ledger.events(stream_prefix=DESIRED)), None)
    return first is not None and (known is None or first.time <= known)


def imported_places(context: RecordLookup, known: datetime | None = None) -> frozenset[Where]:
    """The environments and applications whose history was imported, by the names of their streams."""
    found = set[Where]()
    for event in context.ledger.events(stream_prefix=DESIRED):
        if known is not None and event.time > known:
            continue
        environment, _, application = event.stream.removeprefix(DESIRED).partition("/")
        found.add((environment, application))
    return frozenset(found)


def asked_for(
    context: RecordLookup,
    topology: Topology,
    time: datetime,
    known: datetime | None = None,
    *,
    what: str | None = None,
    target: str | None = None,
) -> list[DesiredSetting] | UnknownPlace:
    """What trees asked for at a time, by what was imported as of `known`.

    target: an environment, `ENVIRONMENT/APPLICATION`, or a level of the workspace. what: one of these, an application,
    or an image's tag. Raises as `desired_at`.
    """
    environment, slash, application = (target or "").partition("/")
    if what is None and slash and context.ledger.version(desired_stream(environment, application)):
        # Nothing else is read.
        return desired_at(context, time, known, environment=environment, application=application)
    places = imported_places(context, known)
    chosen: Collection[Where] = places
    if target is not None:
        chosen = _at(places, topology, target)
        if not chosen:
            return UnknownPlace(target, _names(places))
    if what is None:
        return _asked(context, time, known, chosen, places)
    named = {each for each in _at(places, topology, what) or _of(places, what) if each in chosen}
    if named:
        return _asked(context, time, known, named, places)
    found = [each for each in _asked(context, time, known, chosen, places) if _is(each.tag, what)]
    return found or UnknownPlace(what, _names(places))


def _asked(
    context: RecordLookup,
    time: datetime,
    known: datetime | None,
    chosen: Collection[Where],
    places: Collection[Where],
) -> list[DesiredSetting]:
    if len(chosen) == len(places):
        return desired_at(context, time, known)
    found: list[DesiredSetting] = []
    for environment in sorted({each for each, _ in chosen}):
        applications = {application for each, application in chosen if each == environment}
        if applications == {application for each, application in places if each == environment}:
            found += desired_at(context, time, known, environment=environment)
            continue
        for application in sorted(applications):
            found += desired_at(context, time, known, environment=environment, application=application)
    return found


def _at(places: Iterable[Where], topology: Topology, target: str) -> set[Where]:
    """The environment, the place, or else the environments of a level."""
    environment, slash, application = target.partition("/")
    found = {each for each in places if each[0] == environment and (not slash or each[1] == application)}
    if found or slash:
        return found
    meant = applications_at(topology, target)
    if isinstance(meant, UnknownTarget):
        return set()
    environments = {each.place.environment for each in meant}
    return {each for each in places if each[0] in environments}


def _of(places: Iterable[Where], application: str) -> set[Where]:
    return {each for each in places if each[1] == application}


def _is(tag: str, what: str) -> bool:
    """Whether an image is the one that is meant: by its tag, or as it is written."""
    return tag == what or tag.rpartition(":")[2] == what


def _names(places: Iterable[Where]) -> tuple[str, ...]:
    environments = {each for each, _ in places}
    applications = {each for _, each in places}
    return (*sorted(environments), *sorted(applications - environments))
