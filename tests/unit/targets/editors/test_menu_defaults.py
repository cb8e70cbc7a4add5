"""Menus as they are today: keys that are absent say what the chart says, and the drop-down menu is told apart."""

import hashlib
from pathlib import Path

import pytest
from msgspec import Struct

from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.targets import GitFile, MenuTarget
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.targets.editors import menu
from ldmrelease.targets.results import ABSENT, Refusal, Snapshot, Unquoted, Value
from ldmrelease.targets.stores.reading import PathsToRead, Texts

PHALANX = Path(__file__).parents[4].parent / "shared/data/phalanx"
OWN, CHART = "applications/nublado/values-summit.yaml", "applications/nublado/values.yaml"
PATH = "controller.config.images"
VALUES = """\
controller:
  config:
    images:
      recommendedTag: "recommended"
      numReleases: 1
      numWeeklies: 2
      numDailies: 0
      cycle: null
      pin: [r24_0_0]
    dropdownMenu:
      weekly:
        number: 26
      daily:
        number: 5
"""
SUMMIT = """\
controller:
  config:
    images:
      source:
        type: "docker"
      cycle: 42
    dropdownMenu:
      daily:
        number: 3
    logLevel: "DEBUG"
"""


def lab_release(tag: str) -> Release:
    digest = "sha256:" + hashlib.sha256(tag.encode()).hexdigest()
    lab = Component("lab", ComponentKind.IMAGE, "ghcr.io/lsst/lab", tag, digest)
    return Release("stack", tag, "weekly", (lab,), (), None)


def target(file: str = OWN) -> MenuTarget:
    aliases = {"recommended": "recommendedTag"}
    return MenuTarget(GitFile("conf", "main", file), PATH, "lab", {}, aliases, f"{CHART}#{PATH}")


class Site(Struct, frozen=True):
    texts: dict[str, str]
    target: MenuTarget = target()

    @property
    def files(self) -> Texts:
        return Texts(self.target.location.file, lambda file: self.texts[file].encode())  # type: ignore[union-attr]

    def look(self) -> Snapshot:
        paths = PathsToRead(menu.paths(self.target), menu.optional(self.target), menu.beside(self.target))
        return self.files.snapshot(paths, "r")

    def after(self, edits: dict[str, Value] | Refusal) -> str:
        assert isinstance(edits, dict), edits
        changed = self.files.edited(edits, PathsToRead(list(edits), list(edits)))
        assert set(changed) <= {self.target.location.file}  # type: ignore[union-attr]
        return next((text.decode() for text in changed.values()), self.texts[OWN])

    def with_(self, release: Release) -> str:
        return self.after(menu.desired(self.target, release, self.look()))


SITE = Site({OWN: SUMMIT, CHART: VALUES})


def test_an_absent_key_says_what_the_chart_says() -> None:
    found = menu.menu_of(SITE.target, SITE.look())
    assert isinstance(found, menu.MenuSettings)
    assert found.pins == ("r24_0_0",)
    assert found.aliases == {"recommended": "recommended"}
    assert found.cycle == 42
    assert not found.gated


def test_keys_are_added_where_something_else_is_wanted_than_the_chart_says() -> None:
    after = SITE.with_(lab_release("w_2025_42_c0042.001"))
    added = "      numReleases: 0\n      numWeeklies: 0\n      pin:\n"
    added += '        - "r24_0_0"\n        - "w_2025_42_c0042.001"\n'
    assert after == SUMMIT.replace("      cycle: 42\n", "      cycle: 42\n" + added)


def test_another_cycle_than_the_menu_shows_is_refused() -> None:
    refusal = menu.desired(SITE.target, lab_release("w_2025_42_c0041.001"), SITE.look())
    assert isinstance(refusal, Refusal)
    assert refusal.code == "other-cycle"


def test_a_restore_puts_the_file_back() -> None:
    there = SITE.look()
    edits = menu.desired(SITE.target, lab_release("w_2025_42_c0042.001"), there)
    assert isinstance(edits, dict)
    site = Site({**SITE.texts, OWN: SITE.after(edits)})
    assert site.after({path: there.values[path] for path in edits}) == SUMMIT


def test_a_plan_says_what_is_set_and_what_the_drop_down_menu_says_by_itself() -> None:
    there = SITE.look()
    edits = menu.desired(SITE.target, lab_release("w_2025_42_c0042.001"), there)
    assert isinstance(edits, dict)
    told = menu.change(SITE.target, there, edits)
    assert told.sets == ("numReleases 1 -> 0", "numWeeklies 2 -> 0")
    assert sorted(told.dropdown) == ["daily.number 3", "weekly.number 26"]
    alone = Site({OWN: SITE.with_(lab_release("w_2025_42_c0042.001")), CHART: VALUES})
    edits = menu.desired(SITE.target, lab_release("w_2025_43_c0042.001"), alone.look())
    assert isinstance(edits, dict)
    assert menu.change(SITE.target, alone.look(), edits).sets == ()


def test_an_alias_is_added_and_the_pins_stay_as_they_are() -> None:
    edits = menu.aliased(SITE.target, "recommended", lab_release("r24_0_0"), SITE.look())
    assert isinstance(edits, dict)
    assert edits[f"{PATH}.pin"] == ABSENT
    assert SITE.after(edits) == SUMMIT.replace(
        "      cycle: 42\n", '      cycle: 42\n      recommendedTag: "r24_0_0"\n'
    )


def test_what_only_the_chart_pins_is_retired_in_the_environment() -> None:
    edits = menu.retired(SITE.target, lab_release("r24_0_0"), SITE.look())
    assert SITE.after(edits) == SUMMIT.replace("      cycle: 42\n", "      cycle: 42\n      pin: []\n")


def test_without_defaults_every_key_has_to_be_there() -> None:
    plain = MenuTarget(SITE.target.location, PATH, "lab", {}, {})
    assert menu.optional(plain) == (f"{PATH}.cycle",)


@pytest.mark.skipif(not PHALANX.is_dir(), reason="no ../shared")
def test_each_menu_of_phalanx_takes_exactly_the_lines_that_it_must() -> None:
    chart = (PHALANX / CHART).read_text()
    files = sorted((PHALANX / "applications/nublado").glob("values-*.yaml"))
    assert len(files) == 15
    for each in files:
        name = f"applications/nublado/{each.name}"
        site = Site({name: each.read_text(), OWN: each.read_text(), CHART: chart}, target(name))
        before = site.look()
        cycle = before.values[f"{PATH}.cycle"]
        tag = "w_2025_42" if cycle == ABSENT else f"w_2025_42_c00{cycle}.001"
        edits = menu.desired(site.target, lab_release(tag), before)
        assert isinstance(edits, dict), (name, edits)
        after = site.after(edits)
        old, new = each.read_text().splitlines(), after.splitlines()
        changed = [
            key for key in menu.COUNTS if before.values[f"{PATH}.{key}"] not in (ABSENT, Unquoted("0"))
        ]
        added = [key for key in menu.COUNTS if before.values[f"{PATH}.{key}"] == ABSENT]
        pins = 2 if before.values[f"{PATH}.pin"] == ABSENT else 1
        assert len(new) == len(old) + len(added) + pins, name
        assert len([line for line in old if line not in new]) == len(changed), name
        found = menu.menu_of(site.target, Site({**site.texts, name: after}, site.target).look())
        assert isinstance(found, menu.MenuSettings)
        assert found.gated, name
        assert tag in found.pins, name
        back = Site({**site.texts, name: after}, site.target).after(
            {path: before.values[path] for path in edits}
        )
        assert back == each.read_text(), name
