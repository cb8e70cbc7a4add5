"""Asking many at once: who answers is heard, who does not holds nobody up."""

import threading

import pytest

from ldmrelease.services.deployments.concurrency import run_concurrently


def test_everybody_is_heard():
    assert run_concurrently({name: lambda tell, name=name: tell(name, 1) for name in "abc"}, 5) == {
        "a": 1,
        "b": 1,
        "c": 1,
    }


def test_who_never_answers_holds_nobody_up_and_what_it_said_before_counts():
    never = threading.Event()

    def half(tell):
        tell("first", 1)
        never.wait()
        tell("second", 2)

    told = run_concurrently({"half": half, "whole": lambda tell: tell("other", 3)}, 0.2)
    never.set()
    assert told == {"first": 1, "other": 3}


def test_all_are_asked_at_the_same_time():
    meeting = threading.Barrier(3)

    def met(tell):
        tell(threading.current_thread().name, meeting.wait(30) is not None)

    assert run_concurrently(dict.fromkeys("abc", met), 30) == {"a": True, "b": True, "c": True}


def test_what_a_job_did_not_expect_is_not_lost():
    def broken(tell):
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        run_concurrently({"broken": broken}, 5)


def test_so_many_at_the_same_time_and_each_once():
    lock, here, most = threading.Lock(), 0, 0
    told: list[tuple[int, int]] = []

    def count(tell, number):
        nonlocal here, most
        with lock:
            here, most = here + 1, max(most, here + 1)
        tell(number, number)
        with lock:
            here -= 1

    jobs = {str(each): lambda tell, each=each: count(tell, each) for each in range(20)}
    found = run_concurrently(jobs, 30, most=2, told=lambda *each: told.append(each))
    assert found == {each: each for each in range(20)}
    assert sorted(told) == sorted(found.items())
    assert most <= 2
