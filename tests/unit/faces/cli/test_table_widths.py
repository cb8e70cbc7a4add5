"""Tables in a terminal of 80, 100 and 120 columns: they fit, what matters most stays, and what goes is named.

The golden files are written anew with `WRITE_GOLDEN=1` in the environment, where the change is meant.
"""

import os
import re
from pathlib import Path

import pytest

from ldmrelease.render import output
from ldmrelease.render.output import Output
from tests.workspace import BASE, PLACE, WEEKLY, Site

GOLDEN = Path(__file__).parents[3] / "data" / "tables"
COMMANDS = {
    ("where",): ("place", "release", "state", "approved by"),
    ("where", "--live"): ("place", "component", "observed", "state"),
    ("history",): ("place", "release", "from", "end"),
    ("promotions", "list"): ("promotion", "state", "release", "target"),
    ("release", "list"): ("release", "state", "pinned"),
    ("release", "show", WEEKLY): ("component", "tag", "digest"),
    ("evidence", "list", WEEKLY): ("type", "signer", "counts", "result"),
    ("receipt", "show", PLACE, WEEKLY): ("place", "release", "says", "promotion"),
    ("alias", "list"): ("place", "alias", "image"),
    ("promotions", "replay", "P-1"): ("stage", "place", "verdict", "replayed"),
    ("doctor",): ("what", "found"),
    ("schema",): ("answer", "commands"),
}
"""What is never left out of each table."""


@pytest.fixture(scope="module")
def used(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A promotion that succeeded and one that was refused."""
    site = ready_once.copy(tmp_path_factory.mktemp("widths") / "workspace")
    site.ok("promote", WEEKLY, "--target", PLACE)
    site.run("promote", WEEKLY, "--target", BASE)
    return site


def told(site: Site, words: tuple[str, ...], columns: int | None) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "_columns", lambda form: None if form is Output.wide else columns)
        first = next(each for each in site.run("promotions", "list").stdout.split() if each.startswith("P-"))
        return site.run(*(first if each == "P-1" else each for each in words)).stdout.splitlines()


def is_table(line: str) -> bool:
    return "   " in line.strip() and not line.startswith("(not shown")


@pytest.mark.parametrize("columns", [80, 100, 120])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_it_fits_and_what_matters_stays(used: Site, words: tuple[str, ...], columns: int):
    lines = told(used, words, columns)
    assert all(len(each) <= columns for each in lines if is_table(each))
    header = next(each for each in lines if COMMANDS[words][0] in re.split(r" {3,}", each.strip()))
    shown = re.split(r" {3,}", header.strip())
    assert set(COMMANDS[words]) <= set(shown)
    whole = next(
        each for each in told(used, words, None) if COMMANDS[words][0] in re.split(r" {3,}", each.strip())
    )
    gone = set(re.split(r" {3,}", whole.strip())) - set(shown)
    notes = " ".join(each for each in lines if each.startswith("(not shown"))
    named = set(re.split(r", ", notes.removeprefix("(not shown: ").partition(";")[0])) if notes else set()
    # A column that is empty goes without a word.
    assert named <= gone
    assert gone - named <= {"waits for", "reason", "release"}


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_the_tables_are_as_they_were_agreed(used: Site, columns: int):
    parts = []
    for words in COMMANDS:
        # What doctor finds is of this machine; the list of answers grows with every command.
        if words not in (("doctor",), ("schema",)):
            lines = re.sub(
                r"(?<=sha256:)[0-9a-f]+",
                lambda found: "0" * len(found[0]),
                "\n".join(told(used, words, columns)),
            )
            parts.append(f"$ ldmrelease {' '.join(words)}\n{lines}\n")
    text = "\n".join(parts)
    path = GOLDEN / f"{columns}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text


def test_wide_has_every_column(used: Site):
    assert told(used, ("where", "-o", "wide"), 80)[0].endswith("   approved by")
    assert max(map(len, told(used, ("where", "-o", "wide"), 80))) > 120
