"""A change of a tree that has the workspace in it brings no newer trust document without the root keys of its base."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from ldmrelease.services.operations.trust_document import sign
from ldmrelease.trust.signer import generate
from tests import shop
from tests.workspace import Site, sign_trust

FILES = ("ldmrelease.yaml", "trust.yaml", "trust.signatures.json", "policies", "checks")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The shop, with the workspace and a bundle in the repository of its tree, and a branch `feature`."""
    site = shop.new_shop(tmp_path_factory.mktemp("gate") / "shop")
    site.ok("release", "pin", shop.NEW)
    inside = site.root / "deploy/release"
    inside.mkdir()
    for each in FILES:
        copy = shutil.copytree if (site.root / each).is_dir() else shutil.copy
        copy(site.root / each, inside / each)
    site.ok("bundle", "export", str(inside / "gate.bundle.json"))
    site.git("add", ".", repository="deploy")
    site.git("commit", "-qm", "The workspace", repository="deploy")
    site.git("checkout", "-qb", "feature", repository="deploy")
    return site


@pytest.fixture
def inside(made: Site, tmp_path: Path) -> Site:
    return Site(made.copy(tmp_path / "shop").root / "deploy/release")


WORDS = (
    "gate",
    "merge",
    "--base",
    "main",
    "--head",
    "feature",
    "--tree",
    "..",
    "--bundle",
    "gate.bundle.json",
)


def gate(inside: Site, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.chdir(inside.root)
    done = inside.run(*WORDS)
    return done.exit_code, done.stdout + done.stderr


def change(inside: Site) -> str:
    """The document under the next version, with a key of somebody else that may sign everything; his key's file."""
    file, signer = inside.root / "trust.yaml", generate()
    signer.write_key(inside.root / "mallory.pem")
    plain = yaml.safe_load(file.read_text())
    plain["version"] += 1
    plain["keys"]["mallory"] = {**plain["keys"]["ledger"], "public": signer.public_pem, "person": "mallory"}
    plain["root"] = {"keys": ["mallory"], "threshold": 1}
    file.write_text(yaml.safe_dump(plain, sort_keys=False))
    return str(inside.root / "mallory.pem")


def test_the_document_of_the_base_opens_the_gate(inside: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gate(inside, monkeypatch)[0] == 0


def test_a_newer_document_that_nobody_has_signed_leaves_it_shut(
    inside: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(inside)
    code, told = gate(inside, monkeypatch)
    assert code == 3
    assert "trust.yaml is not signed" in told


def test_a_newer_document_signed_by_its_own_root_keys_alone_leaves_it_shut(
    inside: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(inside.root / "trust.yaml", [Path(change(inside))])
    assert gate(inside, monkeypatch)[0] == 3


@pytest.mark.parametrize("moved", [False, True], ids=["in its place", "elsewhere"])
def test_a_document_of_a_chain_of_its_own_leaves_it_shut(
    inside: Site, monkeypatch: pytest.MonkeyPatch, moved: bool
) -> None:
    key = change(inside)
    (inside.root / "trust.signatures.json").unlink()
    sign_trust(inside.root, key)
    if moved:
        for each in ("trust.yaml", "trust.signatures.json"):
            (inside.root / each).rename(inside.root / each.replace("trust", "other", 1))
        file = inside.root / "ldmrelease.yaml"
        file.write_text(file.read_text().replace("trust: trust.yaml", "trust: other.yaml"))
    code, told = gate(inside, monkeypatch)
    assert code == 3
    assert "does not continue the trust document of main (version" in told


def test_a_newer_document_signed_by_the_root_keys_of_the_base_opens_it(
    inside: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = inside.root / "trust.yaml"
    file.write_text(file.read_text().replace("person: ci\n", "person: Ada Lovelace\n", 1))
    sign_trust(inside.root, str(inside.root.parent.parent / "keys/me.pem"))
    code, told = gate(inside, monkeypatch)
    assert code == 0, told
