"""What is told of the trust document: which version of it was acted on."""

from msgspec import Struct

from ldmrelease.domain.events.kinds import PROMOTER, EventKind, EventType
from ldmrelease.domain.streams import TRUST


class TrustAdopted(Struct, frozen=True):
    """A version of the trust document was acted on for the first time; `digest` is of what it says.

    `file` is where the workspace's file names it; `clock` says that the workspace had a clock of its own; `signed` that
    the version was one of a signed chain.
    """

    version: int
    digest: str
    file: str
    clock: bool = False
    signed: bool = False


def _stream(_: TrustAdopted) -> str:
    return TRUST


TYPES = (EventType(EventKind.TRUST_ADOPTED, TrustAdopted, PROMOTER, "intake", _stream),)
