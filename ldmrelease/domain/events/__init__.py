"""Events of the ledger: what stands in the chain (`event`), and what each kind of them says, a file per noun.

`registry` has every kind: its body, which key signs it, and the name under which a role entitles to it.
"""

from ldmrelease.domain.events.event import (
    Checkpoint,
    Event,
    Head,
    Moved,
    NewEvent,
    event_hash,
)
from ldmrelease.domain.events.kinds import EventKind

__all__ = ["Checkpoint", "Event", "EventKind", "Head", "Moved", "NewEvent", "event_hash"]
