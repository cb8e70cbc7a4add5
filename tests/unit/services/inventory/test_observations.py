"""The observations that count, read from a ledger in memory: whoever reads what was signed needs four things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.topology import Place, Topology
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.services.inventory.observations import counted_observations, latest_observation
from ldmrelease.trust.keyring import Keyring, Role, make_key
from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.records import Records, sign_record
from ldmrelease.trust.signer import Signer, generate

NOON = datetime(2023, 4, 20, 12, tzinfo=UTC)
BASE, SUMMIT = Place("base", "ocps"), Place("summit", "ocps")
OBSERVER, STRANGER = generate(KeyKind.P256), generate(KeyKind.P256)
RING = Keyring(
    (
        make_key(
            "observer",
            OBSERVER.public_pem,
            "ops",
            roles=["observer"],
            not_before=NOON - timedelta(days=1),
        ),
    ),
    (Role("observer", ("observation",), ("*",), ("*",)),),
)


@dataclass(frozen=True)
class History:
    """As much of a workspace as `SignedHistory` asks for."""

    ledger: MemoryLedger
    records: Records
    keyring: Keyring
    topology: Topology


@pytest.fixture
def history() -> History:
    ledger = MemoryLedger.created(at=NOON, actor="ops")
    return History(ledger, Records(ledger.genesis, RING), RING, Topology((), ()))


def observed(history: History, place: Place, minutes: int, signer: Signer = OBSERVER) -> None:
    at = NOON + timedelta(minutes=minutes)
    seen = new_event(Observation(place, at, "committed", str(minutes), ()))
    history.ledger.append(
        [seen], at=at, actor="ops", sign=lambda there, body: sign_record(there, body, signer)
    )


def test_the_latest_of_a_place_is_found(history: History) -> None:
    observed(history, BASE, 1)
    observed(history, BASE, 2)
    observed(history, SUMMIT, 3)
    found = latest_observation(history, BASE)
    assert found is not None
    assert (found.observation.place, found.observation.revision, found.sequence) == (BASE, "2", 3)


def test_what_a_stranger_has_signed_is_passed_over(history: History) -> None:
    observed(history, BASE, 1)
    observed(history, BASE, 2, STRANGER)
    found = latest_observation(history, BASE)
    assert found is not None
    assert found.observation.revision == "1"
    assert len(list(counted_observations(history))) == 1


def test_a_place_that_nobody_has_looked_at_has_none(history: History) -> None:
    observed(history, SUMMIT, 1)
    assert latest_observation(history, BASE) is None
