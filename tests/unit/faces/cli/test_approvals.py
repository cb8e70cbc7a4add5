"""Request, approve and waive as people do them: who counts, what voids, and what nobody may do (trust.md section 3)."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.events import EventKind
from tests.unit.faces.cli.test_forged_rows import altered, forge
from tests.workspace import BEFORE, PLACE, WEEKLY, Site

APPROVAL = """\
    - id: board
      rule: approval
      by: [board]
      quorum: 1
"""
SMOKE = """\
    - id: smoke-before
      rule: check
      check: smoke
      about: release
      where: tucson-teststand
      waivable-by: [board]
"""
WHY = ("--reason", "DM-1: known")
THERE = (WEEKLY, "--target", PLACE)


def _asks(*clauses: str) -> Callable[[str], str]:
    return lambda text: text.replace(
        "    - id: no-stale-merge\n", f"{''.join(clauses)}    - id: no-stale-merge\n", 1
    )


def _entry(site: Site, key: str, person: str, role: str) -> str:
    """A new key, as the trust document has it."""
    file = site.root / "keys" / f"{key}.pem"
    site.ok("key", "new", key, "--out", str(file))
    public = json.loads(site.ok("key", "show", str(file), "-o", "json"))["public"]
    lines = "".join(f"      {each}\n" for each in public.splitlines())
    about = f"    person: {person}\n    roles: [{role}]\n    not-before: '2022-12-07T18:56:43Z'\n"
    return f"  {key}:\n{about}    public: |\n{lines}"


def governed_site(site: Site) -> Site:
    """The level of development wants one of the board, and a check of somewhere that the board may waive."""
    site.edit(_asks(SMOKE, APPROVAL), "policies/development.yaml")
    words = ["pin", "request", "approval", "waiver"]
    types = [word for each in words for word in ("--type", each)]
    everywhere = ("--environment", "*", "--repository", "*")
    site.ok("trust", "role", "board", *types, *everywhere, "--yes")
    site.ok("trust", "role", "operator", *types, *everywhere, "--yes")
    # The workspace's clock is in the past, where these have counted for long.
    entries = "".join(
        _entry(site, *each)
        for each in (
            ("zoe", "Zoe", "board"),
            ("yan", "Yan", "board"),
            ("me2", "release manager", "board"),
            ("olga", "Olga", "operator"),
        )
    )
    site.edit(lambda text: text.replace("\nkeys:\n", f"\nkeys:\n{entries}", 1), "trust.yaml")
    site.ok("trust", "agree", "--yes")
    site.ok("release", "pin", WEEKLY)
    return site


@pytest.fixture(scope="session")
def governed_once(ready_once: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return governed_site(ready_once.copy(tmp_path_factory.mktemp("governed") / "workspace"))


@pytest.fixture
def governed(governed_once: Site, tmp_path: Path) -> Site:
    return governed_once.copy(tmp_path / "workspace")


def being(site: Site, key: str) -> Site:
    """The same workspace with another person's key."""
    site.edit(lambda text: re.sub(r"^  me: .*$", f"  me: keys/{key}.pem", text, count=1, flags=re.MULTILINE))
    return site


def answer(site: Site, *words: str, code: int = 0) -> Any:
    done = site.run(*words, "-o", "json")
    assert done.exit_code == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def forged(site: Site, kind: str, fields: dict[str, Any]) -> None:
    """A row of the last act of a kind with other fields, by whoever has no key."""
    signed = site.events(kind)[-1]
    forge(site, signed.stream, kind, altered({"envelope": signed.body["envelope"]}, **fields))


def board(site: Site, code: int = 4) -> dict[str, Any]:
    """The finding of the approval, as a look shows it."""
    found = answer(site, "check", *THERE, code=code)
    return next(each for each in found["decisions"][0]["findings"] if each["requirement"] == "board")


def requested(site: Site) -> str:
    """The release manager asks for it, and what is missing is waived: an approval alone is owed."""
    found = answer(being(waived(site), "me"), "request", *THERE, "--reason", "RFC-1", code=4)
    return str(found["promotion"])


def waived(site: Site, key: str = "yan") -> Site:
    """What fails or is missing is waived by somebody else, so that the approval alone is owed."""
    being(site, key).ok("waive", "smoke-before", "--release", WEEKLY, "--target", PLACE, *WHY, "--yes")
    return site


def test_a_request_touches_nothing_and_an_approval_of_another_lets_it_in(governed: Site) -> None:
    waived(governed)
    before = governed.refs()
    found = answer(being(governed, "me"), "request", *THERE, code=4)
    assert (found["state"], found["waits_for"]["who"]) == ("waiting", ["board (Zoe, Yan, release manager)"])
    assert governed.refs() == before
    told = being(governed, "zoe").ok("approve", found["promotion"], "--yes", *WHY)
    assert f"APPROVED stack/{WEEKLY} at {PLACE} for {found['promotion']} as A-" in told
    [row] = answer(governed, "approvals")
    assert row["verdict"] == "allowed"
    assert [(each["persons"], each["counted"]) for each in row["approvals"]] == [(["Zoe"], True)]
    assert row["approvals"][0]["basis"][0]["requirement"] == "images"
    being(governed, "me").ok("promote", *THERE)


