"""What a stranger meets in the first hours, with two images and one git repository."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.shop import NEW, OLD, build, new_shop, write, written
from tests.workspace import Site


@pytest.fixture(scope="module")
def shop_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return new_shop(tmp_path_factory.mktemp("shop") / "workspace")


@pytest.fixture
def shop(shop_once: Site, tmp_path: Path) -> Site:
    """1.5.0 runs everywhere."""
    return shop_once.copy(tmp_path / "workspace")


def rows(site: Site, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.ok(*words, "-o", "json"))
    return found


def test_a_component_set_by_hand_takes_no_earlier_release_from_rollback(shop: Site) -> None:
    """The hand-made part is what ran before: it is no way further back, and does not hide one."""
    shop.ok("promote", OLD, "-t", "dev")
    shop.advance(minutes=5)
    shop.ok("promote", NEW, "-t", "dev")
    shop.advance(minutes=5)
    write(shop, "dev", worker=OLD)
    shop.ok("observe")
    shop.ok("rollback", "-t", "dev")
    assert written(shop, "dev").count(OLD) == 2


def test_two_builds_of_one_tag_are_told_apart_by_their_revision(shop: Site) -> None:
    shop.ok("release", "pin", NEW)
    shop.ok("promote", NEW, "-t", "dev")
    assert "(revision" not in shop.ok("where") + shop.ok("history")
    shop.advance(minutes=5)
    build(shop.root, "api", NEW, seed="built anew")
    shop.ok("release", "pin", NEW, "--reason", "a base image was mended")
    assert {each["revision"] for each in rows(shop, "where")} == {1}
    assert shop.ok("where", "dev").count("1.6.0 (revision 1)") == 2
    assert "revision" not in shop.ok("where", "prod"), "there is one of 1.5.0"
    shop.ok("promote", NEW, "-t", "dev")
    assert {each["revision"] for each in rows(shop, "where", "dev")} == {2}
    assert shop.ok("where", "dev").count("1.6.0 (revision 2)") == 2
    past = [each["revision"] for each in rows(shop, "history", NEW) if each["component"] == "api"]
    assert past == [1, 2]
    told = shop.ok("history", NEW)
    assert "(revision 1)" in told
    assert "(revision 2)" in told


def test_a_check_that_others_run_is_registered_once_and_its_signing_is_named(shop: Site) -> None:
    shop.ok("promote", NEW, "-t", "dev")
    words = ("check-run", "acceptance", NEW, "-t", "dev")
    first, second = shop.run(*words), shop.run(*words)
    assert (first.exit_code, second.exit_code) == (4, 4)
    assert first.stdout == second.stdout
    assert len(shop.events("run.registered")) == 2, "one of the promotion, and one of these"
    command = next(line for line in first.stdout.splitlines() if "evidence sign" in line).strip()
    assert f"next: {command}" in shop.run("check", NEW, "-t", "staging").stdout
    assert "ldmrelease evidence add acceptance.json" in first.stdout
    signed = shop.root / "acceptance.json"
    made = command.replace("RESULT", "failed").replace("FILE", str(shop.root / "keys/runner.pem"))
    shop.ok(*made.replace("acceptance.json", str(signed)).split()[1:])
    shop.ok("evidence", "add", str(signed))
    again = shop.run(*words)
    assert again.stdout != first.stdout, "what failed is tried anew"


def test_what_would_be_refused_is_not_advised_and_that_is_said(shop: Site) -> None:
    refused = shop.run("check", NEW, "-t", "staging")
    assert f"`ldmrelease check-run acceptance {NEW} --target dev` would not be let through" in refused.stdout
    pin = f"`ldmrelease release pin {NEW} --product shop`"
    assert f"shop/{NEW} is not pinned yet; pin it with {pin}" in refused.stdout
    (decision,) = json.loads(shop.run("check", NEW, "-t", "staging", "-o", "json").stdout)["decisions"]
    blocked = {each["requirement"]: each["blocked"] for each in decision["findings"] if each["blocked"]}
    assert list(blocked) == ["accepted"]
    assert "next: ldmrelease promote 1.6.0 --target development" in refused.stdout
    shop.edit(lambda text: text.replace("check: acceptance", "check: smoke"), "policies/staging.yaml")
    shop.ok("trust", "agree", "--yes")
    again = shop.run("promote", NEW, "-t", "staging")
    assert again.exit_code == 1
    assert f"once shop/{NEW} runs at dev/shop: ldmrelease check-run smoke {NEW} --target dev" in again.stdout


def test_what_was_beside_a_tag_is_told_as_changed(shop: Site) -> None:
    """It is spelled as the release, and names no image."""
    shop.ok("promote", NEW, "-t", "dev")
    file = shop.root / "ldmrelease.yaml"
    file.write_text(file.read_text().replace("writes: tag}", "writes: tag@digest}", 2))
    shop.ok("trust", "agree", "--yes")
    write(shop, "dev", api=f"{NEW}@sha256:{'d' * 64}")
    told = shop.ok("promote", NEW, "-t", "dev")
    assert "UNCHANGED" not in told
    assert "PROMOTED" in told


def test_a_moved_tag_is_pushed_back_or_pinned_anew(shop: Site) -> None:
    shop.ok("promote", NEW, "-t", "dev")
    build(shop.root, "api", NEW, seed="other")
    for words in (("drift", "-t", "dev"), ("check", NEW, "-t", "dev")):
        told = shop.run(*words).stdout
        assert "push" in told
        assert "where the new" in told
        assert "release pin 1.6.0" in told


def test_a_release_that_is_complete_by_now_is_asked_for_again(shop: Site) -> None:
    """A promotion is bound to what was pinned for it, and says what takes its place."""
    build(shop.root, "api", "1.7.0")
    assert shop.run("promote", "1.7.0", "-t", "dev").exit_code == 4
    build(shop.root, "worker", "1.7.0")
    shop.ok("release", "pin", "1.7.0")
    waits = shop.run("resume", "--all")
    assert waits.exit_code == 4
    assert "it is complete by now, as revision 2: ask for that, which takes this one's place" in waits.stdout
    assert "next: ldmrelease promote 1.7.0 --target dev" in waits.stdout
    shop.ok("promote", "1.7.0", "--target", "dev")
    states = [each["state"] for each in rows(shop, "promotions", "list")]
    assert states == ["superseded", "succeeded"]


def test_another_spelling_of_what_is_known_is_suggested(shop: Site) -> None:
    done = shop.run("promote", f"v{OLD}", "-t", "dev")
    assert done.exit_code == 2
    assert f"did you mean {OLD}?" in done.stderr
    assert "did you mean" not in shop.run("promote", "1.9.0", "-t", "dev").stderr


def test_a_check_that_others_try_at_a_place_is_not_registered_before_the_release_runs_there(
    shop: Site,
) -> None:
    shop.ok("release", "pin", NEW)
    before = shop.head()
    asked = ("check-run", "acceptance", NEW, "-t", "dev")
    refused = shop.run(*asked)
    assert refused.exit_code == 1
    assert refused.stdout.splitlines() == [
        "REFUSED: acceptance for shop/1.6.0 at dev: shop/1.6.0 does not run at dev, where it is to be tried; "
        "nothing was registered",
        "  next: ldmrelease promote 1.6.0 --target dev",
    ]
    assert shop.head() == before
    (told,) = json.loads(shop.run(*asked, "-o", "json").stdout)
    assert (told["result"], told["problem"], told["run"]) == ("REFUSED", "not-there", None)
    checked = shop.run("check", NEW, "-t", "staging").stdout
    assert "once shop/1.6.0 runs at dev/shop: ldmrelease check-run acceptance 1.6.0 --target dev" in checked
    shop.ok(*told["next"][1:])
    assert shop.run(*asked).exit_code == 4
    assert "next: ldmrelease check-run acceptance 1.6.0 --target dev" not in refused.stdout


def test_a_check_of_the_release_alone_is_registered_wherever_it_is_asked_for(shop: Site) -> None:
    """No policy says where it has to have run."""
    shop.edit(lambda now: now.replace("      where: level:development\n", "", 1), "policies/staging.yaml")
    shop.ok("trust", "agree", "--yes")
    shop.ok("release", "pin", NEW)
    assert shop.run("check-run", "acceptance", NEW, "-t", "staging").exit_code == 4


def _two_builds_of_one_tag_ran(site: Site) -> None:
    """1.5.0, then 1.6.0, and then 1.6.0 built anew came to dev; written by digest, as one tag names one of them."""
    site.edit(lambda text: text.replace("writes: tag}", "writes: digest}"))
    site.ok("trust", "agree", "--yes")
    site.ok("promote", OLD, "-t", "dev")
    site.advance(minutes=5)
    site.ok("release", "pin", NEW)
    site.ok("promote", NEW, "-t", "dev")
    site.advance(minutes=5)
    build(site.root, "api", NEW, seed="built anew")
    site.ok("release", "pin", NEW, "--reason", "a base image was mended")
    site.ok("promote", NEW, "-t", "dev")
    site.advance(minutes=5)


def _revision_there(site: Site) -> set[tuple[str, int]]:
    return {(each["release"], each["revision"]) for each in rows(site, "where", "dev")}


def test_a_rollback_goes_to_the_other_build_of_the_same_tag(shop: Site) -> None:
    """What ran before is that build, whatever it is called."""
    _two_builds_of_one_tag_ran(shop)
    assert _revision_there(shop) == {("shop/1.6.0", 2)}
    told = shop.ok("rollback", "-t", "dev")
    assert "ROLLED BACK" in told
    assert _revision_there(shop) == {("shop/1.6.0", 1)}
    shop.advance(minutes=5)
    shop.ok("rollback", "-t", "dev")
    assert {each["release"] for each in rows(shop, "where", "dev")} == {"shop/1.5.0"}, "further back"


def test_which_of_two_builds_of_a_tag_is_meant_is_never_guessed(shop: Site) -> None:
    _two_builds_of_one_tag_ran(shop)
    before = shop.head()
    asked = ("rollback", NEW, "-t", "dev", "--reason", "slow")
    done = shop.run(*asked)
    assert done.exit_code == 2
    assert "shop/1.6.0 was pinned again with other images, and they ran at dev: revision 1 (" in done.stderr
    assert "revision 2 (" in done.stderr
    assert "is there" in done.stderr
    assert f"`ldmrelease -C {shop.root} rollback shop/1.6.0@1 -t dev --reason slow`" in done.stderr
    assert shop.head() == before
    shop.ok("rollback", "shop/1.6.0@1", *asked[2:])
    assert _revision_there(shop) == {("shop/1.6.0", 1)}


def test_a_digest_says_which_of_two_builds_of_a_tag_is_meant(shop: Site) -> None:
    _two_builds_of_one_tag_ran(shop)
    first, second = (
        each["digest"] for each in json.loads(shop.ok("release", "show", NEW, "-o", "json"))["revisions"]
    )
    assert "nothing to do" in shop.ok("rollback", second, "-t", "dev")
    shop.ok("rollback", first, "-t", "dev")
    assert _revision_there(shop) == {("shop/1.6.0", 1)}


def test_a_build_that_never_ran_there_is_not_meant(shop: Site) -> None:
    _two_builds_of_one_tag_ran(shop)
    build(shop.root, "api", NEW, seed="a third time")
    shop.ok("release", "pin", NEW, "--reason", "once more")
    shop.ok("rollback", OLD, "-t", "dev")
    shop.advance(minutes=5)
    done = shop.run("rollback", NEW, "-t", "dev")
    assert "revision 3" not in done.stderr
    refused = shop.run("rollback", f"{NEW}@3", "-t", "dev")
    assert refused.exit_code == 1
    assert "it never ran at dev/shop" in refused.stdout


def test_what_is_advised_says_which_build_of_a_tag(shop: Site) -> None:
    def only_no_return(text: str) -> str:
        return text[: text.index("    - id: ran-on")] + text[text.index("    - id: no-return") :]

    shop.edit(only_no_return, "policies/staging.yaml")
    shop.edit(lambda text: text.replace("  dev:\n    level: development", "  dev:\n    level: staging"))
    shop.edit(lambda text: text.replace("  dev: development", "  dev: staging"), "trust.yaml")
    shop.edit(
        lambda text: text.replace("environments: [staging]", "environments: [dev, staging]"), "trust.yaml"
    )
    _two_builds_of_one_tag_ran(shop)
    shop.ok("rollback", OLD, "-t", "dev")
    shop.advance(minutes=5)
    told = json.loads(shop.run("check", NEW, "-t", "dev", "-o", "json").stdout)
    (advised,) = [each["next"] for each in told["decisions"][0]["findings"] if each["next"]]
    assert advised == ["ldmrelease", "rollback", f"{NEW}@2", "--target", "dev/shop"]
    assert "1.6.0" in shop.ok(*advised[1:], "--dry-run")
