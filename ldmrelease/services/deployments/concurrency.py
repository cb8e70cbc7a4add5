"""Ask many who may be slow or dead, all at once: whoever answers in time is heard, nobody holds the others up."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Job = Callable[[Callable[[K, V], None]], None]
"""Asks somebody, and tells each answer as soon as it has it: what was told in time counts."""


class _Heard(Generic[K, V]):
    """The answers until the deadline, and what went wrong in a way that no job expects."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[K, V] = {}
        self._failures: list[Exception] = []

    def tell(self, key: K, answer: V) -> None:
        with self._lock:
            self._answers[key] = answer

    def run(self, job: Job[K, V]) -> None:
        try:
            job(self.tell)
        except Exception as error:
            with self._lock:
                self._failures.append(error)

    def result(self) -> dict[K, V]:
        with self._lock:
            if self._failures:
                raise self._failures[0]
            return dict(self._answers)


def run_concurrently(jobs: Mapping[str, Job[K, V]], seconds: float) -> dict[K, V]:
    """Run every job in a thread of its own and return what they told within `seconds`.

    A job that takes longer is left alone: it ends with the process. Raises what a job raised.
    """
    heard: _Heard[K, V] = _Heard()
    deadline = time.monotonic() + seconds
    # Daemons: a thread that waits for a dead server must not keep the process from ending.
    threads = [
        threading.Thread(target=heard.run, args=(job,), name=name, daemon=True) for name, job in jobs.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return heard.result()
