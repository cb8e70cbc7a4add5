"""How every store of targets behaves: the same tests for git, memory, ConfigMaps and the objects of a cluster.

A store's own tests inherit `StoreContract` in a class `Test...` that has a fixture `there`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import pytest
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.targets import Target
from ldmrelease.domain.topology import Place
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.fence import LaterClaim, WriteGrant
from ldmrelease.targets.git.commits import Identity, Note
from ldmrelease.targets.results import Change, Refusal, Snapshot, Value, Values, Written
from ldmrelease.trust.checkpoints import CHECKPOINT_TYPE
from ldmrelease.trust.signer import generate
from tests.blamed import changed_by
from tests.fences import fence_in, grant_for, other_key, promoter_key, signed

SUMMIT = Place("summit", "nublado")
Observer = Callable[[str, str], None]
Answer = Written | Refusal | Unavailable


class Prepared(Protocol):
    """A target that nobody has written to yet."""

    @property
    def target(self) -> Target:
        """What is written."""

    @property
    def before(self) -> dict[str, Value]:
        """What its settings say."""

    @property
    def ours(self) -> dict[str, Value]:
        """What we want them to say."""

    def access(self, observer: Observer | None = None) -> Access:
        """How it is reached."""

    def put_fence(self, kept: bytes | None) -> None:
        """Somebody puts something in the fence's place, past every fence, or takes away what is there."""

    def meddle(self) -> str:
        """Somebody gives the settings another value, past every fence; who that is, as `changed_by` says."""


@dataclass(frozen=True)
class Holder:
    """Who holds the place, as of an event of its ledger."""

    epoch: int = 7
    promotion: str = "p-1"
    ledger: str = "ledger-1"
    extends: bool = True
    overtaken: LaterClaim | None = None

    @property
    def fence(self) -> Fence:
        """What it leaves there."""
        genesis = f"genesis-{self.ledger}"
        return Fence(SUMMIT, self.ledger, genesis, self.epoch, "head", self.promotion, self.epoch)

    @property
    def grant(self) -> WriteGrant:
        """Its right to write."""
        note = Note(
            "to w_2023_16", Identity("Kim", "kim@example.org"), datetime(2023, 4, 21, 18, 0, tzinfo=UTC)
        )
        return grant_for(self.fence, note, lambda _: self.extends, lambda: self.overtaken)


EARLY, LATE = Holder(), Holder(9, "p-2")


def forged(**changes: object) -> Fence:
    """A fence that would stop everybody if it counted."""
    return replace(EARLY.fence, **{"promotion": "p-forged", "epoch": 10**6, "size": 10**6, **changes})


UNBELIEVED: dict[str, Callable[[], bytes]] = {
    "junk": lambda: b"junk",
    "nothing": lambda: b"",
    "unsigned": lambda: canonical.encode(forged()),
    "unsigned-other-ledger": lambda: canonical.encode(forged(ledger="ledger-9", genesis="genesis-9")),
    "by-an-unknown-key": lambda: signed(forged(), generate()),
    "by-a-key-without-the-role": lambda: signed(forged(), other_key()),
    "of-another-place": lambda: signed(forged(place=Place("summit", "prompt"))),
    "of-another-type": lambda: promoter_key().sign(CHECKPOINT_TYPE, canonical.encode(forged())).to_bytes(),
    "long": lambda: b"{" + b" " * 10**5,
}
"""What somebody without the key can put in the fence's place."""


class Killed(BaseException):
    """The process ends here."""


