"""Texts and fences in memory, for the store of that kind: every change is made whole, from what was seen, or not at
all."""

import threading
from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from ldmrelease.domain.topology import Place


class TextVersion(Struct, frozen=True):
    """A text as somebody has left it; `time` is RFC 3339 UTC."""

    content: bytes
    author: str
    time: str


class MemoryState(Struct, frozen=True):
    """Everything at one moment: of each text all versions, the newest last; of each place its fence, signed."""

    texts: Mapping[str, tuple[TextVersion, ...]] = field(default_factory=dict)
    fences: Mapping[Place, bytes] = field(default_factory=dict)

    def with_text(self, name: str, version: TextVersion) -> "MemoryState":
        """The same with a new version of a text."""
        return replace(self, texts={**self.texts, name: (*self.texts.get(name, ()), version)})

    def with_fence(self, place: Place, fence: bytes) -> "MemoryState":
        """The same with a place's fence moved."""
        return replace(self, fences={**self.fences, place: fence})


class MemoryFiles:
    """What the process keeps, for any number of threads."""

    def __init__(self) -> None:
        self._state = MemoryState()
        self._changing = threading.Lock()

    @property
    def state(self) -> MemoryState:
        """Everything as it is now."""
        return self._state

    def advance(self, old: MemoryState, new: MemoryState) -> bool:
        """Change everything from `old` to `new`; False where somebody has changed something since `old`."""
        with self._changing:
            if self._state is not old:
                return False
            self._state = new
            return True

    def put(self, name: str, content: bytes, author: str, time: str) -> None:
        """Somebody writes a text, past every fence."""
        with self._changing:
            self._state = self._state.with_text(name, TextVersion(content, author, time))
