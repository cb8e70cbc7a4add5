"""A rollback goes to the builds that ran: within one cycle by the revision of its pin, and to what nobody had named."""

import json
from pathlib import Path

import pytest

from tests.cycle_site import PLACE, build, cycle_site, file_of
from tests.phalanx_site import LAB, PROXY, phalanx_site
from tests.unit.faces.cli.test_cycle_promotions import BUILDS, by_hand, lines, tip
from tests.workspace import Site


@pytest.fixture(scope="module")
def found_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = cycle_site(
        tmp_path_factory.mktemp("cycle") / "workspace", BUILDS, {"atdome": 0, "ataos": 3, "mtdome": 1}
    )
    site.ok("observe")
    site.advance(minutes=5)
    site.ok("release", "pin", "c0044")
    return site


@pytest.fixture
def found(found_once: Site, tmp_path: Path) -> Site:
    """Builds of c0042 were found, and nobody has pinned them; c0044 is pinned."""
    return found_once.copy(tmp_path / "workspace")


def promoted(site: Site, *raised: str) -> list[str]:
    """c0044 is promoted, and each time ataos has a build more again; the tips of the tree then."""
    tips = []
    for each in ("", *raised):
        if each:
            build(site.root, "ataos", each)
            site.ok("release", "pin", "c0044")
        site.advance(minutes=5)
        site.ok("promote", "c0044", "--target", PLACE)
        tips.append(tip(site))
    site.advance(minutes=5)
    return tips


def revisions(site: Site) -> set[tuple[str, int]]:
    return {(each["release"], each["revision"]) for each in json.loads(site.ok("where", PLACE, "-o", "json"))}


def test_a_raised_build_is_rolled_back_to_the_one_before(found: Site) -> None:
    first, _ = promoted(found, "c0044.004")
    before = found.head().size
    said = found.ok("rollback", "--target", PLACE, "--reason", "the mirror shakes")
    assert f"ROLLED BACK c0044 (ataos c0044.004 -> c0044.003)  {PLACE}" in said
    assert lines(found, first) == []
    assert revisions(found) == {("telescope/c0044", 1)}
    assert json.loads(found.ok("drift", "-o", "json"))["drift"] == []
    receipts = [each for each in found.events("receipt.signed") if each.sequence > before]
    assert len(receipts) == 4, "it was decided about"


def test_the_second_rollback_goes_further_back_in_the_cycle_and_then_out_of_it(found: Site) -> None:
    first, second, _ = promoted(found, "c0044.004", "c0044.005")
    found.ok("rollback", "--target", PLACE)
    assert lines(found, second) == []
    found.advance(minutes=5)
    found.ok("rollback", "--target", PLACE)
    assert lines(found, first) == []
    found.advance(minutes=5)
    refused = found.run("rollback", "--target", PLACE)
    assert refused.exit_code == 2
    assert "what ran at prod/control before has no name" in refused.stderr


def test_a_revision_is_named_by_its_number_or_digest(found: Site) -> None:
    first, second, _ = promoted(found, "c0044.004", "c0044.005")
    told = found.ok("rollback", "c0044@1", "--target", PLACE, "--dry-run")
    assert f"{PLACE}: c0044 (ataos c0044.005 -> c0044.003)" in told
    found.ok("rollback", "c0044@1", "--target", PLACE)
    assert lines(found, first) == []
    found.advance(minutes=5)
    shown = json.loads(found.ok("release", "show", "c0044", "-o", "json"))
    digest = {each["revision"]: each["digest"] for each in shown["revisions"]}
    found.ok("rollback", f"c0044@{digest[2]}", "--target", PLACE)
    assert lines(found, second) == []
    assert found.ok("release", "show", "c0044@1").startswith("telescope/c0044")
    compared = json.loads(found.ok("release", "compare", "c0044@1", "c0044@3", "-o", "json"))
    assert "c0044.005" in json.dumps(compared)
    for which, hint in (("9", "it has c0044@1, c0044@2, c0044@3"), ("1234567", "it has c0044@1")):
        refused = found.run("rollback", f"c0044@{which}", "--target", PLACE)
        assert refused.exit_code == 2
        assert f"telescope/c0044 has no revision '{which}'" in refused.stderr
        assert hint in refused.stderr


