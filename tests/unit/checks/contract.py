"""How every kind of check that we run behaves; each kind's tests inherit `KindContract` with a fixture `there`."""

from pathlib import Path
from typing import Protocol

from ldmrelease.checks.interface import CheckKind, CheckRun, ExecutedRun, Leftovers
from ldmrelease.checks.outcome import said_nothing
from ldmrelease.domain.topology import Check

TESTS = ("starts", "answers")


class Prepared(Protocol):
    """Checks of one kind that do what a test wants."""

    @property
    def kind(self) -> CheckKind:
        """The kind."""

    def check(self, status: int, *lines: str) -> Check:
        """One that writes these lines and ends with this status."""

    def late(self) -> Check:
        """One that does not end by its deadline."""


class KindContract:
    """The tests."""

    def test_it_is_one_that_we_run(self, there: Prepared) -> None:
        assert there.kind.TRAITS.run_by_us

    def test_status_0_passes_every_declared_test(self, there: Prepared) -> None:
        done = ran(there, there.check(0))
        assert (done.ran.problem, done.ran.passed, done.ran.failed) == (None, TESTS, ())

    def test_another_status_fails_every_test_that_nothing_is_said_of(self, there: Prepared) -> None:
        done = ran(there, there.check(1))
        assert (done.ran.problem, done.ran.passed, done.ran.failed) == (None, (), TESTS)

    def test_of_a_failure_only_what_is_said_to_have_failed_failed(self, there: Prepared) -> None:
        done = ran(there, there.check(1, "ok 1 - starts", "not ok 2 - answers"))
        assert (done.ran.problem, done.ran.passed, done.ran.failed) == (None, (), ("answers",))

    def test_a_pass_that_speaks_of_a_failure_says_nothing(self, there: Prepared) -> None:
        assert ran(there, there.check(0, "not ok 1 - starts")).ran.problem == "contradiction"

    def test_one_that_does_not_end_in_time_says_nothing(self, there: Prepared) -> None:
        assert ran(there, there.late()).ran.problem == "deadline"

    def test_a_repeat_of_the_same_run_has_the_same_result(self, there: Prepared) -> None:
        check = there.check(1, "ok 1 - starts", "not ok 2 - answers")
        first, second = ran(there, check), ran(there, check)
        assert first.ran == second.ran

    def test_what_is_left_is_removed_once_and_again(self, there: Prepared) -> None:
        check = there.check(0)
        done = ran(there, check)
        for _ in range(2):
            if done.then is not None:
                done.then()
            there.kind.clean_up(
                Leftovers((check,), (), "P-1", "base", None, lambda *_: None),
            )


def ran(there: Prepared, check: Check) -> ExecutedRun:
    """What comes of a run."""
    told: list[str] = []
    done = there.kind.run(
        CheckRun(
            check=check,
            run="run-1",
            place="base/ocps",
            folder=Path("/usr"),
            variables={},
            image=lambda _: said_nothing("no-image", ""),
            left=lambda: float(check.deadline),
            api=None,
            waits=told.append,
            heartbeat=lambda: None,
            heartbeat_every=30.0,
        )
    )
    assert isinstance(done, ExecutedRun)
    return done
