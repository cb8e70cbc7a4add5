"""The recalls that a bundle tells: by digest, since whoever reads it has neither names nor conditions to go by.

Freezes are in its decisions.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from ldmrelease.domain.bundle import BundleHold
from ldmrelease.domain.events.acts import HoldKind
from ldmrelease.domain.level import Recalled
from ldmrelease.domain.topology import Application, Place
from ldmrelease.services.acts.holds import KnownHold, known_holds
from ldmrelease.services.decisions.decide import level_at
from ldmrelease.services.needs import RecallSources
from ldmrelease.services.releases.pin import Pinned


def bundle_holds(context: RecallSources, pinned: Sequence[Pinned], now: datetime) -> tuple[BundleHold, ...]:
    """The recalls that stand, for the places of the workspace and these releases."""
    found: dict[BundleHold, None] = {}
    for each in known_holds(context):
        if each.body.kind is HoldKind.RECALL and each.stands(now):
            found |= dict.fromkeys(_of_hold(context, each, pinned, now))
    return tuple(found)


def _of_hold(
    context: RecallSources, hold: KnownHold, pinned: Sequence[Pinned], now: datetime
) -> Iterator[BundleHold]:
    there = [each for each in context.topology.applications if hold.covers(each.place, each.level)]
    named = [each for each in pinned if hold.names(each.release, each.digest)]
    if hold.body.predicate is None:
        digests = dict.fromkeys(
            (*hold.body.subjects, *(each for one in named for each in _digests(hold, one)))
        )
        yield from _at(context, hold, there, digests)
        return
    # The expression language and registries: who has no conditional recall goes without.
    from ldmrelease.services.acts.conditions import judge_release  # noqa: PLC0415

    for application in there:
        for each in named:
            if judge_release(context, each, application, hold.body.predicate, now) is True:
                yield from _at(context, hold, [application], (each.digest, *_images(each)))


def _digests(hold: KnownHold, pinned: Pinned) -> Iterator[str]:
    """A release that falls under a recall; and its images, where they do not by themselves."""
    yield pinned.digest
    body, release = hold.body, pinned.release
    named = body.component is None and (body.product, body.tag) == (release.product, release.tag)
    if named or not {pinned.digest, release.content}.isdisjoint(body.subjects):
        yield from _images(pinned)


def _images(pinned: Pinned) -> Iterator[str]:
    for each in pinned.release.images:
        yield from each.identity.digests()


def _at(
    context: RecallSources, hold: KnownHold, applications: Iterable[Application], digests: Iterable[str]
) -> Iterator[BundleHold]:
    """The same for places whose level says that what runs is stopped, and for the others."""
    by_answer: dict[bool, list[Place]] = {}
    for each in applications:
        stops = level_at(context, each.place).recalled is Recalled.BLOCKED
        by_answer.setdefault(stops, []).append(each.place)
    for digest in digests:
        for stops, places in by_answer.items():
            yield BundleHold(hold.id, digest, hold.body.reason, stops, hold.person, tuple(places))
