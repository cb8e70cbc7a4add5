"""A cycle through the command line: pinned, pinned again with newer builds, shown and listed."""

import json
from pathlib import Path

import pytest

from ldmrelease.domain.images import parse_reference
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_image
from tests.workspace import Site

PRODUCT = """\
  observatory:
    grammar: cycle
    components:
      atdome: {image: oci:images/atdome}
      mtmount: {image: oci:images/mtmount}
  portal:
    grammar:
      release: "portal-{year:4d}.{month:2d}[-{patch}]"
      moving: [main]
    components:
      portal: {image: oci:images/portal}
"""


@pytest.fixture
def cycles(site: Site) -> Site:
    site.edit(lambda text: text.replace("products:\n", f"products:\n{PRODUCT}", 1))
    build(site, "atdome", "c0044.006", "c0044.007")
    build(site, "mtmount", "c0044.003")
    build(site, "portal", "portal-2026.11-3", "main")
    return site


def build(site: Site, component: str, *tags: str) -> None:
    repository = Registries(site.root).open(parse_reference(f"oci:images/{component}"))
    for tag in tags:
        put_sample_image(repository, tag, seed=f"{component}:{tag}")


def tags(answer: str) -> dict[str, str]:
    return {each["name"]: each["spelling"] for each in json.loads(answer)["components"]}


def test_a_cycle_is_pinned_and_pinned_again_with_newer_builds(cycles: Site) -> None:
    first = cycles.ok("release", "pin", "c0044", "-o", "json")
    assert tags(first) == {"atdome": "c0044.007", "mtmount": "c0044.003"}
    assert json.loads(first)["kind"] == "release"
    assert cycles.ok("release", "pin", "c0044").startswith("already pinned: observatory/c0044")
    build(cycles, "mtmount", "c0044.004")
    second = json.loads(cycles.ok("release", "pin", "c0044", "-o", "json"))
    assert second["revision"] == 2
    shown = cycles.ok("release", "show", "c0044", "-o", "json")
    assert tags(shown) == {"atdome": "c0044.007", "mtmount": "c0044.004"}
    assert [each["revision"] for each in json.loads(shown)["revisions"]] == [1, 2]
    listed = json.loads(cycles.ok("release", "list", "-p", "observatory", "-o", "json"))
    assert [(each["tag"], each["kind"], each["revision"]) for each in listed] == [("c0044", "release", 2)]


def test_named_builds_leave_the_others_as_they_were_pinned(cycles: Site) -> None:
    cycles.ok("release", "pin", "c0044", "--build", "atdome=6")
    build(cycles, "mtmount", "c0044.004")
    pinned = cycles.ok("release", "pin", "c0044", "--build", "atdome=c0044.007", "-o", "json")
    assert tags(pinned) == {"atdome": "c0044.007", "mtmount": "c0044.003"}
    (cycles.root / "builds.yaml").write_text("mtmount: 4\natdome: 6\n")
    words = ("release", "pin", "c0044", "--builds", str(cycles.root / "builds.yaml"), "-o", "json")
    refused = cycles.run(*words)
    assert refused.exit_code == 2
    assert "atdome has changed since" in refused.stderr
    assert tags(cycles.ok(*words, "--reason", "atdome 7 does not open")) == {
        "atdome": "c0044.006",
        "mtmount": "c0044.004",
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["c0044", "--build", "atdom=6"], "no component atdom; did you mean atdome?"),
        (["c0044", "--build", "atdome"], "atdome is not COMPONENT=BUILD"),
        (["c0044", "--build", "atdome=c0043.001"], "not a build of c0044: atdome: c0043.001"),
        (["c0044", "--build", "mtmount=9"], "mtmount has no build c0044.009"),
        (["c0044.007", "--build", "atdome=6"], "c0044.007 is not a cycle"),
        (["w.2023.15", "--build", "scipipe=6"], "w.2023.15 is not a cycle"),
    ],
)
def test_builds_that_cannot_be_meant_are_refused(cycles: Site, words: list[str], said: str) -> None:
    refused = cycles.run("release", "pin", *words)
    assert (refused.exit_code, said in refused.stderr) == (2, True), refused.stderr


def test_a_file_of_builds_is_refused_with_its_lines(cycles: Site, tmp_path: Path) -> None:
    file = tmp_path / "builds.yaml"
    file.write_text("atdom: 6\nmtmount: [3]\n")
    refused = cycles.run("release", "pin", "c0044", "--builds", str(file))
    assert refused.exit_code == 2
    assert "builds.yaml:1:1: atdom: no component 'atdom'; did you mean atdome?" in refused.stderr
    assert "builds.yaml:2:10: mtmount: is not a build; write a number like 7" in refused.stderr


def test_another_spelling_of_a_build_or_a_cycle_is_understood(cycles: Site) -> None:
    assert "observatory/c0044" in cycles.ok("release", "pin", "C44")


def test_tags_in_a_pattern_are_pinned_and_found_by_other_spellings(cycles: Site) -> None:
    pinned = json.loads(cycles.ok("release", "pin", "portal-2026.11-3", "-o", "json"))
    assert (pinned["release"], pinned["kind"]) == ("portal/portal-2026.11-3", "release")
    assert "already pinned" in cycles.ok("release", "pin", "portal_2026_11_3")
    moving = json.loads(cycles.ok("release", "pin", "portal/main", "-o", "json"))
    assert moving["kind"] == "moving"


def test_tags_are_read_as_those_of_a_product(cycles: Site) -> None:
    read = json.loads(cycles.ok("tag", "parse", "-p", "portal", "-o", "json", "portal-2026.11-3", "main"))
    assert [(each["grammar"], each["kind"]) for each in read] == [
        ("pattern", "release"),
        ("pattern", "moving"),
    ]
    assert read[0]["parts"] == {"year": 2026, "month": 11, "patch": 3}
    assert "parts" not in read[1]
    ordered = cycles.ok("tag", "sort", "-p", "portal", "portal-2026.11-10", "portal-2026.11-9")
    assert ordered.split() == ["portal-2026.11-9", "portal-2026.11-10"]
    refused = cycles.run("tag", "parse", "-p", "portl", "main")
    assert (refused.exit_code, "did you mean portal?" in refused.stderr) == (2, True)
