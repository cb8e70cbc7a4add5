"""What runs where by sites, enclaves and services (LDM-564, figure 1): the catalogue, and what was observed."""

from collections.abc import Iterable
from importlib import resources

from ldmrelease.domain.enclaves import SiteOfEnclaves, bound_sites
from ldmrelease.domain.topology import Place, Topology
from ldmrelease.milestones.shipped_sites import FILE, decode_components
from ldmrelease.services.inventory.where import UNOBSERVED, PlaceComponent, PlaceRow


def shipped_components() -> tuple[SiteOfEnclaves, ...]:
    """The sites of LDM-564, figure 1, without any places."""
    return decode_components(resources.files("ldmrelease.milestones").joinpath(FILE).read_bytes())


def sites_of(topology: Topology) -> tuple[SiteOfEnclaves, ...]:
    """The sites that ship, and those of the workspace, with its places."""
    return bound_sites(shipped_components(), topology.enclaves)


def told_of_places(rows: Iterable[PlaceRow]) -> dict[Place, tuple[str, ...]]:
    """What was observed at each place: the release and its state; `unobserved` where nobody has looked, or lately."""
    found: dict[Place, dict[str, None]] = {}
    for each in rows:
        told = found.setdefault(each.place, {})
        if isinstance(each, PlaceComponent):
            name = (each.release or each.spelling or each.digest).rpartition("/")[2]
            told[f"{name} {each.state}"] = None
        else:
            told[UNOBSERVED] = None
    return {place: tuple(told) for place, told in found.items()}