def test_what_is_allowed_at_once_is_left_to_a_resume(ready: Site) -> None:
    before = ready.refs()
    found = answer(ready, "request", *THERE)
    assert ready.refs() == before
    assert answer(ready, "request", *THERE)["promotion"] == found["promotion"]
    assert f"{found['promotion']} asks for this already" in ready.ok("request", *THERE)
    told = ready.ok("resume", found["promotion"])
    assert "PROMOTED" in told
    assert ready.refs() != before


def test_requester_approves_with_a_second_key(governed: Site) -> None:
    requested(governed)
    head = governed.head()
    done = being(governed, "me2").run("approve", *THERE, "--yes")
    assert done.exit_code == 2
    assert "who asks does not approve" in done.stderr
    assert governed.head() == head


def test_who_pinned_it_does_not_approve_it(governed: Site) -> None:
    done = being(governed, "me2").run("approve", *THERE, "--yes")
    assert done.exit_code == 2
    assert "who pinned the release does not approve it" in done.stderr


def test_another_role_is_told_and_nothing_is_written(governed: Site) -> None:
    requested(governed)
    head = governed.head()
    done = being(governed, "olga").run("approve", *THERE, "--yes")
    assert (done.exit_code, governed.head()) == (2, head)
    assert "it is by nobody who has a role that is asked" in done.stderr


def test_the_ci_key_signs_an_approval(governed: Site) -> None:
    requested(governed)
    done = being(governed, "ci").run("approve", *THERE, "--yes")
    assert done.exit_code == 2
    assert "it is by nobody who has a role that is asked" in done.stderr


def test_approving_again_writes_nothing_and_taking_it_back_owes_it_anew(governed: Site) -> None:
    requested(governed)
    being(governed, "zoe").ok("approve", *THERE, "--yes")
    head = governed.head()
    assert "nothing to do" in governed.ok("approve", *THERE, "--yes")
    assert governed.head() == head
    told = answer(governed, "approve", *THERE, "--withdraw", *WHY)
    assert told["action"] == "withdrawn"
    [row] = answer(governed, "approvals")
    assert [each["code"] for each in row["approvals"]] == ["withdrawn"]
    assert row["verdict"] == "waiting"
    assert answer(governed, "approve", *THERE, "--withdraw")["action"] == "nothing"


def test_an_approval_is_meant_or_not_given(governed: Site) -> None:
    requested(governed)
    done = being(governed, "zoe").run("approve", *THERE)
    assert done.exit_code == 2
    assert "say --yes" in done.stderr


def test_reuse_after_rollback(governed: Site) -> None:
    requested(governed)
    being(governed, "zoe").ok("approve", *THERE, "--yes")
    being(governed, "me").ok("promote", *THERE)
    governed.ok("rollback", BEFORE, "--target", PLACE, *WHY)
    assert board(governed)["values"]["not_counted"][0]["code"] == "request-ended"
    assert governed.run("promote", *THERE).exit_code in (1, 4)


def test_an_approval_before_any_request_is_used_once(governed: Site) -> None:
    waived(governed)
    being(governed, "zoe").ok("approve", *THERE, "--yes")
    being(governed, "me").ok("promote", *THERE)
    governed.ok("rollback", BEFORE, "--target", PLACE, *WHY)
    assert board(governed)["values"]["not_counted"][0]["code"] == "used"


def test_approval_inserted_by_sql(governed: Site) -> None:
    requested(governed)
    being(governed, "zoe").ok("approve", *THERE, "--yes")
    forged(governed, EventKind.APPROVED, {"approval": "A-900", "scope": "tucson-teststand/ocps"})
    [other] = answer(governed, "approvals", WEEKLY, "-t", "tucson-teststand/ocps")
    assert [(each["counted"], each["code"]) for each in other["approvals"]] == [(False, "bad-signature")]
    assert other["requirements"][0]["outcome"] == "pending"


def test_waiver_inserted_by_sql(governed: Site) -> None:
    waived(governed)
    forged(governed, EventKind.WAIVED, {"waiver": "W-900", "scope": "tucson-teststand/ocps"})
    found = answer(governed, "waive", "--list", "-r", WEEKLY, "-t", "tucson-teststand/ocps")
    assert [(each["counted"], each["code"]) for each in found["waivers"]] == [(False, "bad-signature")]
    decided = answer(governed, "check", WEEKLY, "-t", "tucson-teststand/ocps", code=1)["decisions"][0]
    assert {each["requirement"]: each["outcome"] for each in decided["findings"]}["smoke-before"] == "missing"


