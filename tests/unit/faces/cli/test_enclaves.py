"""Places by enclave (LDM-564, figure 1): `where`, the dossier, and the picture of what runs where."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.workspace import BEFORE, Site

SITES = """sites:
  base:
    enclaves:
      commissioning-cluster: {places: [base], services: {ocps: [base/ocps]}}
"""


def bound(site: Site, text: str = SITES) -> None:
    site.edit(lambda before: before.replace("environments:\n", f"{text}environments:\n", 1))


def test_where_and_the_dossier_are_of_an_enclave(ready: Site) -> None:
    bound(ready)
    rows = json.loads(ready.ok("where", "--enclave", "commissioning-cluster", "-o", "json"))
    assert {each["place"].partition("/")[0] for each in rows} == {"base"}
    told = json.loads(ready.ok("dossier", BEFORE, "--enclave", "base/commissioning-cluster", "-o", "json"))
    assert [each["environment"] for each in told["environments"]] == ["base"]
    wrong = ready.run("where", "--enclave", "comissioning-cluster")
    assert wrong.exit_code == 2
    assert "did you mean commissioning-cluster?" in wrong.stderr


@pytest.mark.parametrize(
    "words",
    [("--live",), ("--at", "2023-04-20T12:00:00Z"), ("--dayobs", "20230420")],
    ids=["live", "at", "dayobs"],
)  # fmt: skip
def test_an_enclave_narrows_what_is_asked_of_other_times_and_of_now(
    ready: Site, words: tuple[str, ...]
) -> None:
    bound(ready)
    ready.advance(hours=2)

    def places(*more: str) -> set[str]:
        told = json.loads(ready.run("where", *words, *more, "-o", "json").stdout)
        rows = told.get("rows", told.get("stretches")) if isinstance(told, dict) else told
        return {each["place"].partition("/")[0] for each in rows}

    assert len(places()) > 1
    assert places("--enclave", "commissioning-cluster") == {"base"}


@pytest.mark.parametrize("words", [(), ("--at", "2023-04-20T12:00:00Z")], ids=["now", "then"])
def test_what_the_tree_asks_for_is_of_no_enclave_and_that_is_said(
    ready: Site, words: tuple[str, ...]
) -> None:
    bound(ready)
    done = ready.run("where", "--desired", *words, "--enclave", "commissioning-cluster")
    assert done.exit_code == 2
    assert "--desired does not go with --enclave" in done.stderr


def test_an_enclave_of_figure_1_without_places_says_where_they_are_written(ready: Site) -> None:
    done = ready.run("where", "--enclave", "dac-us")
    assert done.exit_code == 2
    assert "sites in ldmrelease.yaml" in done.stderr


def test_a_place_that_is_not_there_is_said_with_its_line(ready: Site) -> None:
    file = ready.root / "ldmrelease.yaml"
    text = SITES.replace("[base]", "[bsae]")
    file.write_text(file.read_text().replace("environments:\n", f"{text}environments:\n", 1))
    done = ready.run("where")
    assert done.exit_code == 2
    assert "sites.base.enclaves.commissioning-cluster.places" in done.stderr
    assert "did you mean base?" in done.stderr


def test_the_picture_has_every_enclave_and_says_what_is_unobserved(ready: Site, tmp_path: Path) -> None:
    bound(ready)
    file = tmp_path / "components.svg"
    ready.ok("site", "components", str(file))
    texts = [each.text or "" for each in ET.parse(file).iter("{http://www.w3.org/2000/svg}text")]
    for title in (
        "Base Facility",
        "Commissioning Cluster",
        "US Data Facility",
        "DAC US",
        "Satellite Facilities",
    ):
        assert title in texts
    before = [each for each in texts if each.startswith("ocps: ")]
    assert len(before) == 1
    assert "unobserved" not in before[0]
    ready.advance(days=3)
    ready.ok("site", "components", str(file))
    assert "unobserved" in file.read_text()
