"""The projections that a ledger of ours keeps: the one list, handed to it when it is opened."""

from ldmrelease.domain.events import EventKind
from ldmrelease.domain.projector import Projector
from ldmrelease.projections import pins, residences

PROJECTORS = (
    Projector(residences.PROJECTION, residences.fold_observations, frozenset({EventKind.OBSERVED})),
    Projector(pins.PINS, pins.fold_pins, frozenset({EventKind.PINNED})),
    Projector(pins.DIGESTS, pins.fold_digests, frozenset({EventKind.PINNED})),
)
