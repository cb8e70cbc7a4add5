"""Whether two patterns read one tag, whether one reads a tag in two ways, and whether one reads everything.

Each is a walk through pairs (or sets) of states, from the shortest text to longer ones: so the example is the shortest.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from ldmrelease.domain.tags.patterns.automaton import Automaton, bits
from ldmrelease.domain.tags.patterns.parts import DIGITS, LETTERS

S = TypeVar("S", bound=Hashable)

_MOST = 200_000
"""States of a walk: more than there are pairs of states within a pattern's limits."""


def common(one: Automaton, other: Automaton) -> str | None:
    """The shortest tag that both read, None where there is none."""
    letters = _letters(one, other)

    def pairs(first: int, second: int, letter: str) -> Iterator[tuple[tuple[int, int], str]]:
        return (((mine, its), letter) for mine in bits(first) for its in bits(second))

    def begin() -> Iterator[tuple[tuple[int, int], str]]:
        for letter in letters:
            yield from pairs(one.begin(letter), other.begin(letter), letter)

    def follow(state: tuple[int, int]) -> Iterator[tuple[tuple[int, int], str]]:
        for letter in letters:
            yield from pairs(one.step(1 << state[0], letter), other.step(1 << state[1], letter), letter)

    return _shortest(begin(), follow, lambda state: bool(one.last >> state[0] & other.last >> state[1] & 1))


def read_twice(automaton: Automaton) -> str | None:
    """The shortest tag that is read in two ways, None where there is none."""
    letters = _letters(automaton)

    def pairs(
        first: int, second: int, differ: bool, letter: str
    ) -> Iterator[tuple[tuple[int, int, bool], str]]:
        for one in bits(first):
            for other in bits(second):
                if differ or one <= other:
                    yield (one, other, differ or one != other), letter

    def begin() -> Iterator[tuple[tuple[int, int, bool], str]]:
        for letter in letters:
            states = automaton.begin(letter)
            yield from pairs(states, states, False, letter)

    def follow(state: tuple[int, int, bool]) -> Iterator[tuple[tuple[int, int, bool], str]]:
        one, other, differ = state
        for letter in letters:
            first, second = automaton.step(1 << one, letter), automaton.step(1 << other, letter)
            yield from pairs(first, second, differ, letter)

    def ends(state: tuple[int, int, bool]) -> bool:
        one, other, differ = state
        return differ and bool(automaton.last >> one & automaton.last >> other & 1)

    return _shortest(begin(), follow, ends)


def reads_everything(automaton: Automaton) -> bool:
    """Whether every text of letters and digits is read, as far as a walk of bounded length can say."""
    letters = _letters(automaton, among=DIGITS + LETTERS)

    def follow(state: int) -> Iterator[tuple[int, str]]:
        return ((automaton.step(state, letter), letter) for letter in letters)

    begin = ((automaton.begin(letter), letter) for letter in letters)
    return _shortest(begin, follow, lambda state: not state & automaton.last) is None


def _letters(*automata: Automaton, among: str = DIGITS + LETTERS + "+-._") -> tuple[str, ...]:
    """One character for each set of those that no state of any automaton tells apart."""
    found: dict[tuple[bool, ...], str] = {}
    sets = {each for automaton in automata for each in automaton.characters}
    for letter in among:
        found.setdefault(tuple(letter in each for each in sets), letter)
    return tuple(found.values())


def _shortest(
    begin: Iterator[tuple[S, str]],
    follow: Callable[[S], Iterator[tuple[S, str]]],
    ends: Callable[[S], bool],
) -> str | None:
    """The text on the shortest way to a state that ends one."""
    before: dict[S, tuple[S | None, str]] = {}
    waiting: deque[S] = deque()
    steps, here = begin, None
    while True:
        for state, letter in steps:
            if state in before:
                continue
            before[state] = (here, letter)
            if ends(state):
                return _way(before, state)
            waiting.append(state)
        if not waiting or len(before) > _MOST:
            return None
        here = waiting.popleft()
        steps = follow(here)


def _way(before: "dict[S, tuple[S | None, str]]", end: S) -> str:
    text = ""
    state: S | None = end
    while state is not None:
        state, letter = before[state]
        text = letter + text
    return text