def test_a_revision_that_never_ran_there_is_refused(found: Site) -> None:
    promoted(found)
    build(found.root, "ataos", "c0044.004")
    found.ok("release", "pin", "c0044")
    before = tip(found)
    refused = found.run("rollback", "c0044@2", "--target", PLACE)
    assert refused.exit_code == 1
    assert "never ran at prod/control" in refused.stdout
    assert tip(found) == before


def test_builds_without_a_name_are_shown_and_come_back_once_they_have_one(found: Site) -> None:
    first = tip(found)
    promoted(found)
    before = found.everything()
    refused = found.run("rollback", "--target", PLACE, "--reason", "it was not")
    assert refused.exit_code == 2
    assert found.everything() == before
    for each in ("ataos c0042.003 (sha256:", "atdome c0042.000 (sha256:", "mtdome c0042.001 (sha256:"):
        assert each in refused.stderr
    command = "release pin c0042 --product telescope --build ataos=c0042.003 --build atdome=c0042.000"
    assert f"`ldmrelease {command} --build mtdome=c0042.001`, and roll back to that" in refused.stderr
    found.ok(*command.split(), "--build", "mtdome=c0042.001")
    assert found.run("rollback", "--target", PLACE).exit_code == 2, "nobody has decided about it: say why"
    found.ok("rollback", "--target", PLACE, "--reason", "it was not")
    assert lines(found, first) == []


def test_unnamed_builds_since_the_last_release_are_not_passed_over(found: Site) -> None:
    promoted(found)
    for component, file, old in (
        ("ataos", 1, "3"),
        ("atdome", 0, "7"),
        ("mtdome", 0, "12"),
    ):
        build(found.root, component, "c0044.020")
        by_hand(found, file_of(file), f"revision: {old}\n", "revision: 20\n")
    found.ok("observe")
    found.advance(minutes=5)
    for each in BUILDS:
        build(found.root, each, "c0045.001")
    found.ok("release", "pin", "c0045")
    found.ok("promote", "c0045", "--target", PLACE)
    found.advance(minutes=5)
    refused = found.run("rollback", "--target", PLACE)
    assert refused.exit_code == 2
    assert "--build ataos=c0044.020 --build atdome=c0044.020 --build mtdome=c0044.020" in refused.stderr
    assert f"or go further back: `ldmrelease rollback c0044 --target {PLACE}`" in refused.stderr
    found.ok("rollback", "c0044", "--target", PLACE)


def test_an_image_whose_tag_is_of_no_release_is_put_back_by_hand_and_that_is_said(tmp_path: Path) -> None:
    site = phalanx_site(tmp_path / "workspace")
    build(site.root, "proxy", "nightly")
    by_hand(site, PROXY, "1.40", "nightly")
    site.ok("observe")
    site.advance(minutes=5)
    site.ok("release", "pin", "proxy/1.5")
    site.ok("promote", "proxy/1.5", "--target", LAB)
    before = site.everything()
    refused = site.run("rollback", "--target", LAB, "--product", "proxy")
    assert refused.exit_code == 2
    assert f"what ran at {LAB} before has no name: proxy nightly (sha256:" in refused.stderr
    assert "its tags are none of this product: put them back in the tree by hand" in refused.stderr
    assert site.everything() == before


def test_what_a_baseline_found_is_gone_back_to_by_its_name(found: Site) -> None:
    first = tip(found)
    found.ok("adopt", "--baseline", "--yes")
    promoted(found)
    found.ok("rollback", "--target", PLACE, "--reason", "it was not")
    assert lines(found, first) == []
