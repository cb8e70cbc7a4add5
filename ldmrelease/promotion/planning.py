"""From a request to a plan: a pure function, so that a plan can be made again and compared by digest."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.plan import PlacePlan, Plan, Step, StepKind
from ldmrelease.domain.streams import StepId
from ldmrelease.domain.topology import Place


class Site(Struct, frozen=True):
    """What the plan needs to know of a place.

    `wanted` is what the target has to hold (a setting's path and value, or a menu's change); `checks` are
    run after it runs there; `receipts` are the components that get one, beside the release itself. `registry`
    is the environment's own, that images are copied to first; `pulls` says that its nodes fetch them before
    anything is switched. `proposes` says how a change is proposed there (its kind of forge), None where it is pushed;
    `shares` is the branch for which consecutive places of an environment have one proposal, None where they have not.
    """

    place: Place
    level: str
    wanted: dict[str, Any]
    checks: tuple[str, ...]
    receipts: tuple[str, ...]
    confirms: bool
    registry: str | None = None
    pulls: bool = False
    proposes: dict[str, Any] | None = None
    shares: str | None = None


def make_plan(
    promotion: str, intent: Intent, product: str, tag: str, release: str, sites: Iterable[Site]
) -> Plan:
    """The plan of a promotion; `release` is the release's digest, `sites` are in the order of the walk."""
    places = tuple(_place_plan(site, intent) for site in _in_waves(sites))
    return Plan(promotion, intent, product, tag, release, places)


def _in_waves(sites: Iterable[Site]) -> Iterator[Site]:
    """The sites; those that have one proposal together say at which of them it is made."""
    for (_, shared), found in groupby(sites, key=lambda each: (each.place.environment, each.shares)):
        wave = list(found)
        named = {"wave": str(wave[0].place)} if shared is not None and len(wave) > 1 else {}
        for each in wave:
            yield replace(each, proposes=each.proposes | named) if each.proposes is not None else each


def _place_plan(site: Site, intent: Intent) -> PlacePlan:
    kinds: list[tuple[StepKind, str, dict[str, Any]]] = [
        *_begun(site, intent),
        (StepKind.APPLY, "", {"wanted": site.wanted}),
        (StepKind.SETTLE, "", {}),
    ]
    if intent in (Intent.PROMOTE, Intent.ROLLBACK):
        kinds += [(StepKind.CHECK, name, {"check": name}) for name in site.checks]
        kinds += [
            (StepKind.RECEIPT, "", {"components": list(site.receipts)}),
            (StepKind.PUBLISH, "", {"components": list(site.receipts)}),
        ]
    steps = tuple(_step(site.place, *each) for each in kinds)
    free = _step(site.place, StepKind.FREE, "", {})
    restore = _step(site.place, StepKind.RESTORE, "", {"wanted": site.wanted})
    confirms = site.confirms and intent in (Intent.PROMOTE, Intent.ROLLBACK)
    return PlacePlan(site.place, site.level, steps, free, restore, confirms)


def _begun(site: Site, intent: Intent) -> list[tuple[StepKind, str, dict[str, Any]]]:
    """What comes before the write; where others merge it, images are at the site before they can."""
    claim: tuple[StepKind, str, dict[str, Any]] = (StepKind.CLAIM, "", {})
    brought = _brought(site, intent)
    if site.proposes is None:
        return [claim, *brought]
    copied = [each for each in brought if each[0] is StepKind.COPY]
    proposed = [(each, "", site.proposes) for each in (StepKind.PROPOSE, StepKind.MERGE)]
    return [*copied, *proposed, claim, *(each for each in brought if each not in copied)]


def _brought(site: Site, intent: Intent) -> list[tuple[StepKind, str, dict[str, Any]]]:
    """What brings the images to the site before anything is changed there."""
    if intent is Intent.RETIRE or site.registry is None:
        return []
    images = {"components": list(site.receipts), "registry": site.registry}
    copied = [(StepKind.COPY, "", images)]
    return [*copied, (StepKind.PULL, "", images)] if site.pulls else copied


def _step(place: Place, kind: StepKind, name: str, parameters: dict[str, Any]) -> Step:
    return Step(str(StepId(place, kind, name or None)), place, kind, parameters)
