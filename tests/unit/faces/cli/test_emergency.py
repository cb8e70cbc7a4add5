"""Emergencies: let in without what may be dropped, loudly, for hours, without a receipt, and a review is owed."""

import json
import re
from typing import Any

import pytest
from msgspec.structs import replace

from ldmrelease.domain.events import Head, NewEvent
from ldmrelease.domain.events.acts import Hold, HoldKind, Review
from ldmrelease.domain.events.registry import new_event
from ldmrelease.ledger import open_ledger
from ldmrelease.projections.registry import PROJECTORS
from ldmrelease.services.releases.pin import Pinned, find_or_pin
from tests.workspace import BASE, BEFORE, PLACE, SUMMIT, WEEKLY, Site

EMERGENCY = """\
  emergency: {by: [release-manager], keep: [], for: 4h, review-within: 1d, reason: the night goes on}
"""
WHY = "no exposures since 02:10"


def emergency_site(site: Site, level: str = "commissioning", text: str = EMERGENCY) -> Site:
    site.edit(
        lambda policy: policy.replace("  confirm:\n", f"{text}  confirm:\n", 1), f"policies/{level}.yaml"
    )
    site.ok("trust", "agree", "--yes")
    return site


def promote(site: Site, *words: str, target: str = BASE, release: str = WEEKLY) -> Any:
    return site.run("promote", release, "--target", target, "--emergency", WHY, *words)


@pytest.fixture
def site(ready: Site) -> Site:
    return emergency_site(ready)


def test_an_emergency_lets_in_what_is_there_and_says_so_loudly(site: Site) -> None:
    assert site.run("promote", WEEKLY, "--target", BASE).exit_code == 1
    done = promote(site)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert "*** EMERGENCY" in done.stdout
    assert "*** EMERGENCY" in done.stderr
    assert "there will be no receipt" in done.stdout
    assert "al9-w_2023_16" in site.committed(BASE)


def test_an_emergency_never_yields_a_receipt(site: Site) -> None:
    promote(site)
    assert json.loads(site.run("receipt", "show", BASE, WEEKLY, "-o", "json").stdout or "[]") == []
    (skipped,) = site.events("receipt.skipped")
    assert skipped.body["reason"] == "emergency"
    (owed,) = site.events("review.owed")
    assert owed.body["reason"] == WHY
    assert (owed.body["due"], owed.body["expires"]) == ("2023-04-21T12:00:00Z", "2023-04-20T16:00:00Z")


def test_an_emergency_counts_for_no_later_level(site: Site) -> None:
    """It ran at base for two days, in sight of all: the summit, which comes after base, does not believe it."""
    promote(site)
    for _ in range(9):
        site.advance(hours=5)
        site.ok("observe")
    found = json.loads(site.run("check", WEEKLY, "--target", SUMMIT, "-o", "json").stdout)
    (decision,) = found["decisions"] if isinstance(found, dict) else found
    after = {each["requirement"]: each for each in decision["findings"]}["base-first"]
    assert after["outcome"] == "missing", after


def test_the_same_emergency_again_has_nothing_to_do(site: Site) -> None:
    promote(site)
    before = site.everything()
    assert promote(site).exit_code == 0
    assert site.everything() == before


def test_an_ordinary_promotion_makes_good_what_an_emergency_has_left_open(site: Site) -> None:
    promote(site)
    site.advance(minutes=5)
    done = site.run("promote", WEEKLY, "--target", BASE)
    assert done.exit_code == 1
    assert "MISSING   ran-on-development" in done.stdout


def test_who_has_not_the_role_is_refused(ready: Site) -> None:
    site = emergency_site(ready, text=EMERGENCY.replace("release-manager", "ci"))
    done = promote(site)
    assert done.exit_code == 1
    assert "may be asked for by ci" in done.stdout


def test_an_emergency_is_of_one_environment(site: Site) -> None:
    done = promote(site, target="commissioning")
    assert done.exit_code == 1
    assert "an emergency is of one environment" in done.stdout
    assert site.events("review.owed") == []


def test_where_the_policy_names_other_environments_there_is_none(ready: Site) -> None:
    site = emergency_site(ready, text=EMERGENCY.replace("keep: []", "keep: [], environments: [summit]"))
    done = promote(site)
    assert done.exit_code == 1
    assert "emergency is for summit alone" in done.stdout


def test_without_an_emergency_in_the_policy_there_is_none(ready: Site) -> None:
    done = promote(ready)
    assert done.exit_code == 1
    assert "the policy of commissioning knows no emergency" in done.stdout


def test_an_emergency_of_a_held_release_is_refused(site: Site) -> None:
    hold = Hold("H-1", HoldKind.RECALL, (), site.now, "it corrupts", product="stack", tag=WEEKLY)
    context = site.context()
    pinned = find_or_pin(context, context.topology.product("stack"), WEEKLY)  # type: ignore[arg-type]
    assert isinstance(pinned, Pinned)
    subjects = tuple(each.digest for each in pinned.release.images)
    assert context.append([new_event(replace(hold, subjects=subjects))]) is None
    context.ledger.close()
    done = promote(site)
    assert done.exit_code == 1, done.stdout
    assert "it is held" in done.stdout
    assert site.events("review.owed") == []


