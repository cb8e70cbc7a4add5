"""Whether a bundle is one to gate by: of this ledger, under this trust document, fresh, and not older than seen."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.config.trust import Trust, load_trust
from ldmrelease.domain import times
from ldmrelease.domain.bundle import BundleTrust
from ldmrelease.registry.opening import Registries
from ldmrelease.services.bundles import source
from ldmrelease.services.bundles.bundle_reader import BundleReader, OpenBundle, judge_bundle, open_bundle
from ldmrelease.services.bundles.seen import BadSeenFile, seen_file
from ldmrelease.services.bundles.source import NoBundle
from ldmrelease.trust.bundles import sign_bundle
from ldmrelease.trust.verify import Rejected
from tests.bundles import AS_OF, GENESIS, Made, digest


class Room:
    """A folder with a trust document, bundles in it, and a reader of them."""

    def __init__(self, folder: Path) -> None:
        self.made, self.folder = Made(), folder
        self.trust = self.trusted(1)
        self.now, self.ledger = AS_OF, None

    def trusted(self, version: int, **more: Any) -> Trust:
        key = {
            "public": self.made.signer.public_pem,
            "person": "ledger",
            "roles": ["ledger"],
            "not-before": times.spell(AS_OF - timedelta(days=9)),
        }
        role = {"types": ["bundle", "checkpoint"], "environments": ["*"], "repositories": ["*"]}
        document = {
            "apiVersion": "ldmrelease/v1alpha1",
            "kind": "Trust",
            "version": version,
            "policies": {},
            "environments": {},
            "roles": {"ledger": role, **more},
            "keys": {"ledger": key},
        }
        file = self.folder / "trust.yaml"
        file.write_text(json.dumps(document))
        return load_trust(file)

    def put(
        self, serial: int = 1, *, name: str = "bundle.json", trust: Trust | None = None, **change: Any
    ) -> str:
        under = trust or self.trust
        change = {"trust": BundleTrust(under.version, under.digest, {}), **change}
        bundle = self.made.bundle(serial=serial, **change)
        (self.folder / name).write_bytes(sign_bundle(bundle, self.made.signer).to_bytes())
        return str(self.folder / name)

    def read(self, where: str) -> OpenBundle | Rejected:
        seen = self.folder / "state" / "seen.json"
        registries = Registries(self.folder)
        reader = BundleReader(registries, self.trust, self.now, seen=seen, ledger=self.ledger)
        return open_bundle(reader, where)

    def code(self, where: str) -> str:
        found = self.read(where)
        return found.code if isinstance(found, Rejected) else "usable"

    def at(self, moment: datetime) -> None:
        self.now = moment


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_a_fresh_one_is_read_without_a_warning(room: Room) -> None:
    found = room.read(room.put())
    assert isinstance(found, OpenBundle)
    assert (found.stale, found.older_trust) == (None, None)


def test_thirty_days_without_a_new_one(room: Room) -> None:
    """Fresh for a day, with a warning until the fourteenth, and from then on nothing is decided by it."""
    where, told = room.put(), []
    for day in range(31):
        room.at(AS_OF + timedelta(days=day, minutes=1))
        found = room.read(where)
        told.append(found.code if isinstance(found, Rejected) else "stale" if found.stale else "fresh")
    assert told == ["fresh"] + ["stale"] * 13 + ["expired"] * 17
    room.made.as_of = AS_OF + timedelta(days=30)
    assert room.code(room.put(2)) == "usable", "a new one ends it"


def test_its_last_second_counts(room: Room) -> None:
    where = room.put()
    room.at(AS_OF + timedelta(days=14))
    assert room.code(where) == "usable"
    room.at(AS_OF + timedelta(days=14, seconds=1))
    assert room.code(where) == "expired"


def test_it_is_fresh_to_its_last_second(room: Room) -> None:
    where = room.put()
    for late, stale in ((timedelta(days=1), None), (timedelta(days=1, seconds=1), "stale")):
        room.at(AS_OF + late)
        found = room.read(where)
        assert isinstance(found, OpenBundle)
        assert (found.stale.code if found.stale is not None else None) == stale


def test_a_serial_that_goes_back_is_refused(room: Room) -> None:
    where = room.put(3)
    assert [room.code(where), room.code(where)] == ["usable", "usable"], "the same one again"
    assert room.code(room.put(2)) == "older-bundle"
    assert room.code(room.put(4)) == "usable"
    assert room.code(room.put(3)) == "older-bundle"


def test_a_serial_that_goes_back_is_refused_from_elsewhere_too(room: Room) -> None:
    assert room.code(room.put(3)) == "usable"
    assert room.code(room.put(2, name="other.json")) == "older-bundle"


def test_two_bundles_of_one_serial_show_a_fork(room: Room) -> None:
    assert room.code(room.put(3)) == "usable"
    assert room.code(room.put(3, allowed={digest(9): "running"})) == "other-bundle"


def test_another_ledgers_bundle_at_the_same_place_is_foreign(room: Room) -> None:
    assert room.code(room.put(3)) == "usable"
    assert room.code(room.put(9, genesis=digest(8), ledger="L")) == "other-ledger"


def test_each_ledger_is_remembered_beside_the_others(room: Room) -> None:
    other = {"name": "other.json", "genesis": digest(8), "ledger": "L"}
    first, second = room.put(3), room.put(7, **other)
    assert [room.code(first), room.code(second)] == ["usable", "usable"]
    assert room.code(room.put(2)) == "older-bundle"
    assert room.code(room.put(6, **other)) == "older-bundle"
    assert room.code(room.put(9, **{**other, "name": "bundle.json"})) == "other-ledger"


def test_the_same_name_in_another_folder_is_another_file(
    room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, of in ((first, {}), (second, {"genesis": digest(8), "ledger": "L"})):
        folder.mkdir()
        (folder / "gate.json").write_bytes(Path(room.put(**of)).read_bytes())
    found = []
    for folder in (first, second, first, second):
        monkeypatch.chdir(folder)
        found.append(room.code("gate.json"))
    assert found == ["usable"] * 4


def test_so_is_the_same_layout_in_another_folder(
    room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = []
    for name, of in (("first", {}), ("second", {"genesis": digest(8), "ledger": "L"})):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        envelope = Path(room.put(**of)).read_bytes()
        reader = BundleReader(Registries(tmp_path), room.trust, room.now, seen=tmp_path / "seen.json")
        found.append(judge_bundle(reader, envelope, "oci:bundles:production"))
    assert [isinstance(each, OpenBundle) for each in found] == [True, True]


@pytest.mark.parametrize(("pinned", "code"), [("L", "usable"), (GENESIS, "usable"), ("M", "other-ledger")])
def test_a_ledger_that_is_pinned_is_the_only_one(room: Room, pinned: str, code: str) -> None:
    room.ledger = pinned
    assert room.code(room.put()) == code


def test_what_is_not_usable_is_not_remembered(room: Room) -> None:
    room.at(AS_OF + timedelta(days=20))
    assert room.code(room.put(9)) == "expired"
    room.at(AS_OF)
    assert room.code(room.put(1)) == "usable"


def test_a_newer_trust_document_than_ours_leaves_it_undecided(room: Room) -> None:
    ours = room.trust
    newer = room.trusted(2)
    room.trust = ours
    assert room.code(room.put(trust=newer)) == "newer-trust"


def test_another_trust_document_of_the_same_version_leaves_it_undecided(room: Room) -> None:
    ours = room.trust
    other = room.trusted(1, more={"types": ["check"], "environments": ["*"], "repositories": ["*"]})
    room.trust = ours
    assert room.code(room.put(trust=other)) == "other-trust"


def test_one_of_before_our_trust_document_is_warned_of(room: Room) -> None:
    where = room.put()
    room.trust = room.trusted(2)
    found = room.read(where)
    assert isinstance(found, OpenBundle)
    assert found.older_trust is not None


def test_a_file_that_is_too_large_is_not_read_to_its_end(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    where = room.put()
    monkeypatch.setattr(source, "LIMIT", Path(where).stat().st_size - 1)
    with pytest.raises(NoBundle, match="more than"):
        room.read(where)


@pytest.mark.parametrize(
    "text", ["", "oci://", "oci:folder", "oci://Not A Reference", "/nowhere/at/all", "."]
)
def test_what_is_no_bundle_is_bad_input(room: Room, text: str) -> None:
    with pytest.raises(NoBundle):
        room.read(text)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"[]",
        b"not json",
        b'{"ledgers":{},"ledgers":{},"sources":{}}',
        b'{"ledgers":{},"sources":{"%s":""}}' % (b"0" * 1024 * 1024),
    ],
    ids=["empty", "list", "no-json", "duplicate-key", "too-large"],
)
def test_a_file_of_seen_serials_that_cannot_be_read_leaves_it_undecided(room: Room, junk: bytes) -> None:
    (room.folder / "state").mkdir()
    (room.folder / "state" / "seen.json").write_bytes(junk)
    with pytest.raises(BadSeenFile):
        room.read(room.put())


def test_a_file_of_seen_serials_that_cannot_be_written_leaves_it_undecided(room: Room) -> None:
    (room.folder / "state").write_text("a file where a folder has to be")
    with pytest.raises(BadSeenFile):
        room.read(room.put())


def test_seen_serials_are_in_the_users_state_folder(tmp_path: Path) -> None:
    own = tmp_path / ".local" / "state" / "ldmrelease" / "bundles.json"
    assert seen_file({}, tmp_path) == own
    assert seen_file({"XDG_STATE_HOME": "relative"}, tmp_path) == own
    assert seen_file({"XDG_STATE_HOME": "/var/state"}, tmp_path) == Path("/var/state/ldmrelease/bundles.json")
