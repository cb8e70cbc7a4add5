"""Ask many who may be slow or dead, all at once: whoever answers in time is heard, nobody holds the others up."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Job = Callable[[Callable[[K, V], None]], None]
"""Asks somebody, and tells each answer as soon as it has it: what was told in time counts."""


class _Heard(Generic[K, V]):
    """The answers until the deadline, and what went wrong in a way that no job expects."""

    def __init__(self, told: Callable[[K, V], None]) -> None:
        self._lock = threading.Lock()
        self._answers: dict[K, V] = {}
        self._failures: list[Exception] = []
        self._told = told

    def tell(self, key: K, answer: V) -> None:
        with self._lock:
            self._answers[key] = answer
            self._told(key, answer)

    def run(self, job: Job[K, V]) -> None:
        try:
            job(self.tell)
        except Exception as error:
            with self._lock:
                self._failures.append(error)

    def result(self) -> dict[K, V]:
        with self._lock:
            self._told = _to_nobody
            if self._failures:
                raise self._failures[0]
            return dict(self._answers)


def _to_nobody(_key: object, _answer: object) -> None:
    """Who came too late is not heard any more."""


def run_concurrently(
    jobs: Mapping[str, Job[K, V]],
    seconds: float,
    *,
    most: int | None = None,
    told: Callable[[K, V], None] = _to_nobody,
) -> dict[K, V]:
    """Run the jobs, each in a thread of its own, and return what they told within `seconds`.

    most: so many at the same time; all of them where it is None. A job that takes longer is left alone, and what was
    not begun by then is not begun: it ends with the process. `told` hears each answer as it comes, one after another.
    Raises what a job raised.
    """
    heard: _Heard[K, V] = _Heard(told)
    deadline = time.monotonic() + seconds
    waiting = deque(jobs.items())

    def work() -> None:
        while time.monotonic() < deadline:
            try:
                name, job = waiting.popleft()
            except IndexError:
                return
            threading.current_thread().name = name
            heard.run(job)

    # Daemons: a thread that waits for a dead server must not keep the process from ending.
    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(most or len(jobs), len(jobs)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return heard.result()
