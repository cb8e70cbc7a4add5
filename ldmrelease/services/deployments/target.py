"""What a user asks for, and which places a target means."""

from msgspec import Struct

from ldmrelease.domain.facts import Intent
from ldmrelease.domain.overlays import OverlayRequest
from ldmrelease.domain.topology import Application, Topology
from ldmrelease.services.deployments.place_order import ordered_places
from ldmrelease.services.needs import PolicyLookup
from ldmrelease.services.releases.pin import Pinned


class PromotionSpec(Struct, frozen=True):
    """What a user asks for. `alias` is the name to move, for intent alias; `overlay` asks to be judged by less."""

    pinned: Pinned
    target: str
    intent: Intent = Intent.PROMOTE
    reason: str | None = None
    alias: str | None = None
    overlay: OverlayRequest | None = None


class UnknownTarget(Struct, frozen=True):
    """The target names nothing here that runs the product; `known` are names that would."""

    target: str
    known: tuple[str, ...]


def places_for(context: PolicyLookup, spec: PromotionSpec) -> tuple[Application, ...] | UnknownTarget:
    """The applications that a target means: a level, an environment, or environment/application."""
    runs = [each for each in context.topology.applications if each.components(spec.pinned.release.product)]
    found = [each for each in runs if spec.target in _names(each)]
    if not found:
        known = {name for each in runs for name in _names(each)}
        return UnknownTarget(spec.target, tuple(sorted(known)))
    return ordered_places(found, context.levels)


def applications_at(topology: Topology, target: str | None) -> tuple[Application, ...] | UnknownTarget:
    """The applications that a target means, whatever they run, in the order of the workspace; all without one."""
    if target is None:
        return topology.applications
    found = tuple(each for each in topology.applications if target in _names(each))
    known = {name for each in topology.applications for name in _names(each)}
    return found or UnknownTarget(target, tuple(sorted(known)))


def _names(application: Application) -> tuple[str, str, str]:
    return application.level, application.place.environment, str(application.place)
