"""What is told of the trust document: which version of it was acted on."""

from msgspec import Struct

from ldmrelease.domain.events.kinds import PROMOTER, EventKind, EventType
from ldmrelease.domain.streams import TRUST


class TrustAdopted(Struct, frozen=True):
    """A version of the trust document was acted on for the first time; `digest` is of what it says."""

    version: int
    digest: str


def _stream(_: TrustAdopted) -> str:
    return TRUST


TYPES = (EventType(EventKind.TRUST_ADOPTED, TrustAdopted, PROMOTER, "intake", _stream),)
