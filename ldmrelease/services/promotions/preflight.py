"""Whether places can be written and checked as asked: everything that is wrong is found while planning."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from ldmrelease.checks.interface import ClusterNeeds
from ldmrelease.checks.registry import kind_of, traits
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.overlays import OverlayRequest
from ldmrelease.domain.topology import Application, Check, Place
from ldmrelease.services.decisions.decide import level_at
from ldmrelease.services.deployments import desired
from ldmrelease.services.deployments.clusters import other_cluster
from ldmrelease.services.deployments.commit_rules import commit_refusal, rules_of
from ldmrelease.services.deployments.desired import desired_edits
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.needs import PlaceAccess, PolicyLookup, TargetAccess
from ldmrelease.services.promotions.rendered_images import RenderedImages
from ldmrelease.services.promotions.tags_there import TagsNow
from ldmrelease.targets import registry
from ldmrelease.targets.connections import answer
from ldmrelease.targets.results import Refusal, Snapshot, joined_refusal
from ldmrelease.targets.shared_parts import SharedParts

if TYPE_CHECKING:
    from ldmrelease.cluster.client.api import Api


class RefusedPlace(Struct, frozen=True):
    """A place that cannot be written as asked, or nobody could be reached about it."""

    place: Place
    refusal: Refusal | Unavailable


class PreflightFailed(Struct, frozen=True):
    """Places, one at least, cannot be written as asked: found while planning, before anything is touched."""

    places: tuple[RefusedPlace, ...]


def checks_asked(
    context: PolicyLookup, application: Application, asked: OverlayRequest | None = None
) -> tuple[Check, ...]:
    """The checks that the level of an application wants there after a release runs, as far as we run them: none that is
    dropped by the overlay that is asked for.
    """
    level = level_at(context, application.place).at(application.place.environment)
    overlay = level.overlay(asked.kind, asked.name) if asked is not None else None
    wanted = [each for each in level.confirm if overlay is None or not overlay.drops(each)]
    named = dict.fromkeys(each.parameters["check"] for each in wanted if each.rule == "check")
    checks = [each for name in named if (each := context.topology.check(name)) is not None]
    return tuple(each for each in checks if traits(each.kind).run_by_us)


def preflight_failures(
    context: PlaceAccess,
    spec: PromotionSpec,
    applications: Sequence[Application],
    *,
    all_places: bool = False,
) -> Iterator[RefusedPlace]:
    """Everything that is wrong, up to where nobody could be reached; at `all_places` where each is to be answered, and
    who could not be reached about one is not asked about the next.
    """
    away: dict[str, Unavailable] = {}
    tags, shared = TagsNow(context, spec), SharedParts(context.topology)
    rendered = RenderedImages(context, spec.pinned.release, os.environ)
    checked = spec.intent in (Intent.PROMOTE, Intent.ROLLBACK)
    for application in applications:
        where = registry.where(application.target)
        refusal = away.get(where) or (
            other_cluster(context.clusters, application)
            or cluster_refusal(context, application, spec.overlay, checked=checked)
            or desired.fence_refusal(context, application)
            # Who only asks needs no token of a forge.
            or (None if all_places else _no_forge(context, application))
            or _unwritable(context, spec, application, tags, shared, rendered)
        )
        if refusal is not None:
            yield RefusedPlace(application.place, refusal)
        if isinstance(refusal, Unavailable):
            if not all_places:
                return
            if refusal.where == where:
                away[where] = refusal


def cluster_refusal(
    context: PlaceAccess,
    application: Application,
    asked: OverlayRequest | None = None,
    *,
    checked: bool = True,
) -> Refusal | Unavailable | None:
    """Why the application's cluster does not let us write there, or run its level's checks where they are
    wanted: everything at once."""
    found = [
        desired.target_refusal(context, application),
        commit_refusal(context, application),
        _uncheckable(context, application, asked) if checked else None,
    ]
    return joined_refusal([each for each in found if each is not None])


def _no_forge(context: PlaceAccess, application: Application) -> Refusal | None:
    if rules_of(context, application).propose is None:
        return None
    from ldmrelease.services.promotions.proposals import forge_refusal  # noqa: PLC0415 - knows forges

    return forge_refusal(context, application)


def _unwritable(
    context: TargetAccess,
    spec: PromotionSpec,
    application: Application,
    tags: TagsNow,
    shared: SharedParts,
    rendered: RenderedImages,
) -> Refusal | Unavailable | None:
    there = desired.snapshot(context, application)
    if not isinstance(there, Snapshot):
        return there
    wanted = desired_edits(spec, application, there)
    if isinstance(wanted, Refusal):
        return wanted
    return (
        shared.refusal(application, spec.pinned.release, there, wanted)
        or tags.refusal(application, there, wanted)
        or rendered.refusal(application, there, wanted)
    )


def _uncheckable(
    context: PlaceAccess, application: Application, overlay: OverlayRequest | None
) -> Refusal | Unavailable | None:
    """Why the level's checks that need a cluster cannot be run there."""
    workloads = application.workloads
    needed = [
        (each, kind_of(each.kind).cluster_needs(each)) for each in checks_asked(context, application, overlay)
    ]
    asked = [(check, needs) for check, needs in needed if needs is not None]
    if workloads is None:
        about = {"where": str(application.place), "level": application.level}
        return joined_refusal(
            [Refusal("job-without-cluster", {**about, "check": check.name}) for check, _ in asked]
        )
    distinct = {needs.namespace: (check.kind, needs) for check, needs in asked}

    def act() -> list[Refusal]:
        api = context.clusters.open(workloads.cluster)
        return [found for name in sorted(distinct) for found in _unmet(api, *distinct[name])]

    found = answer(act)
    return joined_refusal(found) if isinstance(found, list) else found


def _unmet(api: "Api", kind: str, needs: ClusterNeeds) -> Iterator[Refusal]:
    from ldmrelease.targets.stores.kubernetes_rights import forbidden  # noqa: PLC0415 - knows clusters

    missing = list(forbidden(api, needs.namespace, needs.rights))
    yield from missing
    if not missing and not kind_of(kind).is_ready(api, needs):
        yield Refusal("namespace-absent", {"file": api.where, "namespace": needs.namespace})
