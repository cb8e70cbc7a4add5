"""Exit codes: each outcome has its own, whatever prints it."""

from typing import Any

import pytest

from ldmrelease.answers.exit_codes import (
    RUN_CODES,
    STATE_CODES,
    VERDICT_CODES,
    ExitCode,
    abort_code,
    found_code,
    outcome_code,
    runs_code,
    worst,
)
from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome
from ldmrelease.services.promotions.work import PlaceBusy

OK, REFUSED, UNDECIDED, WAITING = ExitCode.OK, ExitCode.REFUSED, ExitCode.UNDECIDED, ExitCode.WAITING
BUSY = PlaceBusy("summit/ocps", "P-2", "ada", "2023-04-20T12:00:00Z")


def test_the_numbers_are_the_agreed_ones() -> None:
    assert {each.name: int(each) for each in ExitCode} == {
        "OK": 0,
        "REFUSED": 1,
        "BAD_INPUT": 2,
        "UNDECIDED": 3,
        "WAITING": 4,
        "INTERRUPTED": 130,
        "NO_READER": 141,
    }


def test_every_verdict_has_its_code() -> None:
    assert {Verdict(each): code for each, code in VERDICT_CODES.items()} == {
        Verdict.ALLOWED: OK,
        Verdict.REFUSED: REFUSED,
        Verdict.UNDECIDED: UNDECIDED,
        Verdict.WAITING: WAITING,
    }


@pytest.mark.parametrize(
    ("state", "cause", "code"),
    [
        (PromotionState.SUCCEEDED, {}, OK),
        (PromotionState.REFUSED, {}, REFUSED),
        (PromotionState.SUPERSEDED, {}, REFUSED),
        (PromotionState.ABORTED, {}, REFUSED),
        (PromotionState.UNDECIDED, {}, UNDECIDED),
        (PromotionState.WAITING, {}, WAITING),
        (PromotionState.STUCK, {}, UNDECIDED),
        (PromotionState.HALTED, {"cause": "not-confirmed"}, REFUSED),
        (PromotionState.HALTED, {"cause": "refused-later"}, REFUSED),
        (PromotionState.HALTED, {"cause": "settle-failed"}, UNDECIDED),
        (PromotionState.REQUESTED, {}, UNDECIDED),
        (PromotionState.RUNNING, {}, UNDECIDED),
        (PromotionState.HALTING, {}, UNDECIDED),
        (PromotionState.RESTORING, {}, UNDECIDED),
    ],
)
def test_where_a_promotion_was_left(state: PromotionState, cause: dict[str, Any], code: ExitCode) -> None:
    assert outcome_code(PromotionOutcome("P-1", state, cause)) is code


def test_who_could_not_be_asked_or_is_at_work_speaks_before_the_state() -> None:
    away = Unavailable("ghcr.io", "no route")
    assert outcome_code(PromotionOutcome("P-1", PromotionState.WAITING, interrupted=away)) is UNDECIDED
    assert outcome_code(PromotionOutcome("P-1", PromotionState.RUNNING, busy=BUSY)) is WAITING


def test_an_abort_is_done_once() -> None:
    aborted = PromotionOutcome("P-1", PromotionState.ABORTED)
    assert abort_code(aborted, changed=True) is OK
    assert abort_code(aborted, changed=False) is REFUSED
    assert abort_code(PromotionOutcome("P-1", PromotionState.STUCK), changed=True) is UNDECIDED


def test_a_look_tells_what_is_bad_before_what_is_unknown() -> None:
    assert found_code([], []) is OK
    assert found_code(["drift"], ["summit/ocps"]) is REFUSED
    assert found_code([], ["summit/ocps"]) is UNDECIDED


@pytest.mark.parametrize(
    ("results", "code"),
    [
        (["PASSED"], OK),
        (["PASSED", "REGISTERED"], WAITING),
        (["REGISTERED", "ERRORED"], UNDECIDED),
        (["REGISTERED", "REFUSED", "PASSED"], REFUSED),
        (["ERRORED", "FAILED", "PASSED"], REFUSED),
    ],
)
def test_of_several_runs_a_failure_speaks_first(results: list[str], code: ExitCode) -> None:
    assert set(RUN_CODES) == {"PASSED", "FAILED", "ERRORED", "REGISTERED", "REFUSED"}
    assert runs_code(results) is code


def test_of_several_promotions_the_worst_speaks() -> None:
    assert worst([]) is OK
    assert worst([OK, WAITING]) is WAITING
    assert worst([REFUSED, WAITING, ExitCode.BAD_INPUT]) is ExitCode.BAD_INPUT
    assert worst([ExitCode.BAD_INPUT, UNDECIDED]) is UNDECIDED


def test_every_state_that_ends_a_promotion_has_a_code() -> None:
    ended = {each for each in PromotionState if each.ended} - {PromotionState.HALTED}
    assert ended <= {PromotionState(each) for each in STATE_CODES}
