"""What the other applications of the environment run, by observations that still speak for now."""

from datetime import timedelta

from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.facts import ColocatedRelease
from ldmrelease.domain.topology import Place
from ldmrelease.services.decisions.facts.inquiry import Inquiry
from ldmrelease.services.inventory.observations import latest_observation
from ldmrelease.services.known_pins import KnownPins, name_of


def gather(inquiry: Inquiry) -> tuple[ColocatedRelease, ...]:
    """The releases of each product, at each other place of the environment."""
    context, here = inquiry.release.context, inquiry.question.place
    found = []
    for application in context.topology.applications:
        place = application.place
        if place.environment != here.environment or place == here:
            continue
        observation = latest_observation(context, place)
        if observation is None or inquiry.release.now - observation.time > timedelta(
            seconds=observation.every
        ):
            continue
        names = [_names(context.pins, each) for each in observation.releases]
        products = {name.partition("/")[0] for each in names for name in each}
        found += [_colocated(place, product, observation, names) for product in sorted(products)]
    return tuple(found)


def _colocated(
    place: Place, product: str, observation: Observation, names: list[list[str]]
) -> ColocatedRelease:
    mine = [
        (digest, name)
        for digest, known in zip(observation.releases, names, strict=True)
        for name in known
        if name.startswith(product + "/")
    ]
    tags = tuple(name.partition("/")[2] for _, name in mine)
    return ColocatedRelease(place, product, tuple(digest for digest, _ in mine), tags)


def _names(pins: KnownPins, release: str) -> list[str]:
    found = pins.of_release(release)
    return [name_of(found.body)] if found is not None else []
