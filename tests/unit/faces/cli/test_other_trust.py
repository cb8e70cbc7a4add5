"""Which trust document a workspace names is a line of its file: whoever can change that alone brings no keys."""

import json
from pathlib import Path

import pytest
import yaml

from ldmrelease.trust.signer import generate
from tests.workspace import PLACE, WEEKLY, Site

ACTS = [("promote", WEEKLY, "--target", PLACE), ("release", "pin", "w.2023.14"), ("observe",)]


@pytest.fixture
def foreign(ready: Site, tmp_path: Path) -> Site:
    """The workspace's file names somebody's own document, of a higher version and with his own keys, beside ours."""
    plain = yaml.safe_load((ready.root / "trust.yaml").read_text())
    own = tmp_path / "own"
    own.mkdir()
    for entry in plain["keys"].values():
        if "-----BEGIN" not in entry["public"]:
            entry["public"] = str(ready.root / entry["public"])
    signer = generate()
    signer.write_key(own / "receipts.pem")
    plain["keys"]["mallory"] = {
        **next(iter(plain["keys"].values())),
        "public": signer.public_pem,
        "roles": list(plain["roles"]),
    }
    plain["version"] = 99
    (own / "trust.yaml").write_text(yaml.safe_dump(plain))
    return ready


def name_it(site: Site, document: Path) -> None:
    text = (site.root / "ldmrelease.yaml").read_text()
    (site.root / "ldmrelease.yaml").write_text(text.replace("trust: trust.yaml", f"trust: {document}"))


@pytest.mark.parametrize("words", ACTS)
def test_nothing_is_done_by_a_document_of_elsewhere(
    foreign: Site, tmp_path: Path, words: tuple[str, ...]
) -> None:
    own, before = tmp_path / "own/trust.yaml", (foreign.root / "ldmrelease.yaml").read_text()
    name_it(foreign, own)
    state = foreign.head(), foreign.refs()
    done = foreign.run(*words)
    assert done.exit_code == 3, done.stdout
    assert f"names the trust document {own}, and this ledger is used by trust.yaml" in done.stderr
    assert (foreign.head(), foreign.refs()) == state
    assert f"names the trust document {own}" in foreign.run("doctor").stdout
    (foreign.root / "ldmrelease.yaml").write_text(before)
    foreign.ok(*words)


def test_a_document_that_has_moved_is_adopted_by_whoever_says_so(ready: Site) -> None:
    (ready.root / "trust").mkdir()
    plain = yaml.safe_load((ready.root / "trust.yaml").read_text())
    for entry in plain["keys"].values():
        if "-----BEGIN" not in entry["public"]:
            entry["public"] = f"../{entry['public']}"
    (ready.root / "trust/all.yaml").write_text(yaml.safe_dump(plain))
    name_it(ready, Path("trust/all.yaml"))
    asked = ready.run("trust", "adopt")
    assert asked.exit_code == 2
    assert "used by trust.yaml (version 1)" in asked.stderr
    told = json.loads(ready.ok("trust", "adopt", "--yes", "--output", "json"))
    assert (told["file"], told["before"]) == ("trust/all.yaml", "trust.yaml")
    ready.ok("promote", WEEKLY, "--target", PLACE)
    assert [each.body["file"] for each in ready.events("trust.adopted")] == ["trust.yaml", "trust/all.yaml"]


def test_adopting_what_is_adopted_records_nothing(ready: Site) -> None:
    size = ready.head().size
    ready.ok("trust", "adopt")
    assert ready.head().size == size


def test_an_older_document_is_not_adopted_either(foreign: Site, tmp_path: Path) -> None:
    own = tmp_path / "own/trust.yaml"
    foreign.edit(lambda text: text.replace("person: release manager", "person: somebody else"), "trust.yaml")
    foreign.ok("observe")
    own.write_text(own.read_text().replace("version: 99", "version: 1"))
    name_it(foreign, own)
    done = foreign.run("trust", "adopt", "--yes")
    assert done.exit_code == 3
    assert "used with version 2" in done.stderr


@pytest.mark.parametrize("clock", ["2199-01-01T00:00:00Z", "2001-01-01T00:00:00Z"])
def test_a_clock_tells_a_ledger_of_real_time_nothing(wall: Site, clock: str) -> None:
    """A time of the future would be in the ledger for good, and nothing real could follow it."""
    before, size = (wall.root / "ldmrelease.yaml").read_text(), wall.head().size
    (wall.root / "ldmrelease.yaml").write_text(f"{before}\nclock: {clock}\n")
    done = wall.run("observe")
    assert done.exit_code == 3
    assert "this ledger is of real time" in done.stderr
    assert wall.head().size == size
    (wall.root / "ldmrelease.yaml").write_text(before)
    wall.ok("observe")


def test_nothing_real_rests_on_the_times_of_a_clock(ready: Site) -> None:
    ready.wall_clock()
    size = ready.head().size
    done = ready.run("observe")
    assert done.exit_code == 3
    assert "begun in a workspace with a `clock:`" in done.stderr
    assert ready.head().size == size


def test_neither_line_of_the_file_opens_the_way_for_the_other(wall: Site, tmp_path: Path) -> None:
    (tmp_path / "trust.yaml").write_text((wall.root / "trust.yaml").read_text())
    text, size = (wall.root / "ldmrelease.yaml").read_text(), wall.head().size
    (wall.root / "ldmrelease.yaml").write_text(f"{text}\nclock: 2199-01-01T00:00:00Z\n")
    name_it(wall, Path("policies/../trust.yaml"))
    done = wall.run("observe")
    assert (done.exit_code, wall.head().size) == (3, size)
    assert "this ledger is of real time" in done.stderr


@pytest.fixture
def wall(ready: Site) -> Site:
    """A workspace of real time, whose ledger was used."""
    ready.begin_on_the_wall()
    return ready