class StoreContract:
    """The tests."""

    def test_what_is_wanted_is_written_once(self, there: Prepared) -> None:
        assert values(there) == there.before
        written = write(there)
        assert isinstance(written, Written)
        assert not written.found
        assert values(there) == there.ours
        again = write(there)
        assert isinstance(again, Written)
        assert again.found

    def test_what_is_there_already_is_found_whatever_was_expected(self, there: Prepared) -> None:
        found = write(there, edits=there.before, expect=there.ours)
        assert isinstance(found, Written)
        assert found.found

    def test_a_setting_that_somebody_has_changed_is_left_and_who_did_it_is_named(
        self, there: Prepared
    ) -> None:
        who = there.meddle()
        theirs = values(there)
        assert theirs not in (there.before, there.ours)
        refusal = write(there)
        assert isinstance(refusal, Refusal)
        assert {each.code for each in refusal.each} == {"changed-by"}
        assert refusal.values["author"] == who
        assert values(there) == theirs
        for path in there.before:
            change = changed_by(there.target, path, there.access())
            assert isinstance(change, Change)
            assert change.author == who

    def test_nobody_holds_a_place_before_it_is_claimed(self, there: Prepared) -> None:
        assert fence(there) is None

    def test_a_claim_moves_the_fence_and_nothing_else(self, there: Prepared) -> None:
        claimed = claim(there)
        assert isinstance(claimed, Written)
        assert not claimed.found
        assert fence(there) == EARLY.fence
        assert values(there) == there.before
        again = claim(there)
        assert isinstance(again, Written)
        assert again.found

    def test_a_write_leaves_the_fence_with_what_the_ledger_has_now(self, there: Prepared) -> None:
        claim(there)
        larger = replace(EARLY.fence, size=12)
        grown = replace(EARLY.grant, fence=larger, signed=signed(larger))
        answer = registry.write(there.target, there.ours, there.access(), expect=there.before, grant=grown)
        assert isinstance(answer, Written)
        assert fence(there) == grown.fence

    def test_a_later_claim_shuts_out_the_earlier_holder(self, there: Prepared) -> None:
        claim(there)
        assert isinstance(claim(there, LATE), Written)
        refused(there, write(there), "fenced")
        refused(there, claim(there), "fenced")
        assert fence(there) == LATE.fence
        assert isinstance(write(there, holder=LATE), Written)

    def test_of_two_claims_by_one_event_the_first_holds(self, there: Prepared) -> None:
        claim(there)
        refused(there, claim(there, Holder(promotion="p-2")), "fenced")

    def test_another_ledgers_place_is_refused(self, there: Prepared) -> None:
        claim(there)
        other = Holder(99, "p-9", "ledger-2")
        refused(there, claim(there, other), "other-ledger")
        refused(there, write(there, holder=other), "other-ledger")
        assert fence(there) == EARLY.fence

    def test_a_ledger_that_lacks_what_the_fence_saw_is_refused(self, there: Prepared) -> None:
        claim(there)
        cut = Holder(9, "p-2", extends=False)
        refused(there, claim(there, cut), "ledger-behind")
        refused(there, write(there, holder=cut), "ledger-behind")

    @pytest.mark.parametrize("name", UNBELIEVED)
    def test_what_is_in_the_fences_place_and_does_not_count_stops_nobody_and_is_replaced(
        self, there: Prepared, name: str
    ) -> None:
        claim(there)
        there.put_fence(UNBELIEVED[name]())
        assert isinstance(write(there), Written)
        assert values(there) == there.ours
        assert fence(there) == EARLY.fence

    def test_a_claim_goes_over_a_fence_that_does_not_count(self, there: Prepared) -> None:
        claim(there)
        there.put_fence(UNBELIEVED["junk"]())
        claimed = claim(there, LATE)
        assert isinstance(claimed, Written)
        assert not claimed.found
        assert fence(there) == LATE.fence

    @pytest.mark.parametrize(
        "kept", [None, b"junk", signed(EARLY.fence)], ids=["deleted", "junk", "replayed"]
    )
    def test_a_late_holder_is_known_by_its_own_ledger_whatever_was_done_to_the_fence(
        self, there: Prepared, kept: bytes | None
    ) -> None:
        claim(there)
        claim(there, LATE)
        there.put_fence(kept)
        late = Holder(overtaken=LaterClaim(LATE.promotion, LATE.epoch))
        refused(there, claim(there, late), "fenced")
        refused(there, write(there, holder=late), "fenced")
        assert isinstance(write(there, holder=LATE), Written)
        assert fence(there) == LATE.fence

    def test_an_older_fence_that_was_put_back_stops_nobody(self, there: Prepared) -> None:
        claim(there)
        kept = registry.fence_of(there.target, SUMMIT, there.access())
        assert isinstance(kept, bytes)
        claim(there, LATE)
        there.put_fence(kept)
        assert isinstance(write(there, holder=LATE), Written)
        assert fence(there) == LATE.fence

    def test_people_are_told_how_to_take_a_fence_away(self, there: Prepared) -> None:
        command = registry.fence_removal(there.target, SUMMIT)
        assert not command or ("summit" in command and "nublado" in command)

    def test_a_claim_at_any_moment_of_a_write_lets_it_be_done_before_or_not_at_all(
        self, there: Prepared
    ) -> None:
        claim(there)
        holders = [EARLY]

        def overtake() -> None:
            holders.append(Holder(holders[-1].epoch + 2, f"p-{len(holders) + 1}"))
            assert isinstance(claim(there, holders[-1]), Written)

        for observer in each_moment(overtake):
            late = holders[-1]
            answer = write(there, holder=late, access=there.access(observer))
            if late == holders[-1]:
                break
            if isinstance(answer, Written):
                assert values(there) == there.ours
                assert isinstance(restore(there, holders[-1]), Written)
            else:
                refused(there, answer, "fenced")
        assert len(holders) > 1

    def test_a_write_that_is_killed_at_any_moment_is_repeated_to_the_same_end(self, there: Prepared) -> None:
        claim(there)
        killed = 0

        def kill() -> None:
            nonlocal killed
            killed += 1
            raise Killed

        for observer in each_moment(kill):
            try:
                write(there, access=there.access(observer))
            except Killed:
                assert isinstance(write(there), Written)
                assert values(there) == there.ours
                assert isinstance(restore(there), Written)
                assert values(there) == there.before
            else:
                break
        assert killed > 0

    def test_a_restore_puts_back_what_was_there_and_is_found_the_next_time(self, there: Prepared) -> None:
        write(there)
        back = restore(there)
        assert isinstance(back, Written)
        assert not back.found
        assert values(there) == there.before
        again = restore(there)
        assert isinstance(again, Written)
        assert again.found

    def test_nothing_is_restored_over_somebody_elses_change(self, there: Prepared) -> None:
        write(there)
        there.meddle()
        theirs = values(there)
        refusal = restore(there)
        assert isinstance(refusal, Refusal)
        assert {each.code for each in refusal.each} == {"changed-by"}
        assert values(there) == theirs

    def test_an_edit_without_an_expectation_is_a_mistake(self, there: Prepared) -> None:
        there.meddle()
        with pytest.raises(KeyError):
            write(there, expect={})


