"""A text in memory as a target."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.domain.targets import (
    ImageSettingsTarget,
    MemoryFile,
    MenuTarget,
    Selector,
    SelectorPart,
    Setting,
)
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access, Connections
from ldmrelease.targets.results import ABSENT, Refusal, Snapshot, Unquoted, Value
from tests.unit.targets.contract import SUMMIT, Observer, StoreContract, write

NAME = "values.yaml"
TEXT = b"image:\n  tag: w_2023_15  # since Thursday\nother: 1\n"
TARGET = ImageSettingsTarget(MemoryFile(NAME), (Setting("lab", "image.tag"),))
MENU = b"numReleases: 0\nnumWeeklies: 0\nnumDailies: 0\npin: [w_2023_15]\nrecommendedTag: w_2023_15\n"


OTHER = "environment.yaml"
OTHER_TEXT = b"cycle: w_2023_15\nother: 1\n"
TARGET_OF_TWO = ImageSettingsTarget(
    MemoryFile(NAME), (Setting("lab", "image.tag"), Setting("sim", f"{OTHER}#cycle"))
)


@dataclass
class InMemory:
    """The text, and where there are more the other one, in connections of their own."""

    target: ImageSettingsTarget = TARGET
    before: dict[str, Value] = field(default_factory=lambda: {"image.tag": "w_2023_15"})
    ours: dict[str, Value] = field(default_factory=lambda: {"image.tag": "w_2023_16"})
    opened: Connections = field(default_factory=lambda: Connections(Path("/")))

    def access(self, observer: Observer | None = None) -> Access:
        return Access(Path("/"), observer, self.opened)

    def put_fence(self, kept: bytes | None) -> None:
        old = self.opened.memory.state
        fences = {place: fence for place, fence in old.fences.items() if place != SUMMIT}
        assert self.opened.memory.advance(
            old, replace(old, fences=fences if kept is None else {**fences, SUMMIT: kept})
        )

    def meddle(self) -> str:
        for name, versions in self.opened.memory.state.texts.items():
            text = versions[-1].content
            changed = text.replace(b"w_2023_15", b"w_2023_10").replace(b"w_2023_16", b"w_2023_10")
            self.opened.memory.put(name, changed, "Anna <anna@example.org>", "2023-04-21T10:00:00Z")
        return "Anna <anna@example.org>"


@pytest.fixture
def there() -> InMemory:
    prepared = InMemory()
    prepared.opened.memory.put(NAME, TEXT, "Kim <kim@example.org>", "2023-04-20T10:00:00Z")
    return prepared


class TestMemory(StoreContract):
    """All that a store has to do."""


class TestTwoTexts(StoreContract):
    """The same of settings in two texts."""

    @pytest.fixture
    def there(self) -> InMemory:
        prepared = InMemory(
            TARGET_OF_TWO,
            {"image.tag": "w_2023_15", f"{OTHER}#cycle": "w_2023_15"},
            {"image.tag": "w_2023_16", f"{OTHER}#cycle": "w_2023_16"},
        )
        for name, text in ((NAME, TEXT), (OTHER, OTHER_TEXT)):
            prepared.opened.memory.put(name, text, "Kim <kim@example.org>", "2023-04-20T10:00:00Z")
        return prepared


class TestAddedAndTakenAway(StoreContract):
    """The same of settings that are added, and taken away, in two texts."""

    @pytest.fixture
    def there(self) -> InMemory:
        parts = (SelectorPart("cycle", "image.tag"), SelectorPart("revision", f"{OTHER}#image.revision"))
        target = ImageSettingsTarget(
            MemoryFile(NAME), (Selector("lab", "{cycle}[.{revision:03d}]", parts, "cycle", "{image}"),)
        )
        prepared = InMemory(
            target,
            {"image.tag": "w_2023_15", f"{OTHER}#image.revision": ABSENT},
            {"image.tag": "w_2023_16", f"{OTHER}#image.revision": Unquoted("7")},
        )
        for name, text in ((NAME, TEXT), (OTHER, b"image:\n  pullPolicy: Always\nother: 1\n")):
            prepared.opened.memory.put(name, text, "Kim <kim@example.org>", "2023-04-20T10:00:00Z")
        return prepared

    def test_a_setting_that_somebody_has_changed_is_left_and_who_did_it_is_named(  # type: ignore[override]
        self, there: InMemory
    ) -> None:
        """What is absent was given its value by nobody who has changed it since."""
        who = there.meddle()
        refusal = write(there)
        assert isinstance(refusal, Refusal)
        assert (refusal.code, refusal.values["author"], refusal.values["path"]) == (
            "changed-by",
            who,
            "image.tag",
        )


def test_a_text_that_nobody_has_written_is_refused() -> None:
    prepared = InMemory()
    answer = registry.read(prepared.target, prepared.access())
    assert isinstance(answer, Refusal)
    assert answer.code == "no-file"


def test_any_editor_works_on_it(there: InMemory) -> None:
    there.opened.memory.put("menu.yaml", MENU, "Kim", "2023-04-20T10:00:00Z")
    menu = MenuTarget(MemoryFile("menu.yaml"), "", "lab", {}, {"recommended": "recommendedTag"})
    snapshot = registry.read(menu, there.access())
    assert isinstance(snapshot, Snapshot)
    stated = registry.stated(menu, snapshot)
    assert not isinstance(stated, Refusal)
    assert [(each.tag, each.alias) for each in stated] == [("w_2023_15", None), ("w_2023_15", "recommended")]
    assert registry.aliases(menu) == {"recommended": "lab"}
