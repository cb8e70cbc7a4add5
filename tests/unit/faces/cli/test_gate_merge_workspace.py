"""`gate merge` where the workspace itself is not what was agreed: it says nothing that opens a gate."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests import shop
from tests.unit.faces.cli.test_gate_merge import commit, gate
from tests.workspace import Site


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return shop.new_shop(tmp_path_factory.mktemp("gate") / "shop")


@pytest.fixture
def site(made: Site, tmp_path: Path) -> Site:
    """The shop, with an image in prod that nobody has built, on a branch `feature`."""
    copied = made.copy(tmp_path / "shop")
    copied.git("checkout", "-q", "-b", "feature", repository="deploy")
    commit(copied, prod="6.6.6")
    assert gate(copied)[0] == 1
    return copied


def change(site: Site, name: str, before: str, after: str) -> None:
    path = site.root / name
    text = path.read_text()
    assert re.search(before, text)
    path.write_text(re.sub(before, after, text))


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("ldmrelease.yaml", "values-prod.yaml", "decoy.yaml", "the targets of prod are not those"),
        ("ldmrelease.yaml", r"  prod:\n(    .*\n)+", "", "records the targets of prod, which is not here"),
        ("ldmrelease.yaml", "image: oci:images/api", "image: oci:images/elsewhere", "the product shop"),
        ("policies/production.yaml", r"version: \d+", "version: 99", "the policy of production"),
    ],
    ids=["another file", "no place", "another repository", "another policy"],
)
def test_a_workspace_that_nobody_has_agreed_to_leaves_the_gate_shut(
    site: Site, name: str, before: str, after: str, told: str
) -> None:
    change(site, name, before, after)
    code, answer = gate(site)
    assert code == 3
    assert any(told in each["sentence"] for each in answer["unreadable"])


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("ldmrelease.yaml", r"\Z", "\nclock: 2026-11-27T12:00:00Z\n", "this ledger is of real time"),
        ("ldmrelease.yaml", "trust: trust.yaml", "trust: other.yaml", "other.yaml is not signed"),
        ("trust.yaml", r"types: \[approval", "types: [receipt, approval", "was changed since version"),
    ],
    ids=["another clock", "another trust document", "a changed one"],
)
@pytest.mark.parametrize("gate_of", ["merge", "sync"])
def test_what_the_ledger_was_not_used_by_leaves_the_gate_shut(
    site: Site, gate_of: str, name: str, before: str, after: str, told: str
) -> None:
    """What is signed by another kind of clock does not count, and with it what speaks against a release."""
    site.ok("release", "pin", "1.6.0")
    shutil.copy(site.root / "trust.yaml", site.root / "other.yaml")
    change(site, name, before, after)
    words = {
        "merge": ("--base", "main", "--head", "feature"),
        "sync": ("-f", str(site.root / "deploy"), "--target", "prod"),
    }
    done = site.run("gate", gate_of, *words[gate_of])
    assert done.exit_code == 3
    assert told in done.stderr


def test_another_trust_document_than_the_pinned_one_is_a_mistake_without_a_bundle_too(site: Site) -> None:
    pinned = site.context().workspace.trust_digest
    words = ("gate", "merge", "--base", "main", "--head", "feature", "--trust-digest", pinned)
    assert site.run(*words).exit_code == 1
    change(site, "trust.yaml", r"version: 1\b|version: 2\b", "version: 77")
    done = site.run(*words)
    assert done.exit_code == 2
    assert f"and {pinned} is asked for" in done.stderr
