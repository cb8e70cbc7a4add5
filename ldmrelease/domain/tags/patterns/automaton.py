"""Position automata (Glushkov 1961): one state for each character of an expression, no empty steps.

A text is read once from left to right, over sets of states, and once back along the one way that led to its end.
So the time is in proportion to the length of the text, and nothing is ever tried again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_REMEMBERED = 4096
"""Steps that are kept from text to text."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of an expression under construction: the states that begin and that end it, as sets of bits."""

    first: int
    last: int
    empty: bool


NOTHING = Fragment(0, 0, empty=True)
"""The empty text."""


@dataclass(slots=True)
class Construction:
    """Builds an automaton, piece by piece. `owners` has the part that each state belongs to, -1 for none."""

    characters: list[frozenset[str]] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    follow: list[int] = field(default_factory=list)
    owner: int = -1

    def one_of(self, characters: Iterable[str]) -> Fragment:
        """One character."""
        self.characters.append(frozenset(characters))
        self.owners.append(self.owner)
        self.follow.append(0)
        state = 1 << (len(self.follow) - 1)
        return Fragment(state, state, empty=False)

    def sequence(self, *pieces: Fragment) -> Fragment:
        """One after the other."""
        result = NOTHING
        for each in pieces:
            self._link(result.last, each.first)
            first = result.first | each.first if result.empty else result.first
            last = result.last | each.last if each.empty else each.last
            result = Fragment(first, last, result.empty and each.empty)
        return result

    def either(self, *pieces: Fragment) -> Fragment:
        """One of them."""
        first = last = 0
        for each in pieces:
            first, last = first | each.first, last | each.last
        return Fragment(first, last, any(each.empty for each in pieces))

    def optional(self, piece: Fragment) -> Fragment:
        """It or nothing."""
        return Fragment(piece.first, piece.last, empty=True)

    def repeated(self, piece: Fragment) -> Fragment:
        """It, once or more."""
        self._link(piece.last, piece.first)
        return piece

    def any_number(self, piece: Fragment) -> Fragment:
        """It, any number of times."""
        return self.optional(self.repeated(piece))

    def finish(self, piece: Fragment) -> "Automaton":
        """The automaton of the whole expression."""
        return Automaton(
            tuple(self.characters), tuple(self.owners), tuple(self.follow), piece.first, piece.last
        )

    def _link(self, states: int, to: int) -> None:
        for state in bits(states):
            self.follow[state] |= to


@dataclass(frozen=True)
class Automaton:
    """What an expression reads; never the empty text."""

    characters: tuple[frozenset[str], ...]
    owners: tuple[int, ...]
    follow: tuple[int, ...]
    first: int
    last: int
    _accepting: dict[str, int] = field(default_factory=dict, compare=False, repr=False)
    _steps: dict[tuple[int, str], int] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for state, characters in enumerate(self.characters):
            for each in characters:
                self._accepting[each] = self._accepting.get(each, 0) | 1 << state

    @property
    def alphabet(self) -> frozenset[str]:
        """The characters that stand in any text that it reads."""
        return frozenset(self._accepting)

    def begin(self, character: str) -> int:
        """The states after a text's first character."""
        return self.first & self._accepting.get(character, 0)

    def step(self, states: int, character: str) -> int:
        """The states after one more character."""
        key = (states, character)
        found = self._steps.get(key)
        if found is None:
            found = 0
            for state in bits(states):
                found |= self.follow[state]
            found &= self._accepting.get(character, 0)
            if len(self._steps) >= _REMEMBERED:
                self._steps.clear()
            self._steps[key] = found
        return found

    def states_of(self, text: str) -> list[int] | None:
        """The state at each character of a text, None where it is not read; of several ways any one."""
        reached: list[int] = []
        for character in text:
            reached.append(self.step(reached[-1], character) if reached else self.begin(character))
            if not reached[-1]:
                return None
        ends = reached[-1] & self.last if reached else 0
        if not ends:
            return None
        way = [next(bits(ends))]
        for states in reversed(reached[:-1]):
            way.append(next(each for each in bits(states) if self.follow[each] >> way[-1] & 1))
        return way[::-1]

    def reads(self, text: str) -> bool:
        """Whether the text is read."""
        return self.states_of(text) is not None


def bits(states: int) -> Iterator[int]:
    """The numbers of the states of a set, rising."""
    while states:
        lowest = states & -states
        states ^= lowest
        yield lowest.bit_length() - 1
