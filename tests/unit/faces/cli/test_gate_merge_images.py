"""Which release an image is that a change asks for: by tag, by digest, in a menu, in a cycle, on a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import cycle_site as cycles
from tests import shop
from tests.unit.faces.cli.test_gate_merge import codes, commit, gate, verdicts
from tests.workspace import BEFORE, PLACE, WEEKLY, Site, new_site

OTHER = f"sha256:{'0' * 64}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = shop.new_shop(tmp_path_factory.mktemp("gate") / "shop")
    site.ok("release", "pin", shop.NEW)
    return site


@pytest.fixture
def site(made: Site, tmp_path: Path) -> Site:
    copied = made.copy(tmp_path / "shop")
    copied.git("checkout", "-q", "-b", "feature", repository="deploy")
    return copied


def digest(site: Site, tag: str) -> str:
    shown = json.loads(site.ok("release", "show", tag, "-o", "json"))
    return next(each["digest"] for each in shown["components"] if each["name"] == "api")


def set_api(site: Site, value: str) -> None:
    path = site.root / "deploy" / shop.file_of("dev")
    text = path.read_text().replace("api:\n  image:\n    tag: 1.5.0", f"api:\n  image:\n    {value}")
    path.write_text(text.replace("worker:\n  image:\n    tag: 1.5.0", "worker:\n  image:\n    tag: 1.6.0"))
    site.git("commit", "-qam", "An image", repository="deploy")


def test_a_tag_with_the_digest_of_its_image_is_that_release(site: Site) -> None:
    set_api(site, f"tag: 1.6.0@{digest(site, '1.6.0')}")
    code, answer = gate(site)
    assert (code, verdicts(answer)) == (0, {"dev/shop api": "allowed", "dev/shop worker": "allowed"})
    assert answer["images"][0]["release"] == "shop/1.6.0"


@pytest.mark.parametrize("found", ["1.5.0", OTHER], ids=["of another release", "of none"])
def test_a_tag_with_another_digest_is_refused(site: Site, found: str) -> None:
    wrong = digest(site, found) if found == "1.5.0" else found
    set_api(site, f"tag: 1.6.0@{wrong}")
    code, answer = gate(site)
    assert (code, codes(answer)) == (1, {"tag-differs"})


def test_a_digest_beside_a_tag_is_what_charts_pull_by(site: Site) -> None:
    set_api(site, f"tag: 1.6.0\n    digest: {digest(site, '1.5.0')}")
    assert codes(gate(site)[1]) == {"tag-differs"}


def test_another_repository_than_the_components_is_refused(site: Site) -> None:
    set_api(site, "tag: 1.6.0\n    repository: evil.example/api")
    code, answer = gate(site)
    assert (code, codes(answer)) == (1, {"foreign-image"})
    assert "evil.example/api" in answer["images"][0]["findings"][0]["sentence"]


def test_a_repository_on_a_server_is_asked_for_its_branches(site: Site) -> None:
    commit(site, dev="1.6.0")
    where = site.root / "deploy"
    site.edit(lambda text: text.replace("repository: deploy\n", f"repository: file://{where}\n"))
    assert gate(site)[0] == 0
    assert gate(site, head="refs/heads/feature")[0] == 0
    assert gate(site, "--tree", str(where))[0] == 0
    assert site.run("gate", "merge", "--base", "main", "--head", "elsewhere").exit_code == 2


def test_a_place_is_not_left_with_images_of_two_releases(site: Site) -> None:
    path = site.root / "deploy" / shop.file_of("dev")
    path.write_text(path.read_text().replace("tag: 1.5.0", "tag: 1.6.0", 1))
    site.git("commit", "-qam", "One of two", repository="deploy")
    code, answer = gate(site)
    assert (code, verdicts(answer)) == (1, {"dev/shop api": "refused"})
    assert codes(answer) == {"mixed-releases"}
    told = answer["images"][0]["findings"][0]["sentence"]
    assert "shop/1.6.0 (api) and shop/1.5.0 (worker)" in told


BUILDS = {"atdome": ["c0042.006", "c0044.001"], "ataos": ["c0042.003", "c0044.001"]}


def one_cycle(site: Site) -> None:
    path = site.root / "policies/production.yaml"
    text = path.read_text().replace("version: 2", "version: 3")
    path.write_text(f"{text}    - {{id: one-cycle, rule: same-cycle}}\n")
    site.ok("trust", "agree", "--yes")


def test_a_build_that_nobody_has_pinned_is_decided_as_the_cycles_next_revision(tmp_path: Path) -> None:
    site = cycles.cycle_site(
        tmp_path / "site", {**BUILDS, "atdome": ["c0042.006", "c0042.007"]}, {"atdome": 6}
    )
    site.ok("release", "pin", "c0042")
    cycles.build(site.root, "atdome", "c0042.008")
    tree = site.root / "tree"
    cycles.git(tree, "checkout", "-qb", "feature")
    file = tree / cycles.file_of(0)
    file.write_text(file.read_text().replace("revision: 6", "revision: 8"))
    cycles.git(tree, "commit", "-qam", "A build")
    code, answer = gate(site)
    assert (code, verdicts(answer)) == (0, {"prod/control atdome": "allowed"})
    assert answer["images"][0]["release"] == "telescope/c0042"


def test_a_site_that_moves_to_a_cycle_as_a_whole_is_let_through_and_half_of_one_is_not(
    tmp_path: Path,
) -> None:
    """The settings of one component do not share the cycle of the others: the change moves that one alone."""
    site = cycles.cycle_site(tmp_path / "site", BUILDS, {"atdome": 1, "ataos": 1})
    one_cycle(site)
    tree = site.root / "tree"
    top = tree / cycles.ENVIRONMENT
    cycles.git(tree, "checkout", "-qb", "feature")
    top.write_text(top.read_text().replace("c0042", "c0044"))
    cycles.git(tree, "commit", "-qam", "A cycle")
    assert gate(site)[0] == 0
    site.edit(
        lambda text: text.replace(
            "                  cycle: controlSystem.imageTag\n"
            f"                  revision: {cycles.file_of(1)}#ataos.image.revision\n",
            "                  cycle: [ataos.cycle, controlSystem.imageTag]\n"
            f"                  revision: {cycles.file_of(1)}#ataos.image.revision\n",
        )
    )
    cycles.git(tree, "checkout", "-q", "main")
    top.write_text(f"ataos:\n  cycle: c0042\n{top.read_text()}")
    cycles.git(tree, "commit", "-qam", "One has its own")
    code, answer = gate(site)
    assert (code, verdicts(answer)) == (1, {"prod/control atdome": "refused"})
    assert codes(answer) >= {"mixed-releases"}


@pytest.fixture(scope="module")
def observatory(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = new_site(tmp_path_factory.mktemp("gate") / "site")
    made.release_weekly()
    made.ok("release", "pin", BEFORE)
    made.ok("observe")
    return made


def test_what_comes_in_is_told_by_images_commits_and_products(observatory: Site, tmp_path: Path) -> None:
    site = observatory.copy(tmp_path / "site")
    site.git("checkout", "-q", "-b", "feature")
    site.commit_by_hand(PLACE, "w_2023_15", "w_2023_16")
    answer = gate(site)[1]
    (arriving,) = answer["arriving"]
    assert arriving["places"] == [PLACE]
    assert arriving["comparison"]["after"] == f"stack/{WEEKLY}"
    assert arriving["comparison"]["products"]
    told = site.run("gate", "merge", "--base", "main", "--head", "feature", "--comment", "-").stdout
    assert "EUPS products:" in told
    name = arriving["comparison"]["products"][0]["name"]
    assert f"  {name}: " in told


def test_a_menus_new_entry_is_decided_about_and_what_goes_is_told(observatory: Site, tmp_path: Path) -> None:
    site = observatory.copy(tmp_path / "site")
    site.git("checkout", "-q", "-b", "feature")
    file = site.root / "gitops/applications/nublado/values-usdfdev.yaml"
    assert "w_2023_13" in file.read_text()
    site.edit(
        lambda text: text.replace("w_2023_13", "w_2023_16"), "gitops/applications/nublado/values-usdfdev.yaml"
    )
    site.git("commit", "-qam", "A menu")
    answer = gate(site)[1]
    found = {(each["previous"], each["image"]) for each in answer["images"]}
    assert found >= {(None, "w_2023_16"), ("w_2023_13", None)}
    assert {each["place"] for each in answer["images"]} == {"usdfdev/nublado"}
