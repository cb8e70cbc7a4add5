"""`where --desired`: which images a tree asks for, of a checkout or of the workspace's own."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.phalanx_site import AUXTEL, CONTROL, LAB, PROXY, by_hand, phalanx_site
from tests.unit.faces.cli.running import files, run
from tests.unit.trees.tree_samples import write_tree
from tests.workspace import Site

NO_HELM = {"PATH": "/nowhere"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree")


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Anna", "-c", "user.email=anna@example.org"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def test_a_checkout_is_read_without_a_workspace_and_nothing_is_written(tree: Path, tmp_path: Path) -> None:
    before = files(tmp_path)
    done = run("where", "--desired", "--tree", str(tree), "-e", "summit", "-o", "json", **NO_HELM)
    assert done.exit_code == 0
    first = json.loads(done.stdout)[0]
    assert first == {
        "environment": "summit",
        "application": "auxtel",
        "kind": None,
        "name": None,
        "container": None,
        "image": "example.org/ataos:c0042.004",
        "parts": [
            {
                "file": "applications/auxtel/values-summit.yaml",
                "line": 3,
                "path": "ataos.image.repository",
                "value": "example.org/ataos",
            },
            {
                "file": "environments/values-summit.yaml",
                "line": 6,
                "path": "controlSystem.imageTag",
                "value": "c0042",
            },
            {
                "file": "applications/auxtel/values-summit.yaml",
                "line": 4,
                "path": "ataos.image.revision",
                "value": "4",
            },
        ],
        "place": None,
        "template": None,
    }
    assert files(tmp_path) == before


def test_all_environments_are_told_where_none_is_named(tree: Path) -> None:
    done = run("where", "--desired", "--tree", str(tree), "-o", "json", **NO_HELM)
    assert {each["environment"] for each in json.loads(done.stdout)} == {"base", "summit"}


def test_people_see_where_it_is_decided(tree: Path) -> None:
    done = run("where", "--desired", "--tree", str(tree), "-e", "base", **NO_HELM)
    assert "base/auxtel" in done.stdout
    assert "example.org/ataos:c0044" in done.stdout
    assert "environments/values-base.yaml:5 controlSystem.imageTag" in done.stdout


def test_what_cannot_be_read_is_said_and_the_rest_is_there(tree: Path) -> None:
    (tree / "applications/lab/values-base.yaml").write_text("proxy: [\n")
    done = run("where", "--desired", "--tree", str(tree), "-e", "base", **NO_HELM)
    assert done.exit_code == 3
    assert "example.org/ataos:c0044" in done.stdout
    assert "applications/lab/values-base.yaml:2: " in done.stderr
    assert "(base/lab)" in done.stderr


def test_the_workspaces_own_tree_is_read_as_committed(tree: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    assert run("init", str(workspace), "--sample", "rubin").exit_code == 0
    subprocess.run(["rm", "-rf", str(workspace / "gitops")], check=True)
    tree.rename(workspace / "gitops")
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "tree"]):
        git(workspace / "gitops", *words)
    changed = workspace / "gitops/environments/values-summit.yaml"
    changed.write_text(changed.read_text().replace("c0042", "c0043"))
    done = run("where", "--desired", "--no-render", "-e", "summit", "-o", "json", folder=workspace)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)[0]["image"] == "example.org/ataos:c0042.004"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-e", "sumit"], "the tree has no environment 'sumit'; did you mean summit?"),
        (["--live"], "--desired reads the tree alone"),
    ],
)
def test_what_cannot_be_asked_is_said(tree: Path, words: list[str], said: str) -> None:
    done = run("where", "--desired", "--tree", str(tree), *words, **NO_HELM)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_folder_that_is_no_tree_is_said(tmp_path: Path) -> None:
    done = run("where", "--desired", "--tree", str(tmp_path))
    assert done.exit_code == 2
    assert "the tree has none of the layouts that are known; these are: phalanx" in done.stderr
    assert run("where", "--desired", "--tree", str(tmp_path / "none")).exit_code == 2
    assert run("where", "--tree", str(tmp_path)).exit_code == 2


def test_the_workspaces_place_is_said_where_it_manages_the_image(tmp_path: Path) -> None:
    site = phalanx_site(tmp_path / "workspace")
    told = json.loads(site.ok("where", "--desired", "--no-render", "-o", "json"))
    places = {(each["environment"], each["image"]): each["place"] for each in told}
    assert places == {
        ("summit", "images/ataos:c0042.004"): CONTROL,
        ("summit", "images/atdome:c0042.000"): CONTROL,
        ("summit", "images/redis:7.4"): None,
        ("base", "images/ataos:c0044"): None,
        ("base", "images/lab:9.1.0"): None,
        ("base", "images/proxy:1.4"): LAB,
        ("base", "images/init:3"): None,
    }


def test_of_images_that_share_a_cycle_each_is_its_own_components(tmp_path: Path) -> None:
    site = phalanx_site(tmp_path / "workspace")
    # Without a revision the cycle alone decides the image; and a tag comes from the chart's own values.
    by_hand(site, AUXTEL, "    revision: 4\n", "")
    by_hand(site, AUXTEL, "images/atdome\n    revision: 0\n", "images/atdome\n")
    by_hand(site, "applications/auxtel/Chart.yaml", "atmcs.enabled", "ataos.no")
    by_hand(site, AUXTEL, "redis:\n", "atmcs:\n  image: {repository: images/atmcs}\nredis:\n")
    by_hand(site, PROXY, "    tag: 1.40\n", "    pullPolicy: Always\n")
    told = json.loads(site.ok("where", "--desired", "--no-render", "-o", "json"))
    places = {(each["environment"], each["image"]): each["place"] for each in told}
    assert places["summit", "images/ataos:c0042"] == places["summit", "images/atdome:c0042"] == CONTROL
    assert places["summit", "images/atmcs:c0042"] is None
    assert places["base", "images/proxy:1.38"] == LAB


def desired_of(site: Site, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.ok("where", "--desired", *words, "-o", "json"))
    return found


def places(site: Site, *words: str) -> list[str]:
    return [each["place"] for each in desired_of(site, *words)]


def test_a_tree_of_no_known_layout_is_read_by_what_the_workspace_says_of_its_places(site: Site) -> None:
    (found,) = desired_of(site, "usdfdev/batch")
    assert found["image"] == "images/scipipe:al9-w_2023_15"
    (part,) = found["parts"]
    assert part["file"] == "applications/batch/values-usdfdev.yaml"
    lines = (site.root / "gitops" / part["file"]).read_text().splitlines()
    assert part["value"] in lines[part["line"] - 1]
    assert {"summit/ocps", "usdfdev/nublado", "usdfprod/batch"} <= set(places(site))


@pytest.mark.parametrize(
    ("what", "there"),
    [
        ("summit/ocps", ["summit/ocps"]),
        ("ocps", ["tucson-teststand/ocps", "base/ocps", "summit/ocps"]),
        ("commissioning", ["base/ocps", "summit/ocps"]),
        ("prompt-service", ["usdfdev-prompt-processing/prompt-processing"] * 1),
        ("24.0.0", ["usdfprod/batch", "usdf-cm/cm-service"]),
        ("stack/24.0.0", ["usdfprod/batch", "usdf-cm/cm-service"]),
        ("al9-v24_0_0", ["usdfprod/batch", "usdf-cm/cm-service"]),
        ("V24_0_0", ["usdfprod/batch", "usdf-cm/cm-service"]),
    ],
)
def test_what_is_asked_for_may_be_anything_that_where_knows(site: Site, what: str, there: list[str]) -> None:
    found = places(site, what)
    assert set(there) <= set(found)
    if what != "prompt-service":
        assert found == there


def test_of_a_product_it_is_the_images_of_its_components(site: Site) -> None:
    for words in (("prompt-processing",), ("--product", "prompt-processing")):
        assert {each["image"].partition(":")[0] for each in desired_of(site, *words)} == {
            "images/prompt-service"
        }
    assert places(site, "stack", "-e", "summit") == ["summit/ocps"]


def test_what_the_tree_asks_for_nowhere_is_said(site: Site) -> None:
    assert site.ok("where", "--desired", "w.2099.01") == "the tree asks for no image\n"
    for words, said in (
        (("sumit",), "did you mean summit?"),
        (("sciplat-lbb",), "is no environment, application, product, release or image"),
        (("--product", "stak"), "did you mean stack?"),
        (("-e", "sumit"), "did you mean summit?"),
        (("--live",), "say one of them"),
    ):
        done = site.run("where", "--desired", *words)
        assert (done.exit_code, done.stdout) == (2, ""), words
        assert said in done.stderr


def test_a_checkout_is_asked_for_an_application_or_an_image_too(tree: Path) -> None:
    for what in ("auxtel", "summit/auxtel", "example.org/ataos", "ataos"):
        done = run("where", "--desired", what, "--tree", str(tree), "-e", "summit", "-o", "json", **NO_HELM)
        assert "example.org/ataos" in [each["image"].partition(":")[0] for each in json.loads(done.stdout)]
        assert {each["application"] for each in json.loads(done.stdout)} == {"auxtel"}
    refused = run("where", "--desired", "--product", "stack", "--tree", str(tree), **NO_HELM)
    assert (refused.exit_code, "is one of a workspace" in refused.stderr) == (2, True)


def test_a_repository_that_is_away_is_told_with_its_place(site: Site) -> None:
    file = site.root / "gitops" / "applications" / "ocps" / "values-summit.yaml"
    file.write_text("image: [\n")
    site.git("commit", "-qam", "Broken")
    done = site.run("where", "--desired", "-o", "json")
    assert done.exit_code == 3
    assert "summit/ocps" in done.stderr
    assert "summit/ocps" not in [each["place"] for each in json.loads(done.stdout)]
    assert "base/ocps" in [each["place"] for each in json.loads(done.stdout)]


@pytest.fixture
def two_trees(tmp_path: Path) -> Site:
    """Each place has a tree of its own; that of the laboratory alone has the environment `moon`."""
    site = phalanx_site(tmp_path / "workspace")
    git(site.root / "tree", "clone", "-q", ".", "../tree-2")
    (site.root / "tree-2/environments/values-moon.yaml").write_text("applications: {lab: true}\n")
    git(site.root / "tree-2", "add", "-A")
    git(site.root / "tree-2", "commit", "-qm", "The moon")
    site.edit(lambda text: "repository: tree-2".join(text.rsplit("repository: tree", 1)))
    return site


def test_a_tree_that_is_not_there_stops_no_other(two_trees: Site) -> None:
    whole = two_trees.run("where", "--desired", "-o", "json")
    (two_trees.root / "tree-2").rename(two_trees.root / "away")
    done = two_trees.run("where", "--desired", "-o", "json")
    assert done.exit_code == 3
    assert done.stderr.startswith("tree-2: tree-2 is not a git repository; clone it there")
    assert "()" not in done.stderr
    assert 0 < len(json.loads(done.stdout)) < len(json.loads(whole.stdout))
    done = two_trees.run("where", "--desired", "moon")
    assert done.exit_code == 2
    assert done.stderr.startswith("tree-2: tree-2 is not a git repository")
    (two_trees.root / "tree").rename(two_trees.root / "away-too")
    assert two_trees.run("where", "--desired").exit_code == 2


def test_an_environment_of_one_tree_is_asked_of_that_one(two_trees: Site) -> None:
    done = two_trees.run("where", "--desired", "-e", "moon", "-o", "json")
    assert done.exit_code == 0
    assert {each["environment"] for each in json.loads(done.stdout)} == {"moon"}
    done = two_trees.run("where", "--desired", "-e", "mars")
    assert done.exit_code == 2
    assert "the tree has no environment 'mars'" in done.stderr
