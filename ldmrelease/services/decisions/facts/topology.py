"""What the workspace says of places, clusters and checks."""

from msgspec.structs import replace

from ldmrelease.config.workspace.model import LocalCheck
from ldmrelease.domain.facts import CheckFact
from ldmrelease.domain.topology import Place
from ldmrelease.services.decisions.facts.inquiry import Inquiry
from ldmrelease.services.evidence.registered_runs import check_fact


def places(inquiry: Inquiry) -> dict[str, tuple[Place, ...]]:
    """All places by level, so that an unknown environment can be told from an empty one."""
    context = inquiry.release.context
    return {name: context.topology.level_places(name) for name in sorted(context.levels)}


def place_components(inquiry: Inquiry) -> dict[str, tuple[str, ...]]:
    """The components of the product that each place runs; places without one are left out."""
    product = inquiry.release.pinned.release.product
    found = {
        str(each.place): each.components(product) for each in inquiry.release.context.topology.applications
    }
    return {place: names for place, names in sorted(found.items()) if names}


def clusters(inquiry: Inquiry) -> dict[str, str]:
    """The UID of each environment's cluster, where the workspace states one."""
    return {
        each.place.environment: each.cluster_uid
        for each in inquiry.release.context.topology.applications
        if each.cluster_uid is not None
    }


def checks(inquiry: Inquiry) -> tuple[CheckFact, ...]:
    """The checks as they were agreed: where the workspace has another, results of that one do not count."""
    context = inquiry.release.context
    return tuple(
        _agreed(check_fact(each), context.workspace.local_check(each.name))
        for each in sorted(context.topology.checks, key=lambda each: each.name)
    )


def _agreed(fact: CheckFact, local: LocalCheck | None) -> CheckFact:
    # No result has an empty digest: none counts of what nobody agreed to.
    return fact if local is None else replace(fact, digest=local.agreed or "")
