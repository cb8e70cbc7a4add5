"""The observations that count, read from a ledger in memory: whoever reads what was signed needs four things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from ldmrelease.domain.events.place import Observation
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.topology import Place, Topology
from ldmrelease.ledger.memory import MemoryLedger
from ldmrelease.services.inventory.observation_at import observation_at
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


def observed(
    history: History,
    place: Place,
    minutes: int,
    signer: Signer = OBSERVER,
    *,
    taken_in: int | None = None,
    every: int = 43200,
) -> None:
    at = NOON + timedelta(minutes=minutes)
    seen = new_event(Observation(place, at, "committed", str(minutes), (), every=every))
    history.ledger.append(
        [seen],
        at=at if taken_in is None else NOON + timedelta(minutes=taken_in),
        actor="ops",
        sign=lambda there, body: sign_record(there, body, signer),
    )


def around(history: History, minutes: float) -> tuple[str | None, str | None, bool]:
    """What was seen of the base last and next, by the revision that is its minute, and whether that speaks for then."""
    found = observation_at(history, BASE, NOON + timedelta(minutes=minutes))
    last, after = (each and each.observation.revision for each in (found.last, found.next))
    return last, after, found.speaks


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


def test_of_a_time_there_is_the_last_observation_and_the_next(history: History) -> None:
    for minutes in (10, 20, 30):
        observed(history, BASE, minutes)
        observed(history, SUMMIT, minutes + 1)
    answers = {minutes: around(history, minutes) for minutes in (9, 10, 19, 20, 25, 30, 99)}
    assert answers == {
        9: (None, "10", False),
        10: ("10", "20", True),
        19: ("10", "20", True),
        20: ("20", "30", True),
        25: ("20", "30", True),
        30: ("30", None, True),
        99: ("30", None, True),
    }


def test_between_observations_too_far_apart_nothing_speaks(history: History) -> None:
    """The later of two says how long after the one before it leaves no gap; after the last one, that one does."""
    observed(history, BASE, 0, every=600)
    observed(history, BASE, 20, every=600)
    observed(history, BASE, 50, every=3600)
    observed(history, BASE, 110, every=600)
    speaks = {
        minutes: around(history, minutes)[2] for minutes in (0, 1, 19, 20, 21, 49, 51, 109, 110, 120, 121)
    }
    assert speaks == {
        **{0: True, 1: False, 19: False, 20: True, 21: True, 49: True},
        **{51: False, 109: False, 110: True, 120: True, 121: False},
    }


def test_what_a_stranger_saw_closes_no_gap_of_the_past(history: History) -> None:
    observed(history, BASE, 0, every=600)
    observed(history, BASE, 10, STRANGER, every=600)
    observed(history, BASE, 20, every=600)
    assert around(history, 12) == ("0", "20", False)


def test_the_time_of_an_observation_is_its_own_and_not_that_of_its_intake(history: History) -> None:
    observed(history, BASE, 0)
    observed(history, BASE, 14, taken_in=15)
    observed(history, BASE, 12, taken_in=15)
    observed(history, BASE, 20, taken_in=16)
    assert [around(history, each)[:2] for each in (11, 12, 13, 14, 17, 20)] == [
        ("0", "12"),
        ("12", "14"),
        ("12", "14"),
        ("14", "20"),
        ("14", "20"),
        ("20", None),
    ]


def test_of_a_long_stream_only_what_is_around_a_time_is_read(history: History) -> None:
    for minutes in range(0, 3000, 15):
        observed(history, BASE, minutes)
    read: list[int] = []

    class Watched(Records):
        def verify(self, event):  # type: ignore[no-untyped-def]
            read.append(event.sequence)
            return super().verify(event)

    watched = History(history.ledger, Watched(history.ledger.genesis, RING), RING, history.topology)
    assert around(watched, 1501)[0] == "1500"
    assert len(read) < 30
