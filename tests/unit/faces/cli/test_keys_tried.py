"""Every key that a plan will need is tried before anything is written, and an abort needs none but the promoter's."""

import re

import pytest

from ldmrelease.trust.keys import KeyKind
from ldmrelease.trust.signer import generate
from tests.workspace import BASE, PLACE, TESTSTAND, WEEKLY, Site

PURPOSES = ("runner", "observer", "promoter", "ledger", "receipts/development")


def file_of(purpose: str) -> str:
    return f"keys/{purpose.replace('/', '-')}.pem"


def missing(site: Site, purpose: str) -> None:
    name = purpose.rpartition("/")[2]
    site.edit(lambda text: re.sub(rf"^ +{name}: {file_of(purpose)}\n", "", text, flags=re.MULTILINE))


def unknown(site: Site, purpose: str) -> None:
    (site.root / file_of(purpose)).unlink()
    generate().write_key(site.root / file_of(purpose))


def other(site: Site, purpose: str) -> None:
    """The key of somebody who may sign something else."""
    (site.root / file_of(purpose)).write_bytes((site.root / "keys/ci.pem").read_bytes())


def wrong_kind(site: Site, purpose: str) -> None:
    (site.root / file_of(purpose)).unlink()
    generate(KeyKind.ED25519).write_key(site.root / file_of(purpose))


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("spoil", [missing, unknown, other])
def test_a_key_that_will_not_do_is_found_before_anything_is_written(ready: Site, purpose: str, spoil) -> None:  # type: ignore[no-untyped-def]
    spoil(ready, purpose)
    before = ready.everything()
    for words in (
        ("promote", WEEKLY, "--target", PLACE),
        ("promote", WEEKLY, "--target", PLACE, "--dry-run"),
    ):
        done = ready.run(*words)
        assert done.exit_code == 2, done.stdout
        assert f"key {purpose}" in done.stderr
    assert ready.everything() == before
    lint = ready.run("workspace", "lint")
    assert lint.exit_code == 1
    assert purpose.partition("/")[0] in lint.stdout
    assert f"key {purpose}" in ready.run("doctor").stdout


@pytest.mark.parametrize("purpose", ["runner", "receipts/development"])
def test_keys_of_statements_are_of_the_kind_that_verifiers_read(ready: Site, purpose: str) -> None:
    wrong_kind(ready, purpose)
    done = ready.run("promote", WEEKLY, "--target", PLACE)
    assert done.exit_code == 2
    assert "statements are signed by P-256 keys" in done.stderr


def test_a_workspace_without_a_promoter_is_told_how_to_make_one(ready: Site) -> None:
    missing(ready, "promoter")
    told = ready.run("workspace", "lint").stdout
    # The name is one that no key has: one that is recorded is never replaced.
    assert "`ldmrelease key new promoter-2 --out keys/promoter-2.pem`" in told
    assert "`ldmrelease trust add-key promoter-2 keys/promoter-2.pem --role promoter`" in told
    assert "write `promoter: keys/promoter-2.pem` under keys" in told
    # These very commands, and it works.
    made = str(ready.root / "keys/promoter-2.pem")
    ready.ok("key", "new", "promoter-2", "--out", made)
    ready.ok("trust", "add-key", "promoter-2", made, "--role", "promoter", "--yes")
    ready.edit(
        lambda text: text.replace("  ledger: keys/", "  promoter: keys/promoter-2.pem\n  ledger: keys/")
    )
    ready.ok("workspace", "lint")
    ready.ok("promote", WEEKLY, "--target", PLACE)


@pytest.mark.parametrize("purposes", [("runner", "observer"), ("ledger", "receipts/commissioning")])
def test_what_was_begun_can_be_aborted_without_keys_of_others(ready: Site, purposes: tuple[str, ...]) -> None:
    ready.ok("promote", WEEKLY, "--target", TESTSTAND)
    assert ready.run("promote", WEEKLY, "--target", BASE).exit_code == 4
    for each in purposes:
        missing(ready, each)
    promotion = ready.events("promotion.requested")[-1].body["promotion"]
    assert ready.run("abort", promotion).exit_code in (0, 1)
    assert '"aborted"' in ready.ok("promotions", "show", promotion, "-o", "json")
