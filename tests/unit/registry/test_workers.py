"""Requests are shared out: results in order, errors at once, and more threads where answers are long on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ldmrelease.registry.workers import FEW, MANY, Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


def together(workers: Workers, items: int) -> int:
    """How many of these items are worked on at once, at most."""
    there, highest, lock, full = 0, 0, threading.Lock(), threading.Event()

    def act(item: int) -> None:
        nonlocal there, highest
        with lock:
            there += 1
            highest = max(highest, there)
            if there == workers.width:
                full.set()
        assert full.wait(timeout=20)
        with lock:
            there -= 1

    workers.each(act, range(items))
    return highest


def test_results_are_in_the_order_of_the_items(workers: Workers) -> None:
    assert workers.each(lambda item: item * item, range(100)) == [item * item for item in range(100)]
    assert workers.each(str, []) == []


def test_few_work_at_once_until_an_answer_is_late(workers: Workers) -> None:
    assert together(workers, 50) == FEW
    prepared = threading.Semaphore(0)

    def answer(item: str) -> str:
        # Late: it comes when all others are prepared.
        for _ in range(MANY - 1):
            assert prepared.acquire(timeout=20)
        return item

    assert workers.first(answer, "answer", prepared.release) == "answer"
    assert together(workers, 50) == MANY


def test_an_answer_that_comes_at_once_prepares_nothing() -> None:
    workers, prepared = Workers(prompt=60), list[None]()
    assert workers.first(str, 1, lambda: prepared.append(None)) == "1"
    workers.close()
    assert (workers.width, prepared) == (FEW, [])


def test_an_error_of_the_first_is_raised(workers: Workers) -> None:
    with pytest.raises(ZeroDivisionError):
        workers.first(lambda item: 1 // item, 0, lambda: None)


def test_what_preparing_raises_is_nobodys_error(workers: Workers) -> None:
    prepared = threading.Event()

    def prepare() -> None:
        prepared.set()
        raise ValueError

    assert workers.first(lambda item: prepared.wait(timeout=20), 1, prepare)


def test_the_first_error_ends_it(workers: Workers) -> None:
    done: list[int] = []

    def act(item: int) -> None:
        if item == 3:
            raise ValueError(item)
        done.append(item)

    workers.in_turn = True
    with pytest.raises(ValueError, match="3"):
        workers.each(act, range(1000))
    assert done == [0, 1, 2]
    workers.in_turn = False
    done.clear()
    failed = threading.Event()

    def fail_first(item: int) -> None:
        if item == 0:
            failed.set()
            raise ValueError(item)
        assert failed.wait(timeout=20)
        done.append(item)

    with pytest.raises(ValueError, match="0"):
        workers.each(fail_first, range(100_000))
    assert len(done) < 100_000 - 1


def test_in_turn_nobody_else_takes_part(workers: Workers) -> None:
    workers.in_turn = True
    own = threading.get_ident()
    assert set(workers.each(lambda item: threading.get_ident(), range(50))) == {own}
    assert workers.start(lambda item: threading.get_ident(), 1)() == own
    assert workers.first(lambda item: threading.get_ident(), 1, lambda: None) == own