def each_moment(act: Callable[[], None]) -> Iterator[Observer]:
    """Observers that act once: the first at the first moment that it is told, the next at the second, and so on."""
    number = 0
    while True:
        number += 1
        yield _at_moment(number, act)


def _at_moment(number: int, act: Callable[[], None]) -> Observer:
    moments = 0

    def observer(_phase: str, _what: str) -> None:
        nonlocal moments
        moments += 1
        if moments == number:
            act()

    return observer


def values(there: Prepared) -> dict[str, Value]:
    """What the settings say now."""
    snapshot = registry.read(there.target, there.access())
    assert isinstance(snapshot, Snapshot), snapshot
    return {path: snapshot.values[path] for path in there.before}


def write(
    there: Prepared,
    *,
    holder: Holder = EARLY,
    access: Access | None = None,
    edits: Values | None = None,
    expect: Values | None = None,
) -> Answer:
    """Write what we want, or other edits."""
    return registry.write(
        there.target,
        there.ours if edits is None else edits,
        access or there.access(),
        expect=there.before if expect is None else expect,
        grant=holder.grant,
    )


def restore(there: Prepared, holder: Holder = EARLY) -> Answer:
    """Put back what was there before."""
    return registry.restore(there.target, there.before, there.ours, there.access(), holder.grant)


def claim(there: Prepared, holder: Holder = EARLY) -> Answer:
    """Claim the place."""
    return registry.claim(there.target, there.access(), holder.grant)


def fence(there: Prepared) -> Fence | None:
    """The place's fence, which counts."""
    kept = registry.fence_of(there.target, SUMMIT, there.access())
    return fence_in(kept, SUMMIT) if kept is not None else None


def refused(there: Prepared, answer: Answer, code: str) -> None:
    """Nothing was done, for this reason."""
    assert isinstance(answer, Refusal), answer
    assert answer.code == code
    assert values(there) == there.before
