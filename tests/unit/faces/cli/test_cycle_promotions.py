"""A cycle is promoted at a site: its parts stand in several files of the tree, and one commit changes them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cycle_site import ENVIRONMENT, PLACE, build, cycle_site, file_of, git
from tests.workspace import Site

BUILDS = {
    "atdome": ["c0042.000", "c0044.007"],
    "ataos": ["c0042.003", "c0044.003"],
    "mtdome": ["c0042.001", "c0042", "c0044.012", "c0044"],
}


@pytest.fixture(scope="module")
def site_once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("cycle") / "workspace"
    site = cycle_site(root, BUILDS, {"atdome": 0, "ataos": 3, "mtdome": 1})
    site.ok("release", "pin", "c0042")
    site.ok("observe")
    site.ok("release", "pin", "c0044")
    return site


@pytest.fixture
def summit(site_once: Site, tmp_path: Path) -> Site:
    """All components are at c0042, which was found there; c0044 is pinned."""
    return site_once.copy(tmp_path / "workspace")


def lines(site: Site, since: str) -> list[str]:
    """What the commits since have changed."""
    told = git(site.root / "tree", "diff", "--unified=0", since, "main").splitlines()
    return [each for each in told if each[:1] in "+-" and each[:3] not in ("+++", "---")]


def tip(site: Site) -> str:
    return git(site.root / "tree", "rev-parse", "main").strip()


def test_a_promotion_is_one_commit_and_a_rollback_brings_the_lines_back(summit: Site) -> None:
    first = tip(summit)
    summit.ok("promote", "c0044", "--target", PLACE)
    assert git(summit.root / "tree", "rev-list", "--count", f"{first}..main").strip() == "1"
    assert sorted(lines(summit, first)) == sorted(
        [
            "-  imageTag: c0042  # SAL 8",
            "+  imageTag: c0044  # SAL 8",
            "-    revision: 0",
            "+    revision: 7",
            "-    revision: 1",
            "+    revision: 12",
        ]
    )
    summit.ok("rollback", "--target", PLACE, "--reason", "the dome does not open")
    assert lines(summit, first) == []


def test_an_open_release_does_not_move_a_cycle_that_its_missing_components_read(summit: Site) -> None:
    summit.ok("promote", "c0044", "--target", PLACE)
    first = tip(summit)
    summit.ok("release", "pin", "c0042.003")  # there is an ataos of it, and nothing else
    refused = summit.run("rollback", "c0042.003", "--target", PLACE, "--reason", "slow")
    assert refused.exit_code == 1
    assert "atdome" in refused.stderr + refused.stdout
    assert tip(summit) == first


def test_a_raised_build_of_one_component_is_one_line(summit: Site) -> None:
    summit.ok("promote", "c0044", "--target", PLACE)
    first = tip(summit)
    build(summit.root, "ataos", "c0044.004")
    summit.ok("release", "pin", "c0044")
    summit.ok("promote", "c0044", "--target", PLACE)
    assert lines(summit, first) == ["-    revision: 3", "+    revision: 4"]


def test_where_says_what_the_parts_say_together(summit: Site) -> None:
    summit.ok("promote", "c0044", "--target", PLACE)
    told = json.loads(summit.ok("where", "-o", "json"))
    assert {row["component"]: row["spelling"] for row in told} == {
        "atdome": "c0044.007",
        "ataos": "c0044.003",
        "mtdome": "c0044.012",
    }
    assert json.loads(summit.ok("drift", "-o", "json"))["drift"] == []


def test_a_hand_in_one_of_the_files_is_drift_of_that_component_alone(summit: Site) -> None:
    summit.ok("promote", "c0044", "--target", PLACE)
    build(summit.root, "ataos", "c0044.001")
    by_hand(summit, file_of(1), "revision: 3", "revision: 1")
    (found,) = json.loads(summit.run("drift", "-o", "json").stdout)["drift"]
    assert (found["component"], found["code"]) == ("ataos", "undecided")


def test_without_a_revision_the_moving_tag_is_observed_by_its_digest(summit: Site) -> None:
    by_hand(summit, file_of(0), "revision: 1", "revision:")
    before = observed(summit)
    build(summit.root, "mtdome", "c0042.002")
    images = summit.root / "images" / "mtdome" / "index.json"
    move(images, "c0042", "c0042.002")
    after = observed(summit)
    assert before["mtdome"][0] == after["mtdome"][0] == "c0042"
    assert before["mtdome"][1] != after["mtdome"][1]
    assert before["ataos"] == after["ataos"]


def test_a_component_at_the_moving_tag_loses_its_line_and_has_it_back(summit: Site) -> None:
    first = tip(summit)
    for name, tag in (("atdome", "c0045.001"), ("ataos", "c0045.001"), ("mtdome", "c0045")):
        build(summit.root, name, tag)
    assert json.loads(summit.ok("release", "pin", "c0045", "-o", "json"))["kind"] == "moving"
    summit.ok("promote", "c0045", "--target", PLACE)
    assert "-    revision: 1" in lines(summit, first)
    assert len([each for each in lines(summit, first) if "revision" in each]) == 5
    assert json.loads(summit.ok("drift", "-o", "json"))["drift"] == []
    summit.ok("rollback", "--target", PLACE, "--reason", "it was not")
    assert lines(summit, first) == []


def test_a_part_that_another_place_reads_is_not_changed_under_it(summit: Site) -> None:
    def apart(text: str) -> str:
        ours, between, theirs = text.partition("              - component: mtdome\n")
        ours = ours.replace("          - telescope/mtdome\n", "")
        return (
            f"{ours}      other:\n        runs: [telescope/mtdome]\n        target:\n          gitops:\n"
            f"            repository: tree\n            file: {ENVIRONMENT}\n            settings:\n"
            f"{between}{theirs}"
        )

    summit.edit(apart)
    first = tip(summit)
    refused = summit.run("promote", "c0044", "--target", PLACE)
    assert refused.exit_code == 1, refused.stderr
    assert f"{ENVIRONMENT}:4: controlSystem.imageTag: is read by prod/other mtdome as well" in refused.stdout
    assert tip(summit) == first


def test_parts_that_make_no_tag_are_drift_and_are_written_over(summit: Site) -> None:
    summit.ok("promote", "c0044", "--target", PLACE)
    first = tip(summit)
    by_hand(summit, file_of(1), "revision: 3", "revision: three")
    (found,) = json.loads(summit.run("drift", "-o", "json").stdout)["drift"]
    assert (found["component"], found["code"]) == ("ataos", "not-a-tag")
    summit.ok("promote", "c0044", "--target", PLACE)
    assert lines(summit, first) == []


def by_hand(site: Site, file: str, old: str, new: str) -> None:
    path = site.root / "tree" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    git(site.root / "tree", "commit", "-qam", "By hand")


def move(index: Path, tag: str, to: str) -> None:
    """The tag is pushed anew: what another one names."""
    held = json.loads(index.read_text())
    name = "org.opencontainers.image.ref.name"
    of = {
        each["annotations"][name]: each for each in held["manifests"] if name in each.get("annotations", {})
    }
    of[tag]["digest"], of[tag]["size"] = of[to]["digest"], of[to]["size"]
    index.write_text(json.dumps(held))


def observed(site: Site) -> dict[str, tuple[str, str]]:
    site.advance(minutes=5)
    site.ok("observe")
    told = json.loads(site.ok("where", "-o", "json"))
    return {row["component"]: (row["spelling"], row["digest"]) for row in told}


def changed(answer: str) -> dict[str, Any]:
    (change,) = json.loads(answer)["changes"]
    return dict(change)


def test_a_plan_says_what_is_there_as_the_place_reads_it(summit: Site) -> None:
    told = changed(summit.ok("promote", "c0044", "--target", PLACE, "--dry-run", "-o", "json"))
    assert (told["before"], told["after"]) == ("c0042", "c0044")
    assert told["images"] == [
        {"component": "ataos", "before": "c0042.003", "after": "c0044.003"},
        {"component": "atdome", "before": "c0042.000", "after": "c0044.007"},
        {"component": "mtdome", "before": "c0042.001", "after": "c0044.012"},
    ]
    done = changed(summit.ok("promote", "c0044", "--target", PLACE, "-o", "json"))
    assert (done["before"], done["after"], done["images"]) == ("c0042", "c0044", told["images"])


def test_a_raised_build_is_told_by_its_component(summit: Site) -> None:
    summit.ok("promote", "c0044", "--target", PLACE)
    build(summit.root, "ataos", "c0044.004")
    summit.ok("release", "pin", "c0044")
    planned = summit.ok("promote", "c0044", "--target", PLACE, "--dry-run")
    assert f"changes:\n  {PLACE}: c0044 (ataos c0044.003 -> c0044.004)\n" in planned
    assert f"PROMOTED c0044 (ataos c0044.003 -> c0044.004)  {PLACE}\n" in summit.ok(
        "promote", "c0044", "--target", PLACE
    )


def test_a_part_that_is_moved_by_hand_is_told_as_an_image_and_not_as_a_part(summit: Site) -> None:
    by_hand(summit, file_of(1), "revision: 3", "revision: three")
    told = changed(summit.ok("promote", "c0044", "--target", PLACE, "--dry-run", "-o", "json"))
    assert [each["before"] for each in told["images"]] == [
        "{cycle}[.{revision:03d}]: revision is 'three' and no whole number",
        "c0042.000",
        "c0042.001",
    ]
    assert told["before"].startswith("c0042.000, {cycle}")
