"""Conditions of recalls: CEL over what is known of a release and of the place that it is to enter, as `where --having`.

A condition has to be asked of what is not there yet, so it may not ask how or since when something runs. What it asks
for and nobody knows makes it undecided, never a no.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from ldmrelease.domain.tags.cycles import cycle_of_image
from ldmrelease.domain.times import spell
from ldmrelease.domain.topology import Application
from ldmrelease.expressions.cel import BadExpression, Condition, FieldType, read_condition
from ldmrelease.projections.naming import NamedBy
from ldmrelease.registry.digest_cache import image_cache
from ldmrelease.services.acts.hold_facts import UnknownCondition
from ldmrelease.services.inventory.having import Holds, PlaceAnswer, having
from ldmrelease.services.inventory.image_names import ImageNames
from ldmrelease.services.inventory.known_values import (
    FIELDS,
    AskedImage,
    KnownField,
    KnownRelease,
    KnownValues,
)
from ldmrelease.services.inventory.observations import latest_observation
from ldmrelease.services.inventory.where import PlaceComponent, PlaceRow
from ldmrelease.services.needs import ConditionSources, ReleaseHistory
from ldmrelease.services.releases.components import components_of
from ldmrelease.services.releases.pin import Pinned

TIMEOUT = 10.0
"""Seconds for what has to be read of images before a decision: what did not come by then is not known."""

_OF_WHAT_RUNS = frozenset({"aliases", "state", "since"})
_CYCLES = "environment_cycles"
RECALL_FIELDS: Mapping[str, KnownField] = {
    **{name: each for name, each in FIELDS.items() if name not in _OF_WHAT_RUNS},
    _CYCLES: KnownField(FieldType.TEXTS, "the cycles of everything that was last seen in the environment"),
}
"""Every field that the condition of a recall may ask for."""


def read_recall_condition(expression: str) -> Condition | BadExpression:
    """Read and type-check the condition of a recall."""
    return read_condition(expression, {name: each.type for name, each in RECALL_FIELDS.items()})


def judge_release(
    context: ConditionSources, pinned: Pinned, application: Application, expression: str, now: datetime
) -> bool | UnknownCondition:
    """Whether a condition holds of any image of a release that a place runs: of none it is not known, where it may."""
    condition = read_recall_condition(expression)
    if isinstance(condition, BadExpression):
        return UnknownCondition(condition.message)
    rows = [
        _as_if_there(application, pinned, name, now)
        for name in application.components(pinned.release.product)
    ]
    found = judge_rows(context, condition, [each for each in rows if each is not None], pinned=pinned)
    if any(each.holds is Holds.MATCHED for each in found):
        return True
    unknown = next((each for each in found if each.holds is Holds.UNKNOWN), None)
    return False if unknown is None else UnknownCondition(unknown.reason or "it is not known")


def judge_rows(
    context: ConditionSources,
    condition: Condition,
    rows: Iterable[PlaceRow],
    *,
    pinned: Pinned | None = None,
    timeout: float = TIMEOUT,
) -> list[PlaceAnswer]:
    """What a condition says of each image at a place, in their order; `pinned` need not be stored yet."""
    known = _KnownHere(context, condition.fields, pinned)
    return having(context, rows, condition, image_cache(os.environ), timeout, known)


def _as_if_there(
    application: Application, pinned: Pinned, component: str, now: datetime
) -> PlaceComponent | None:
    """The image of a component as it would be at a place."""
    image = next((each for each in pinned.release.images if each.name == component), None)
    if image is None:
        return None
    return PlaceComponent(
        place=application.place,
        level=application.level,
        product=pinned.release.product,
        component=component,
        digest=image.digest,
        spelling=image.spelling,
        release=pinned.release.name,
        named=NamedBy.IMAGE,
        since=spell(now),
        last=spell(now),
        state="wanted",
        aliases=(),
        promotion=None,
        allowed=None,
        revision=pinned.revision or None,
    )


class _KnownHere:
    """What is known of images, and of the environments that they are in."""

    def __init__(self, context: ConditionSources, fields: frozenset[str], pinned: Pinned | None) -> None:
        self._context = context
        self._fields = fields
        self._images = KnownRelease(context, fields, pinned)
        self._cycles: dict[str, list[str] | str] = {}

    def of(self, row: AskedImage) -> KnownValues:
        found = self._images.of(row)
        if _CYCLES not in self._fields:
            return found
        environment = row.place.environment
        if environment not in self._cycles:
            self._cycles[environment] = _cycles_in(self._context, environment)
        cycles = self._cycles[environment]
        if isinstance(cycles, str):
            return replace(found, lacking={**found.lacking, _CYCLES: cycles})
        return replace(found, values={**found.values, _CYCLES: cycles})


def _cycles_in(context: ReleaseHistory, environment: str) -> list[str] | str:
    """The cycles of what was last seen in an environment; or why nobody knows."""
    names, found = ImageNames(context), set[str]()
    for application in context.topology.applications:
        if application.place.environment != environment:
            continue
        latest = latest_observation(context, application.place)
        if latest is None:
            return f"nobody has observed {application.place} yet"
        components = components_of(context.topology, application)
        for each in latest.observation.images:
            component = components.get(each.component)
            if component is not None:
                pins = names.pins(component.product, component.source.name, each.digest)
                tag = pins[-1].component.spelling if pins else each.spelling.rpartition(":")[2]
                cycle = cycle_of_image(tag, component.source.spelling, component.grammar)
                found |= {cycle} if cycle is not None else set()
    return sorted(found)