def test_an_emergency_that_waited_too_long_is_over(ready: Site) -> None:
    """What was asked for is not done once its hours are over: it is asked for anew."""
    site = emergency_site(ready, text=EMERGENCY.replace("keep: []", "keep: [ran-on-development]"))
    site.ok("promote", WEEKLY, "--target", PLACE)
    site.advance(minutes=5)
    site.ok("observe")
    assert promote(site).exit_code == 4
    for _ in range(5):
        site.advance(hours=1)
        site.ok("observe")
    done = site.run("resume", "--all")
    assert "was over at" in done.stdout + done.stderr, done.stdout + done.stderr
    assert site.events("review.owed") == []


def as_somebody_else(site: Site) -> None:
    """From now on another person works in the workspace, in the same role."""
    site.ok("key", "new", "bob", "--out", str(site.root / "keys" / "bob.pem"))
    added = ("trust", "add-key", "bob", str(site.root / "keys" / "bob.pem"), "--person", "Bob Example")
    site.ok(*added, "--role", "release-manager", "--yes")
    site.edit(lambda text: re.sub(r"(\n +me: ).*", r"\1keys/bob.pem", text))


def promotion(site: Site) -> str:
    owed: str = site.events("review.owed")[0].body["promotion"]
    return owed


def frozen(site: Site) -> str:
    """What a promotion of anything is told there."""
    return site.run("check", WEEKLY, "--target", BASE).stdout


def test_overdue_emergency_review_freezes_the_target_but_for_rollback(site: Site) -> None:
    promote(site)
    assert site.ok("debts").splitlines()[1].startswith("2023-04-21T12:00:00Z   owed    emergency")
    assert "a review is overdue" not in frozen(site)
    site.advance(days=1)
    site.ok("observe")
    assert "FAILED    review-owed" in frozen(site)
    assert promote(site, target=BASE, release=BEFORE).exit_code == 1
    listed = site.run("debts", "--overdue")
    assert listed.exit_code == 1
    assert f"{promotion(site)}" in listed.stdout
    back = site.run("rollback", BEFORE, "--target", BASE, "--reason", "it was an emergency")
    assert back.exit_code == 0, back.stdout + back.stderr


def test_a_review_by_somebody_else_pays_the_debt(site: Site) -> None:
    promote(site)
    site.advance(days=1)
    name = promotion(site)
    own = site.run("review", name, "--accept", "--reason", "fine by me")
    assert (own.exit_code, site.events("review.given")) == (1, [])
    assert "does not review it" in own.stdout
    as_somebody_else(site)
    assert "is accepted by Bob Example" in site.ok("review", name, "--accept", "--reason", "looked at it")
    assert "review-owed" not in frozen(site)
    assert site.ok("debts") == "nothing is owed\n"
    (paid,) = json.loads(site.ok("debts", "--all", "-o", "json"))["debts"]
    assert (paid["state"], paid["reviewed_by"], paid["ended"]) == ("paid", "Bob Example", True)
    assert "was accepted before" in site.ok("review", name, "--accept", "--reason", "again")
    assert len(site.events("review.given")) == 1


def test_a_rejected_emergency_is_overdue_at_once(site: Site) -> None:
    promote(site)
    as_somebody_else(site)
    name = promotion(site)
    site.advance(minutes=10)
    assert "is rejected by" in site.ok("review", name, "--reject", "--reason", "it loses exposures")
    assert "FAILED    review-owed" in frozen(site)
    assert site.run("debts", "--overdue").exit_code == 1
    site.advance(minutes=10)
    site.ok("review", name, "--accept", "--reason", "it was rolled back")
    assert "review-owed" not in frozen(site)


def test_a_review_put_in_without_a_signature_pays_nothing(site: Site) -> None:
    promote(site)
    with open_ledger(site.root / "ledger.db", projectors=PROJECTORS) as ledger:
        told = Review(promotion(site), BASE, site.now, True, "all well")
        event = NewEvent("review.given", f"reviews/{promotion(site)}", told)
        assert isinstance(ledger.append([event], at=site.now, actor="Bob Example", expect={}), Head)
    site.advance(days=1)
    assert "FAILED    review-owed" in frozen(site)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("P-999", "--accept", "--reason", "x"), "owes no review"),
        (("P-1", "--accept", "--reject", "--reason", "x"), "say --accept or --reject"),
        (("P-1", "--accept"), "say it with --reason"),
    ],
    ids=["of-nothing", "both", "no-reason"],
)
def test_a_review_of_nothing_changes_nothing(site: Site, words: tuple[str, ...], told: str) -> None:
    done = site.run("review", *words)
    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr


def test_a_decision_by_an_emergency_is_made_again_to_the_same_bytes(site: Site) -> None:
    promote(site)
    assert site.run("promotions", "replay", promotion(site)).exit_code == 0
    site.advance(days=1)
    site.run("promote", WEEKLY, "--target", BASE)
    done = site.run("audit", "replay", "--all")
    assert done.exit_code == 0, done.stdout
