"""Signs the index of a ledger as somebody with a key does, and believes nobody else."""

import hmac
from typing import Any

from ldmrelease.domain import canonical
from ldmrelease.domain.events import Event
from ldmrelease.domain.events.ledger import IndexCheckpoint
from ldmrelease.ledger.interface import Position

_SECRET = b"of the signer alone"


def sign(there: Position, body: Any) -> dict[str, Any]:
    """What stands in the event: the roots, and a code of them for where they stand."""
    plain = canonical.to_plain(body)
    return {"roots": plain, "code": _code(there.genesis, there.sequence, there.previous, plain)}


class Trust:
    """Believes what `sign` made. `expected`: as of an `IndexTrust`."""

    def __init__(self, genesis: str, *, expected: bool = True) -> None:
        self.genesis, self.expected = genesis, expected

    def believed(self, event: Event) -> IndexCheckpoint | None:
        plain = event.body.get("roots")
        if event.body.get("code") != _code(self.genesis, event.sequence, event.previous, plain):
            return None
        roots = canonical.from_plain(plain, IndexCheckpoint)
        return roots if (roots.size, roots.head) == (event.sequence - 1, event.previous) else None


def _code(genesis: str, sequence: int, previous: str, plain: Any) -> str:
    told = canonical.encode({"genesis": genesis, "sequence": sequence, "previous": previous, "roots": plain})
    return hmac.new(_SECRET, told, "sha256").hexdigest()
