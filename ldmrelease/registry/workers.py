"""Threads that share out requests: few where answers come at once, many where they are long on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_T = TypeVar("_T")
_R = TypeVar("_R")

# Measured with benchmarks/copy: where answers come at once, more threads cost more than they bring.
FEW = 6
# Where requests mostly wait, this is how many wait together: an image's layers in one round trip.
MANY = 24
# Longer than a busy machine takes to answer itself, shorter than a round trip to another site and the greeting.
_PROMPT = 0.012


class Workers:
    """A pool whose width follows what the answers show.

    `width` is how many threads take part. With `in_turn` nothing is shared out: whoever asks does it, one after
    another; so it is for what is in files of this machine, where a thread costs more than it brings. An answer that
    takes longer than `prompt` seconds is long on the way.
    """

    def __init__(self, prompt: float = _PROMPT, *, in_turn: bool = False) -> None:
        self._prompt = prompt
        self.in_turn = in_turn
        self.width = FEW

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - where something is shared out

        return ThreadPoolExecutor(MANY)

    def close(self) -> None:
        """Wait for what was begun; what was not begun is not done any more."""
        if "_pool" in vars(self):
            self._pool.shutdown(cancel_futures=True)

    def start(self, act: Callable[[_T], _R], item: _T) -> Callable[[], _R]:
        """Begin now, if there are threads for it; calling what comes back gives the result."""
        return partial(act, item) if self.in_turn else self._pool.submit(act, item).result

    def first(self, act: Callable[[_T], _R], item: _T, prepare: Callable[[], None]) -> _R:
        """Do this, which the other work waits for; if it takes long, `prepare` meanwhile once for each thread.

        From then on there are `MANY` threads, not `FEW`.
        """
        if self.in_turn or self.width == MANY:
            return act(item)
        doing = self._pool.submit(act, item)
        try:
            doing.exception(self._prompt)
        except TimeoutError:
            self.width = MANY
            for _ in range(MANY - 1):
                self._pool.submit(prepare)
        return doing.result()

    def each(self, act: Callable[[_T], _R], items: Iterable[_T]) -> list[_R]:
        """The results in the order of the items; the first error ends it, after what was begun."""
        waiting = deque(enumerate(items))
        helpers = 0 if self.in_turn else min(self.width, len(waiting)) - 1
        if helpers <= 0:
            return [act(item) for _, item in waiting]
        results: dict[int, _R] = {}

        def work() -> None:
            try:
                while True:
                    try:
                        number, item = waiting.popleft()
                    except IndexError:
                        return
                    results[number] = act(item)
            except BaseException:
                waiting.clear()
                raise

        helping = [self._pool.submit(work) for _ in range(helpers)]
        try:
            work()
        finally:
            # Who did not begin has nothing left to do.
            begun = [each for each in helping if not each.cancel()]
            for each in begun:
                each.exception()
        for each in begun:
            each.result()
        return [results[number] for number in sorted(results)]
