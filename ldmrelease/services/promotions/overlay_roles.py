"""An overlay that a request asks for, as a fact: in the roles in which the request counts."""

from datetime import datetime

from ldmrelease.domain.overlays import OverlayFact, OverlayRequest
from ldmrelease.domain.release import Release
from ldmrelease.domain.topology import Place
from ldmrelease.services.needs import SignedHistory
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.keyring import Key
from ldmrelease.trust.verify import Rejected


def overlay_fact(
    context: SignedHistory,
    asked: OverlayRequest | None,
    key: Key | None,
    release: Release,
    place: Place,
    since: datetime,
) -> OverlayFact | None:
    """The overlay that is asked for at a place with a key: in the roles in which a request for it counts there."""
    if asked is None:
        return None
    environments = (place.environment,)
    found = (
        entitled_roles(
            "request", key, context.keyring, environments=environments, repositories=release.repositories
        )
        if key is not None
        else ()
    )
    roles = () if isinstance(found, Rejected) else tuple(each.name for each in found)
    return OverlayFact(asked.kind, asked.name, roles, since)
