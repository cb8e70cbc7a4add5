"""Stays of a release, from observations whose signatures count (design section 5; trust.md section 2)."""

from ldmrelease.domain.facts import ReleaseResidence
from ldmrelease.domain.topology import Application
from ldmrelease.projections.observed import ReleaseResidenceState, release_residences_of
from ldmrelease.projections.residences import PROJECTION, release_residence_keys, replayed
from ldmrelease.services.context import Context
from ldmrelease.services.inventory.observations import observations_of_release
from ldmrelease.services.releases.pin import Pinned


def residences_at(
    context: Context, application: Application, pinned: Pinned, *, whole: bool = False
) -> list[ReleaseResidence]:
    """The release's stays at a place, oldest first, folded from the verified observations alone.

    The projection says whether there are any and since which event. Whoever hides some by editing it takes time
    from a soak, and lets nothing in; where that what was once there speaks against a release, `whole` reads all
    observations of the place.
    """
    since = 0 if whole else _since(context, application, pinned)
    if since is None:
        return []
    states = replayed(observations_of_release(context, application.place, pinned.digest, since))

    def read(prefix: str) -> dict[str, dict[str, object]]:
        return {key: state for key, state in states.items() if key.startswith(prefix)}

    residences = [
        each for each in release_residences_of(read, pinned.digest) if each.place == application.place
    ]
    return sorted(
        (_stay(application, pinned, each) for each in residences), key=lambda each: (each.first, each.last)
    )


def _since(context: Context, application: Application, pinned: Pinned) -> int | None:
    now_key, ended_prefix = release_residence_keys(pinned.digest, application.place)
    current = context.ledger.state(PROJECTION, now_key)
    known = [*context.ledger.states(PROJECTION, ended_prefix).values(), *([current] if current else [])]
    return min((int(each["from"]) for each in known), default=None)


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
