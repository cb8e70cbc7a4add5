"""Exit codes (design section 7): what an answer means to a script. The rules that several answers share; one that only
one answer has, such as that of `drift`, is the `exit_code` of its type beside this file."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ldmrelease.services.promotions.promotion_outcome import PromotionOutcome


class ExitCode(enum.IntEnum):
    """The exit codes of every command."""

    OK = 0
    """Allowed, or done, or nothing bad was found."""
    REFUSED = 1
    """Refused; or a look found something bad."""
    BAD_INPUT = 2
    """What was asked for, or a file, is wrong; nothing was changed."""
    UNDECIDED = 3
    """It could not be decided or finished."""
    WAITING = 4
    """It waits, or somebody else is at work there."""
    INTERRUPTED = 130
    NO_READER = 141


WORST_FIRST = (
    ExitCode.UNDECIDED,
    ExitCode.BAD_INPUT,
    ExitCode.REFUSED,
    ExitCode.WAITING,
    ExitCode.OK,
)
"""Of several answers the worst one speaks: whoever looks at cron's mail wants to know."""

VERDICT_CODES: Mapping[str, ExitCode] = {
    "allowed": ExitCode.OK,
    "refused": ExitCode.REFUSED,
    "undecided": ExitCode.UNDECIDED,
    "waiting": ExitCode.WAITING,
}
STATE_CODES: Mapping[str, ExitCode] = {
    "succeeded": ExitCode.OK,
    "refused": ExitCode.REFUSED,
    "superseded": ExitCode.REFUSED,
    "aborted": ExitCode.REFUSED,
    "undecided": ExitCode.UNDECIDED,
    "waiting": ExitCode.WAITING,
    "stuck": ExitCode.UNDECIDED,
}
RUN_CODES: Mapping[str, ExitCode] = {
    "PASSED": ExitCode.OK,
    "FAILED": ExitCode.REFUSED,
    "ERRORED": ExitCode.UNDECIDED,
    "REGISTERED": ExitCode.WAITING,
    "REFUSED": ExitCode.REFUSED,
}
_WORST_RUNS_FIRST = ("FAILED", "REFUSED", "ERRORED", "REGISTERED", "PASSED")

# These halts are a definite no: a decision or a check came out against the release.
_REFUSALS = {"not-confirmed", "refused-later"}

WRONG_LEDGER = frozenset({"other-ledger", "ledger-behind"})
"""Refusals of a place that say nothing about the release: this ledger is not the one to ask."""


def found_code(bad: object, unreachable: object = None) -> ExitCode:
    """Of a look: whether it found something bad; and if not, whether it could look everywhere."""
    if bad:
        return ExitCode.REFUSED
    return ExitCode.UNDECIDED if unreachable else ExitCode.OK


def outcome_code(outcome: PromotionOutcome) -> ExitCode:
    """Of where a promotion was left."""
    if outcome.interrupted is not None:
        return ExitCode.UNDECIDED
    if outcome.busy is not None:
        return ExitCode.WAITING
    if outcome.state == "halted":
        return ExitCode.REFUSED if outcome.cause.get("cause") in _REFUSALS else ExitCode.UNDECIDED
    return STATE_CODES.get(outcome.state, ExitCode.UNDECIDED)


def abort_code(outcome: PromotionOutcome, *, changed: bool) -> ExitCode:
    """Of an abort: done where it is aborted now, refused where it had ended before."""
    if outcome.state == "aborted" and changed:
        return ExitCode.OK
    return ExitCode.REFUSED if outcome.state.ended and not changed else outcome_code(outcome)


def runs_code(results: Iterable[str]) -> ExitCode:
    """Of several runs of a check: a failure speaks first, then a run that said nothing, then one to come."""
    found = set(results)
    return RUN_CODES[next(each for each in _WORST_RUNS_FIRST if each in found)]


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The worst of several; done where there are none."""
    found = set(codes)
    return next((each for each in WORST_FIRST if each in found), ExitCode.OK)