def test_a_row_without_any_signature_is_seen(governed: Site) -> None:
    digest = answer(governed, "release", "show", WEEKLY)["digest"]
    forge(governed, f"approvals/{digest}", EventKind.APPROVED, {"approval": "A-1"})
    [found] = answer(governed, "approvals", WEEKLY, "-t", PLACE)
    assert [(each["counted"], each["code"]) for each in found["approvals"]] == [(False, "unsigned")]


def test_a_waiver_names_what_it_covers_and_receipts_say_so(governed: Site) -> None:
    waived(governed)
    listed = answer(governed, "waive", "--list", "-r", WEEKLY, "-t", PLACE)["waivers"]
    assert [(each["requirement"], each["person"], each["counted"]) for each in listed] == [
        ("smoke-before", "Yan", True)
    ]
    assert listed[0]["failing"] == ["missing"]
    being(governed, "zoe").ok("approve", *THERE, "--yes")
    being(governed, "me").ok("promote", *THERE)
    receipts = governed.ok("receipt", "show", WEEKLY, "-o", "json")
    assert "LDM564_DEVELOPMENT_WAIVED" in receipts
    assert "LDM564_DEVELOPMENT" not in receipts.replace("LDM564_DEVELOPMENT_WAIVED", "")


def test_a_waiver_that_is_asked_for_longer_than_it_may_be_says_so(governed: Site) -> None:
    words = ("waive", "smoke-before", "--release", WEEKLY, "--target", PLACE, *WHY, "--yes")
    done = being(governed, "yan").run(*words, "--expires", "30d")
    assert done.exit_code == 0
    assert f"{PLACE}: it ends 2023-05-04T12:00:00Z: its level gives a waiver no more time" in done.stderr


def test_waiver_for_images(governed: Site) -> None:
    done = being(governed, "zoe").run("waive", "images", "-r", WEEKLY, "-t", PLACE, *WHY, "--yes")
    assert done.exit_code == 2
    assert "nobody may waive images" in done.stderr


def test_renewal_by_the_same_person(governed: Site) -> None:
    waived(governed)
    governed.advance(days=15)
    done = governed.run("waive", "smoke-before", "-r", WEEKLY, "-t", PLACE, *WHY, "--yes")
    assert done.exit_code == 2
    assert "who waived this before does not do it again" in done.stderr
    found = answer(being(governed, "zoe"), "waive", "smoke-before", "-r", WEEKLY, "-t", PLACE, *WHY, "--yes")
    assert found["waivers"][0]["renews"].startswith("W-")


def test_who_waived_does_not_approve(governed: Site) -> None:
    requested(governed)
    done = being(governed, "yan").run("approve", *THERE, "--yes")
    assert done.exit_code == 2
    assert "who signed a waiver that is in use does not approve" in done.stderr


def test_a_waiver_needs_a_reason_a_role_and_something_unmet(governed: Site) -> None:
    head = governed.head()
    for key, words, told in (
        ("yan", ("smoke-before", "--yes"), "a waiver needs a reason"),
        ("olga", ("smoke-before", *WHY, "--yes"), "you have none of the roles that may: board"),
        ("yan", ("no-stale-merge", *WHY, "--yes"), "nobody may waive no-stale-merge"),
        ("yan", ("astrology", *WHY, "--yes"), "nothing called astrology is asked there"),
        ("yan", ("smoke-before", *WHY), "say --yes"),
        ("yan", ("smoke-before", *WHY, "--yes", "--expires", "2023-04-01T00:00:00Z"), "in the past"),
    ):
        done = being(governed, key).run("waive", *words, "-r", WEEKLY, "-t", PLACE)
        assert (done.exit_code, told in done.stderr) == (2, True), done.stderr
        being(governed, "me")
    assert governed.head() == head


def test_a_waiver_that_is_taken_back_waives_nothing(governed: Site) -> None:
    waived(governed)
    found = answer(governed, "waive", "smoke-before", "-r", WEEKLY, "-t", PLACE, "--withdraw", *WHY)
    assert found["action"] == "withdrawn"
    assert answer(governed, "check", *THERE, code=1)


def test_looks_write_nothing(governed: Site) -> None:
    requested(governed)
    before = governed.everything()
    governed.ok("approvals")
    governed.ok("approvals", WEEKLY, "--target", "development")
    governed.ok("waive", "--list", "--release", WEEKLY, "--target", "development")
    assert governed.everything() == before


def test_a_key_that_is_named_for_it_approves(governed: Site) -> None:
    promotion = requested(governed)
    key = str(governed.root / "keys" / "zoe.pem")
    assert "APPROVED" in governed.ok("approve", promotion, "--yes", "--key", key)


def test_decisions_with_approvals_and_waivers_are_made_again(governed: Site) -> None:
    requested(governed)
    being(governed, "zoe").ok("approve", *THERE, "--yes")
    being(governed, "me").ok("promote", *THERE)
    found = answer(governed, "audit", "replay", "--all")
    assert found["same"] == found["decisions"] > 0
