"""Which trust document a workspace names is a line of its file: whoever can change that alone brings no keys."""

import json
from pathlib import Path

import pytest
import yaml

from ldmrelease.services.operations.trust_document import sign
from ldmrelease.trust.signer import generate
from tests.workspace import PLACE, WEEKLY, Site, sign_trust

ACTS = [("promote", WEEKLY, "--target", PLACE), ("release", "pin", "w.2023.14"), ("observe",)]


@pytest.fixture
def foreign(ready: Site, tmp_path: Path) -> Site:
    """Somebody's own document is there, of a higher version and signed by his own root key, beside ours."""
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
    plain["root"] = {"keys": ["mallory"], "threshold": 1}
    (own / "trust.yaml").write_text(yaml.safe_dump(plain))
    sign_trust(own, "receipts.pem")
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
    told = f"{own} (version 99) does not continue the trust document by which this ledger is used (trust.yaml"
    assert told in done.stderr
    assert (foreign.head(), foreign.refs()) == state
    assert told in " ".join(foreign.run("doctor").stdout.split())
    assert foreign.run("trust", "adopt", "--yes").exit_code == 3
    (foreign.root / "ldmrelease.yaml").write_text(before)
    foreign.ok(*words)


def test_a_document_of_elsewhere_that_continues_ours_without_our_root_keys_is_nobodys(
    foreign: Site, tmp_path: Path
) -> None:
    """Our signed versions, and one after them that has only the signature of somebody else."""
    own, ours = tmp_path / "own/trust.yaml", (foreign.root / "trust.signatures.json").read_bytes()
    (tmp_path / "own/trust.signatures.json").write_bytes(ours)
    own.write_text(own.read_text().replace("version: 99", "version: 2"))
    sign(own, [tmp_path / "own/receipts.pem"])
    name_it(foreign, own)
    state = foreign.head(), foreign.refs()
    for words in ACTS:
        done = foreign.run(*words)
        assert done.exit_code == 2, done.stdout
        assert "version 2 is signed by 0 of the 1 that the root keys of version 1 take" in done.stderr
    assert (foreign.head(), foreign.refs()) == state


def test_a_document_that_has_moved_goes_on(ready: Site) -> None:
    (ready.root / "trust").mkdir()
    plain = yaml.safe_load((ready.root / "trust.yaml").read_text())
    for entry in plain["keys"].values():
        if "-----BEGIN" not in entry["public"]:
            entry["public"] = f"../{entry['public']}"
    (ready.root / "trust/all.yaml").write_text(yaml.safe_dump(plain))
    (ready.root / "trust.signatures.json").rename(ready.root / "trust/all.signatures.json")
    name_it(ready, Path("trust/all.yaml"))
    ready.ok("promote", WEEKLY, "--target", PLACE)
    plain["version"] = 2
    plain["keys"]["me"]["mail"] = "ada@lsst.org"
    (ready.root / "trust/all.yaml").write_text(yaml.safe_dump(plain))
    sign_trust(ready.root, document="trust/all.yaml")
    asked = ready.run("trust", "adopt")
    assert asked.exit_code == 2
    assert "used by trust.yaml (version 1)" in asked.stderr
    told = json.loads(ready.ok("trust", "adopt", "--yes", "--output", "json"))
    assert (told["file"], told["before"]) == ("trust/all.yaml", "trust.yaml")
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
    (tmp_path / "own/trust.signatures.json").unlink()
    sign_trust(tmp_path / "own", "receipts.pem")
    name_it(foreign, own)
    done = foreign.run("trust", "adopt", "--yes")
    assert done.exit_code == 3
    assert "does not continue the trust document" in done.stderr


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
