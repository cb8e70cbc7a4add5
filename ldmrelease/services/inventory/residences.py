"""Stays of a release, from observations whose signatures count (design section 5; trust.md section 2)."""

from ldmrelease.domain.facts import ReleaseResidence
from ldmrelease.domain.topology import Application
from ldmrelease.projections.observed import ReleaseResidenceState, release_residences_of
from ldmrelease.projections.residences import PROJECTION, release_residence_keys, replayed
from ldmrelease.services.inventory.observations import observations_of_release
from ldmrelease.services.needs import ObservationHistory
from ldmrelease.services.releases.pin import Pinned


def residences_at(
    context: ObservationHistory, application: Application, pinned: Pinned
) -> list[ReleaseResidence]:
    """The release's stays at a place, oldest first, folded from the verified observations alone."""
    # Not for what they say: an observation that changes something of the release's moves them, and an append.
    now_key, ended_prefix = release_residence_keys(pinned.digest, application.place)
    context.ledger.state(PROJECTION, now_key)
    context.ledger.states(PROJECTION, ended_prefix)
    states = replayed(observations_of_release(context, application.place, pinned.digest))

    def read(prefix: str) -> dict[str, dict[str, object]]:
        return {key: state for key, state in states.items() if key.startswith(prefix)}

    residences = [
        each for each in release_residences_of(read, pinned.digest) if each.place == application.place
    ]
    return sorted(
        (_stay(application, pinned, each) for each in residences), key=lambda each: (each.first, each.last)
    )


def _stay(application: Application, pinned: Pinned, stay: ReleaseResidenceState) -> ReleaseResidence:
    span = stay.span
    return ReleaseResidence(
        place=application.place,
        level=application.level,
        release=pinned.digest,
        name=pinned.release.name,
        first=span.first,
        last=span.last,
        observed=span.observed,
        current=span.current,
        ended=span.ended,
    )
