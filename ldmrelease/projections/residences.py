"""Residences: which image ran where, and how long, folded from observations.

A pure fold, made again from what is verified whenever it is asked for. As the projection `observed` it tells an
append whether something of what it rests on has moved, and is believed no further. Its keys begin with what they tell
about:

    place/<environment>/<application>                                    the latest observation there
    seen/<environment>/<application>                                     what it saw, by key
    residence/<digest>/<environment>/<application>/<product>/<component> an image that is there now
    residence-ended/.../<event>                                          earlier ones, by their first event

An image without a digest has what stands there behind the component: its spelling, and the repository of a foreign one.
So what is there now is read without what was, and one digest without the others. Signatures are not looked
at here: every state has the number of its last observation's event, and `replayed` folds verified events
alone. `seen` reads the states as values.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from ldmrelease.domain import canonical, times
from ldmrelease.domain.events import Event, EventKind
from ldmrelease.domain.events.place import Observation, ObservedImage
from ldmrelease.domain.topology import Place
from ldmrelease.projections.claimed import claimed_body
from ldmrelease.projections.intervals import ObservedAt, begun, continued, ended

PROJECTION = "observed"
INTAKE_WINDOW = timedelta(minutes=10)
"""How far an observation's own time may be from its intake. Further, and it has no effect: a statement's
time is its intake, so a soak cannot be had by dating observations back (trust.md section 2)."""

_ENDS = {"restore": "restored", "retire": "retired"}

Get = Callable[[str], Any]
States = dict[str, Any]


class Reading(NamedTuple):
    """How observations are read, where more is known than they say.

    label: what an image was called, by the number of the event that saw it; another label is another residence.
    counts: whether its time counts, by that number.
    """

    label: Callable[[Place, ObservedImage, int], str] = lambda _place, _image, _at: ""
    counts: Callable[[Place, ObservedImage, int], bool] = lambda _place, _image, _at: True


PLAIN = Reading()
"""As they stand: every image by its digest, and all of its time counts."""


def fold_observations(get: Get, event: Event) -> States:
    """The states that an observation changes; none for any other event, and for one that cannot be read.

    An observation older than the latest one of its place changes nothing.
    """
    observation = _observation(event)
    return _folded(get, Seen(event.sequence, observation), PLAIN) if observation is not None else {}


class Seen(NamedTuple):
    """An observation with the number of its event. `unbroken` says that others, which are left out, lead to it from the
    one before it without a gap, and saw the same.
    """

    sequence: int
    observation: Observation
    unbroken: bool = False


def replayed(observations: Iterable[Seen | tuple[int, Observation]], reading: Reading = PLAIN) -> States:
    """The states that these observations alone make, each with the number of its event: for a reader who has verified
    them.
    """
    states: States = {}
    for seen in observations:
        for key, value in _folded(states.get, Seen(*seen), reading).items():
            if value is None:
                del states[key]
            else:
                states[key] = value
    return states


def _folded(get: Get, told: Seen, reading: Reading) -> States:
    observation = told.observation
    before = get(place_key(observation.place))
    moment = _moment(before, told)
    if moment is None:
        return {}
    changed: States = {place_key(observation.place): _latest(observation, moment)}
    seen = get(seen_key(observation.place)) or []
    now = _fold_residences(get, changed, seen, observation, moment, reading)
    if now != seen:
        changed[seen_key(observation.place)] = now
    return changed


def place_key(place: Place) -> str:
    """The key of the latest observation at a place."""
    return _key("place", *_parts(place))


def seen_key(place: Place) -> str:
    """The key of what the latest observation at a place saw: the keys of its residences."""
    return _key("seen", *_parts(place))


def residence_prefixes(digest: str) -> tuple[str, str]:
    """How the keys of an image digest's residences begin: of those now, and of those that ended."""
    return _key("residence", digest, ""), _key("residence-ended", digest, "")


def image_residence_keys(place: Place, product: str, component: str, digest: str) -> tuple[str, str]:
    """The key of an image's residence at a place now, and how the keys of its ended ones there begin."""
    parts = (digest, *_parts(place), product, component)
    return _key("residence", *parts), _key("residence-ended", *parts, "")


def timely(observation: Observation, event: Event) -> bool:
    """Whether an observation was taken in when it says that it was made."""
    return observation.time.tzinfo is not None and abs(event.time - observation.time) <= INTAKE_WINDOW


def _observation(event: Event) -> Observation | None:
    observation = claimed_body(event, Observation) if event.kind == EventKind.OBSERVED else None
    return observation if observation is not None and timely(observation, event) else None


def _moment(before: Mapping[str, Any] | None, told: Seen) -> ObservedAt | None:
    sequence, observation, unbroken = told
    time = times.whole(observation.time)
    if before is None:
        return ObservedAt(sequence, time, None)
    since = int((time - times.instant(before["time"])).total_seconds())
    if since < 0:
        return None
    return ObservedAt(sequence, time, since if unbroken or since <= observation.every else None)


def _latest(observation: Observation, moment: ObservedAt) -> dict[str, Any]:
    return {
        "environment": observation.place.environment,
        "application": observation.place.application,
        "sequence": moment.sequence,
        "time": times.spell(moment.time),
        "basis": observation.basis,
        "revision": observation.revision,
        "aliases": dict(sorted(observation.aliases.items())),
        "every": observation.every,
    }


def _fold_residences(
    get: Get,
    changed: States,
    known: list[str],
    observation: Observation,
    moment: ObservedAt,
    reading: Reading,
) -> list[str]:
    place, at = observation.place, moment.sequence
    images: dict[str, list[ObservedImage]] = {}
    for image in observation.images:
        label = reading.label(place, image, at)
        images.setdefault(_residence_key(place, image, label), []).append(image)
    for key, seen in images.items():
        counted = all(image.ready and reading.counts(place, image, at) for image in seen)
        before = get(key)
        span = continued(before, moment, counted=counted) if before else begun(moment, counted=counted)
        changed[key] = {**span, **_described(place, seen[0]), "ready": counted}
    for key in set(known) - images.keys():
        _end(get, changed, key, observation, moment)
    return sorted(images)


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
        "first_spelled": image.first,
        "foreign": canonical.to_plain(image.foreign),
    }


def _where(place: Place) -> dict[str, Any]:
    return {"environment": place.environment, "application": place.application}


def _residence_key(place: Place, image: ObservedImage, label: str) -> str:
    digest, *stands = image.identity
    named = (label,) if label else ()
    return _key("residence", digest, *_parts(place), image.product, image.component, *stands, *named)


def _parts(place: Place) -> tuple[str, str]:
    return place.environment, place.application


def _key(*parts: str) -> str:
    # Quoted, so that a part with a slash cannot spell another key.
    return "/".join(map(_quoted, parts))


@lru_cache(maxsize=4096)
def _quoted(part: str) -> str:
    return quote(part, safe=":@ ")
