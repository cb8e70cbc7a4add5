"""What a restore puts back: what was admitted or seen, and what the first claim found where nobody had looked."""

from __future__ import annotations

from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.services.promotions.takeover import claim_now
from tests.unit.services.promotions.promotion_laws import tag_of
from tests.unit.services.promotions.promotion_world import (
    AT_FIRST,
    BY_HAND,
    DEV,
    RELEASES,
)
from tests.unit.services.promotions.test_promotions_machine import Checks, Edit, Promotions, Request, Time


def test_what_was_never_let_in_nor_seen_is_not_put_back() -> None:
    """A failed promotion over it ends there, frozen under its claim; somebody rolls back, or decides anew."""
    game = Promotions()
    game.act(Time(1))
    game.act(Request("ann", RELEASES[0], str(DEV)))
    game.act(Edit(DEV, BY_HAND))
    game.act(Checks(False))
    game.act(Request("ann", RELEASES[1], str(DEV)))
    assert tag_of(game.world.files.state, DEV) == RELEASES[1]
    stuck = game.world.promotions()[-1]
    game.laws_hold()
    end = game.laws.ended[stuck]
    assert (end.state, end.cause) == (PromotionState.STUCK, "restore-failed")
    assert (end.values["code"], end.values["found"]) == ("never-admitted", [BY_HAND])
    assert end.values["releases"] == [f"app/{RELEASES[0]}"]
    with game.world.process("ben") as context:
        claim = claim_now(context, DEV)
    assert claim is not None
    assert (claim.promotion, claim.ended) == (stuck, True)
    game.act(Checks(True))
    game.act(Request("ben", RELEASES[0], str(DEV)))
    assert tag_of(game.world.files.state, DEV) == RELEASES[0]
    game.teardown()


def test_what_ran_before_the_first_receipt_and_was_seen_is_put_back() -> None:
    game = Promotions()
    game.act(Time(1))
    game.act(Checks(False))
    game.act(Request("ann", RELEASES[0], str(DEV)))
    assert tag_of(game.world.files.state, DEV) == AT_FIRST
    game.teardown()


def test_what_the_first_claim_found_is_put_back_where_nobody_had_looked_before() -> None:
    game = Promotions()
    game.act(Checks(False))
    game.act(Request("ann", RELEASES[0], str(DEV)))
    assert tag_of(game.world.files.state, DEV) == AT_FIRST
    game.laws_hold()
    game.teardown()
