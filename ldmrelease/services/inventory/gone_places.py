"""Places that were observed and that the workspace does not name any more: who asks about the past may mean them."""

from msgspec.structs import replace

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.streams import imported_place
from ldmrelease.domain.targets import ImageSettingsTarget, MemoryFile
from ldmrelease.domain.topology import Application, Place, Topology
from ldmrelease.projections.observed import places_seen
from ldmrelease.projections.residences import PROJECTION
from ldmrelease.services.needs import SignedHistory

NO_LEVEL = ""
"""The level of a place that the workspace does not name: nobody says any more which one it was at."""


def topology_of_all_times(context: SignedHistory, *, with_others: bool = False) -> Topology:
    """The topology with the places that have gone from the workspace behind those that it names.

    The projection says which there are, and is no witness: what is told of such a place are its own observations.
    with_others: those, too, of which only others say to have seen or synced something.
    """
    topology = context.topology
    named = {each.place for each in topology.applications}
    seen = {each.place for each in places_seen(lambda prefix: context.ledger.states(PROJECTION, prefix))}
    if with_others:
        kinds = (EventKind.SIGHTINGS_IMPORTED, EventKind.SYNCS_IMPORTED)
        told = (imported_place(each.stream) for each in context.ledger.events(kinds=kinds))
        seen |= {each for each in told if each is not None}
    gone = sorted(seen - named)
    return replace(topology, applications=(*topology.applications, *map(_application, gone)))


def _application(place: Place) -> Application:
    """It is only asked what was observed there: nothing is known of how it was written."""
    return Application(place, NO_LEVEL, (), ImageSettingsTarget(MemoryFile(str(place)), ()))
