"""What a place's target holds, what it has to hold for a release, and whether this ledger may write there."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.facts import Intent
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.release import Release
from ldmrelease.domain.targets import Target
from ldmrelease.domain.topology import Application
from ldmrelease.services.deployments.fences import extends, fence_of, is_ignored
from ldmrelease.services.deployments.superseded import supersedes
from ldmrelease.services.deployments.target import PromotionSpec
from ldmrelease.services.needs import PlaceAccess, TargetAccess
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Refusal, Snapshot, Value


def access(context: TargetAccess) -> Access:
    """How the workspace's git repositories and clusters are reached."""
    return Access(context.workspace.root, context.observer, context.connections)


def target_refusal(context: TargetAccess, application: Application) -> Refusal | Unavailable | None:
    """Why the application's cluster does not let us write there: found when planning, all of it at once."""
    return registry.preflight(application.target, access(context))


def snapshot(context: TargetAccess, application: Application) -> Snapshot | Refusal | Unavailable:
    """What the application's target holds now."""
    return registry.read(application.target, access(context))


def desired_summary(
    release: Release, application: Application, intent: Intent, alias: str | None
) -> dict[str, Any]:
    """What a plan says of a place: which images, and for a menu which name moves or goes."""
    names = application.components(release.product)
    images = {
        each.name: {"spelling": each.spelling, "digest": each.digest}
        for each in release.images
        if each.name in names
    }
    # What is only written somewhere has no images that anybody knows.
    written = {"written": release.tag} if not release.images else {}
    return {"intent": str(intent), "images": images, **written, **({"alias": alias} if alias else {})}


def edits(
    target: Target, release: Release, intent: Intent, alias: str | None, there: Snapshot
) -> dict[str, Value] | Refusal:
    """The settings that make the target hold what is wanted."""
    if intent is Intent.RETIRE:
        return registry.retired(target, release, there)
    return registry.desired(target, release, there, alias if intent is Intent.ALIAS else None)


def after(there: Snapshot, wanted: Mapping[str, Value]) -> Snapshot:
    """What a target says when these settings are as wanted."""
    return replace(there, values=there.values | dict(wanted))


_NOTHING = "null"
"""What stands there where no image is named."""


def said_images(target: Target, there: Snapshot) -> dict[str, str]:
    """By component, the image that a place's settings name, as they are read there; those of menus are left out."""
    if target.capabilities.keeps_many:
        return {}
    said = registry.stated(target, there)
    if isinstance(said, Refusal):
        return {}
    found = {}
    for each in said:
        named = [part for part in (each.tag, each.digest) if part is not None]
        text = "@".join(named) if named else each.invalid or ""
        if text and text != _NOTHING:
            found[each.component] = text
    return found


def holds(wanted: Mapping[str, Value], there: Snapshot) -> bool:
    """Whether every setting is as wanted."""
    return all(there.values.get(path) == value for path, value in wanted.items())


def fence_refusal(context: PlaceAccess, application: Application) -> Refusal | Unavailable | None:
    """Why this ledger may not write at a place, seen before anything is requested; None where it may.

    `other-ledger`: the place belongs to another. `ledger-behind`: this one lacks what the place's fence saw,
    so it is a copy, or its tail was cut (trust.md section 2).
    """
    found = fence_of(context, application, access(context))
    if not isinstance(found, Fence):
        return None if is_ignored(found) else found
    values = {"place": str(application.place), "promotion": found.promotion}
    if (found.ledger, found.genesis) != (context.ledger.uuid, context.ledger.genesis):
        if supersedes(context.ledger, context.records, application.place, found):
            return None
        return Refusal("other-ledger", {**values, "found": found.ledger, "expected": context.ledger.uuid})
    if not extends(context.ledger, found):
        size = context.ledger.head().size
        return Refusal("ledger-behind", {**values, "found": found.size, "expected": size})
    return None


def desired_digests(release: Release, application: Application) -> dict[str, frozenset[str]]:
    """Every digest of the image of each component that runs there."""
    names = application.components(release.product)
    return {each.name: each.identity.digests() for each in release.images if each.name in names}


def desired_edits(
    spec: PromotionSpec, application: Application, there: Snapshot
) -> dict[str, Value] | Refusal:
    """The settings that make a place hold what is asked for."""
    return edits(application.target, spec.pinned.release, spec.intent, spec.alias, there)
