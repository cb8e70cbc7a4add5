"""Residences: which image and which release ran where, and how long, folded from observations.

A pure fold, made again from what is verified whenever it is asked for. As the projection `observed` it tells an
append whether something of what it rests on has moved, and is believed no further. Its keys begin with what they tell
about:

    place/<environment>/<application>                                    the latest observation there
    seen/<environment>/<application>                                     what it saw, by key
    residence/<digest>/<environment>/<application>/<product>/<component> an image that is there now
    stay/<release>/<environment>/<application>                           a release that runs there now
    residence-ended/.../<event>, stay-ended/.../<event>                  earlier ones, by their first event

So what is there now is read without what was, and one digest without the others. Signatures are not looked
at here: every state has the number of its last observation's event, and `replayed` folds verified events
alone. `seen` reads the states as values.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from ldmrelease.domain import times
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.topology import Place
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.projections.intervals import ObservedAt, begun, continued, ended, paused

PROJECTION = "observed"
INTAKE_WINDOW = timedelta(minutes=10)
"""How far an observation's own time may be from its intake. Further, and it has no effect: a statement's
time is its intake, so a soak cannot be had by dating observations back (trust.md section 2)."""

_ENDS = {"restore": "restored", "retire": "retired"}

Get = Callable[[str], Any]
States = dict[str, Any]


def fold_observations(get: Get, event: Event) -> States:
    """The states that an observation changes; none for any other event, and for one that cannot be read.

    An observation older than the latest one of its place changes nothing.
    """
    observation = _observation(event)
    if observation is None:
        return {}
    before = get(place_key(observation.place))
    moment = _moment(before, observation, event.sequence)
    if moment is None:
        return {}
    changed: States = {place_key(observation.place): _latest(observation, moment)}
    seen = get(seen_key(observation.place)) or {"residences": [], "release_residences": []}
    residences = _fold_residences(get, changed, seen["residences"], observation, moment)
    release_residences = _fold_release_residences(
        get, changed, seen["release_residences"], observation, moment
    )
    now = {"residences": residences, "release_residences": release_residences}
    if now != seen:
        changed[seen_key(observation.place)] = now
    return changed


def replayed(events: Iterable[Event]) -> States:
    """The states that these events alone make: for a reader who has verified each of them."""
    states: States = {}
    for event in events:
        for key, value in fold_observations(states.get, event).items():
            if value is None:
                del states[key]
            else:
                states[key] = value
    return states


def place_key(place: Place) -> str:
    """The key of the latest observation at a place."""
    return _key("place", *_parts(place))


def seen_key(place: Place) -> str:
    """The key of what the latest observation at a place saw: `residences` and `release_residences`, by key."""
    return _key("seen", *_parts(place))


def residence_prefixes(digest: str) -> tuple[str, str]:
    """How the keys of an image digest's residences begin: of those now, and of those that ended."""
    return _key("residence", digest, ""), _key("residence-ended", digest, "")


def release_residence_keys(release: str, place: Place) -> tuple[str, str]:
    """The key of a release's stay at a place now, and how the keys of its ended ones there begin."""
    return _stay_key(release, place), _key("stay-ended", release, *_parts(place), "")


def release_residence_prefixes(release: str) -> tuple[str, str]:
    """How the keys of a release's release_residences begin: of those now, and of those that ended."""
    return _key("stay", release, ""), _key("stay-ended", release, "")


def timely(observation: Observation, event: Event) -> bool:
    """Whether an observation was taken in when it says that it was made."""
    return observation.time.tzinfo is not None and abs(event.time - observation.time) <= INTAKE_WINDOW


def _observation(event: Event) -> Observation | None:
    observation = claimed_body(event, Observation) if event.kind == EventKind.OBSERVED else None
    return observation if observation is not None and timely(observation, event) else None


def _moment(before: Mapping[str, Any] | None, observation: Observation, sequence: int) -> ObservedAt | None:
    time = times.whole(observation.time)
    if before is None:
        return ObservedAt(sequence, time, None)
    since = int((time - times.instant(before["time"])).total_seconds())
    if since < 0:
        return None
    return ObservedAt(sequence, time, since if since <= observation.every else None)


def _latest(observation: Observation, moment: ObservedAt) -> dict[str, Any]:
    return {
        "environment": observation.place.environment,
        "application": observation.place.application,
        "sequence": moment.sequence,
        "time": times.spell(moment.time),
        "basis": observation.basis,
        "revision": observation.revision,
        "releases": sorted(set(observation.releases)),
        "aliases": dict(sorted(observation.aliases.items())),
        "every": observation.every,
    }


def _fold_residences(
    get: Get, changed: States, known: list[str], observation: Observation, moment: ObservedAt
) -> list[str]:
    images: dict[str, list[ObservedImage]] = {}
    for image in observation.images:
        images.setdefault(_residence_key(observation.place, image), []).append(image)
    for key, seen in images.items():
        counted = all(image.ready for image in seen)
        before = get(key)
        span = continued(before, moment, counted=counted) if before else begun(moment, counted=counted)
        changed[key] = {**span, **_described(observation.place, seen[0]), "ready": counted}
    for key in set(known) - images.keys():
        _end(get, changed, key, observation, moment)
    return sorted(images)


def _fold_release_residences(
    get: Get, changed: States, known: list[str], observation: Observation, moment: ObservedAt
) -> list[str]:
    """A release is there as long as one of its images is seen, and counts while all of it is ready."""
    place = observation.place
    running = {_stay_key(each, place): each for each in observation.releases}
    partly = {_stay_key(each.release, place) for each in observation.images if each.release}
    for key, release in running.items():
        before = get(key)
        span = continued(before, moment, counted=True) if before else begun(moment, counted=True)
        changed[key] = {**span, **_where(place), "release": release}
    for key in set(known) - running.keys():
        if key in partly:
            changed[key] = paused(get(key), moment)
        else:
            _end(get, changed, key, observation, moment)
    return sorted(running.keys() | (partly & set(known)))


def _end(get: Get, changed: States, key: str, observation: Observation, moment: ObservedAt) -> None:
    """Move a state from what is there to what was there."""
    before = get(key)
    what, _, rest = key.partition("/")
    changed[key] = None
    changed[f"{what}-ended/{rest}/{before['from']:012d}"] = ended(
        before, moment, _ENDS.get(observation.cause or "", "replaced")
    )


def _described(place: Place, image: ObservedImage) -> dict[str, Any]:
    return {
        **_where(place),
        "product": image.product,
        "component": image.component,
        "digest": image.digest,
        "spelling": image.spelling,
        "release": image.release,
    }


def _where(place: Place) -> dict[str, Any]:
    return {"environment": place.environment, "application": place.application}


def _residence_key(place: Place, image: ObservedImage) -> str:
    return _key("residence", image.digest, *_parts(place), image.product, image.component)


def _stay_key(release: str, place: Place) -> str:
    return _key("stay", release, *_parts(place))


def _parts(place: Place) -> tuple[str, str]:
    return place.environment, place.application


def _key(*parts: str) -> str:
    # Quoted, so that a part with a slash cannot spell another key.
    return "/".join(map(_quoted, parts))


@lru_cache(maxsize=4096)
def _quoted(part: str) -> str:
    return quote(part, safe=":@ ")
