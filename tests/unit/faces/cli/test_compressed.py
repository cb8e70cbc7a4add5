"""Compressions of a level's policy: less is asked of whoever may, the receipt says so, and a review is owed."""

import json
from pathlib import Path

import pytest

from tests.workspace import BASE, WEEKLY, Site

COMPRESSION = """\
  compression:
    night:
      by: [commissioning-manager]
      drop: [ran-on-development, smoke-on-development]
      shorten: {base-first: {for: 1h}}
      review-within: 7d
      reason: a night on sky
"""
PROMOTE = ("promote", WEEKLY, "--target", BASE, "--compressed", "night", "--reason", "on sky in an hour")


def compressed_site(site: Site) -> Site:
    site.edit(
        lambda text: text.replace("  confirm:\n", f"{COMPRESSION}  confirm:\n", 1),
        "policies/commissioning.yaml",
    )
    site.ok("trust", "agree", "--yes")
    return site


def test_a_compressed_promotion_leaves_away_what_the_policy_names_and_shows_it(ready: Site) -> None:
    site = compressed_site(ready)
    assert site.run("promote", WEEKLY, "--target", BASE).exit_code == 1
    done = site.run(*PROMOTE)
    assert done.exit_code == 0, done.stdout + done.stderr
    assert "*** COMPRESSED (night)" in done.stdout
    assert "*** COMPRESSED (night)" in done.stderr
    assert "dropped by 'night' (compression); it would be" in done.stdout
    (owed,) = site.events("review.owed")
    assert (owed.body["overlay"], owed.body["place"]) == (
        {"kind": "compressed", "name": "night"},
        {"environment": "base", "application": "ocps"},
    )


def test_the_receipt_of_a_compressed_promotion_never_has_the_clean_name(ready: Site) -> None:
    site = compressed_site(ready)
    site.ok(*PROMOTE)
    receipts = json.loads(site.ok("receipt", "show", BASE, WEEKLY, "-o", "json"))
    levels = {tuple(each["statement"]["predicate"]["verifiedLevels"]) for each in receipts}
    assert levels == {("LDM564_COMMISSIONING_COMPRESSED",)}


def test_the_decision_in_json_names_the_compression(ready: Site) -> None:
    site = compressed_site(ready)
    told = json.loads(site.ok(*PROMOTE, "--output", "json"))
    assert told["decision"]["overlay"] == {"kind": "compressed", "name": "night"}
    found = {each["requirement"]: each for each in told["decision"]["findings"]}
    assert (found["ran-on-development"]["outcome"], found["ran-on-development"]["unmet"]) == (
        "waived",
        "missing",
    )


def test_who_has_not_the_role_is_refused(ready: Site) -> None:
    site = compressed_site(ready)
    site.edit(
        lambda text: text.replace("commissioning-manager, documentation]", "documentation]"), "trust.yaml"
    )
    done = site.run(*PROMOTE)
    assert done.exit_code == 1, done.stdout + done.stderr
    assert "may be asked for by commissioning-manager" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--compressed", "night"), "say why with --reason"),
        (("--compressed", "day", "--reason", "x"), "base/ocps has no compression 'day'; known are night"),
        (("--compressed", "night", "--emergency", "x"), "say one of them"),
        (("--compressed", "night", "--reason", "x", "--through"), "leave it out"),
        (("--emergency", " "), "say why"),
        (("--emergency", "x", "--reason", "y"), "leave --reason out"),
    ],
    ids=lambda each: "-".join(each) if isinstance(each, tuple) else None,
)
def test_what_is_asked_for_wrongly_is_told(ready: Site, words: tuple[str, ...], told: str) -> None:
    done = compressed_site(ready).run("promote", WEEKLY, "--target", BASE, *words)
    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr


def test_a_clean_promotion_after_a_compressed_one_is_asked_everything(ready: Site) -> None:
    """What has a compressed receipt has not got the clean one."""
    site = compressed_site(ready)
    site.ok(*PROMOTE)
    site.advance(minutes=5)
    assert "nothing to do" in site.ok(*PROMOTE).lower()
    assert site.run("promote", WEEKLY, "--target", BASE).exit_code == 1


def test_a_policy_that_is_wrong_about_its_overlays_is_told_where(ready: Site) -> None:
    wrong = COMPRESSION.replace(
        "[ran-on-development, smoke-on-development]", "[images, built-by-ci, ran-in-dev]"
    )
    wrong = wrong.replace("{base-first: {for: 1h}}", "{base-first: {for: 9h}, smoke: {for: 1h}}")
    wrong += "  emergency: {by: [commissioning-manager], keep: [imags], for: 5h, review-within: 1d}\n"
    path = Path(ready.root / "policies" / "commissioning.yaml")
    path.write_text(path.read_text().replace("  confirm:\n", f"{wrong}  confirm:\n", 1))
    done = ready.run("policy", "lint", str(path))
    assert done.exit_code != 0
    told = done.stdout + done.stderr
    assert "an emergency is acted on for 4h at most" in told
    path.write_text(path.read_text().replace("for: 5h", "for: 4h"))
    told = ready.run("policy", "lint", str(path)).stdout
    for each in (
        "'images' is never dropped",
        "'built-by-ci' is never dropped",
        "no requirement here has the id 'ran-in-dev'",
        "for 9h asks no less than the 4h of 'base-first'",
        "'smoke' asks for no `for` that could be less",
        "no requirement here has the id 'imags'",
    ):
        assert each in told, told


def test_debts_list_a_waiver_until_it_ends(ready: Site) -> None:
    ready.ok("release", "pin", WEEKLY)
    ready.ok(
        *("waive", "ran-on-development", "--release", WEEKLY, "--target", BASE),
        *("--reason", "the test stand is away", "--expires", "2d", "--yes"),
    )
    (listed,) = json.loads(ready.ok("debts", "-o", "json"))["debts"]
    assert (listed["kind"], listed["state"], listed["about"]) == ("waiver", "stands", "ran-on-development")
    ready.advance(days=3)
    assert ready.ok("debts").endswith("nothing is owed\n")
    (listed,) = json.loads(ready.ok("debts", "--all", "-o", "json"))["debts"]
    assert (listed["state"], listed["overdue"]) == ("expired", False)


def test_the_policy_explains_what_it_asks_less_of_whom(ready: Site) -> None:
    site = compressed_site(ready)
    told = site.ok("policy", "explain", "commissioning")
    assert "Compressed as night, asked for by commissioning-manager:" in told
    assert "  ran-on-development and smoke-on-development do not stand in the way." in told
    assert "  base-first is asked with for 1h." in told
    assert "  A review is owed within 7d." in told
    (overlay,) = json.loads(site.ok("policy", "explain", "commissioning", "-o", "json"))["overlays"]
    assert (overlay["kind"], overlay["drop"]) == (
        "compressed",
        ["ran-on-development", "smoke-on-development"],
    )
