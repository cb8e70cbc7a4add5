"""Which signed roots of a ledger's index are believed (docs/decisions/0067)."""

from functools import cached_property

from ldmrelease.domain.events import Event
from ldmrelease.domain.events.ledger import IndexCheckpoint
from ldmrelease.domain.events.registry import type_of_body
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.keyring import Keyring
from ldmrelease.trust.records import Records
from ldmrelease.trust.verify import Rejected


class TrustedIndex:
    """An `IndexTrust`: what a key signed that a role of the trust document entitles to it."""

    def __init__(self, records: Records, keyring: Keyring) -> None:
        self._records, self._keyring = records, keyring

    @cached_property
    def expected(self) -> bool:
        """See `IndexTrust`."""
        type = type_of_body(IndexCheckpoint).role_type
        return any(
            not isinstance(entitled_roles(type, key, self._keyring), Rejected) for key in self._keyring.keys
        )

    def believed(self, event: Event) -> IndexCheckpoint | None:
        """See `IndexTrust`."""
        found = self._records.read(event, IndexCheckpoint)
        if isinstance(found, Rejected):
            return None
        roots = found.body
        return roots if (roots.size, roots.head) == (event.sequence - 1, event.previous) else None
