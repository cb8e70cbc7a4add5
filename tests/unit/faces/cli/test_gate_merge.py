"""`gate merge` on real repositories: what a change asks for, what it is refused for, and what it only waits for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests import shop
from tests.workspace import Site

NOTHING = "no image changes"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return shop.new_shop(tmp_path_factory.mktemp("gate") / "shop")


@pytest.fixture
def site(made: Site, tmp_path: Path) -> Site:
    """The shop, on a branch `feature`."""
    copied = made.copy(tmp_path / "shop")
    copied.git("checkout", "-q", "-b", "feature", repository="deploy")
    return copied


def commit(site: Site, **tags: str) -> None:
    """One commit: by environment, the tag that both components have then."""
    for environment, tag in tags.items():
        path = site.root / "deploy" / shop.file_of(environment)
        path.write_text(re.sub(r"tag: .*", f"tag: {tag}", path.read_text()))
    site.git("commit", "-qam", f"{tags}", repository="deploy")


def gate(site: Site, *words: str, base: str = "main", head: str = "feature") -> tuple[int, dict[str, Any]]:
    done = site.run("gate", "merge", "--base", base, "--head", head, *words, "-o", "json")
    return done.exit_code, json.loads(done.stdout)


def verdicts(answer: dict[str, Any]) -> dict[str, str]:
    return {f"{each['place']} {each['component']}": each["verdict"] for each in answer["images"]}


def codes(answer: dict[str, Any]) -> set[str]:
    return {found["code"] for each in answer["images"] for found in each["findings"]}


def without_time(comment: str) -> str:
    """The comment without the moment of its decision, which the wall clock gave."""
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "then", comment)


def test_what_may_enter_is_allowed_and_what_is_not_yet_ready_waits(site: Site) -> None:
    commit(site, dev="1.6.0", prod="1.6.0")
    code, answer = gate(site)
    assert verdicts(answer) == {
        "dev/shop api": "allowed",
        "dev/shop worker": "allowed",
        "prod/shop api": "waiting",
        "prod/shop worker": "waiting",
    }
    assert (code, answer["verdict"]) == (0, "waiting")
    assert gate(site, "--strict")[0] == 4


def test_each_image_is_told_with_its_release_its_digest_and_where_it_is_written(site: Site) -> None:
    commit(site, dev="1.6.0")
    api, worker = gate(site)[1]["images"]
    assert (api["image"], api["previous"]) == ("1.6.0", "1.5.0")
    assert (api["release"], api["previous_release"]) == ("shop/1.6.0", "shop/1.5.0")
    assert api["digest"].startswith("sha256:")
    assert api["digest"] != worker["digest"]
    assert api["parts"] == [{"file": "shop/values-dev.yaml", "line": 3, "path": "api.image.tag"}]


@pytest.mark.parametrize(
    ("tag", "code"),
    [("1-6-0", "unreadable-tag"), ("v 1", "not-a-tag"), ("1.9.0", "absent-tag")],
    ids=["in another spelling", "no tag at all", "not built"],
)
def test_what_time_cannot_cure_is_refused(site: Site, tag: str, code: str) -> None:
    commit(site, staging=tag)
    exit_code, answer = gate(site)
    assert (exit_code, answer["verdict"]) == (1, "refused")
    assert codes(answer) == {code}


def test_a_kind_that_the_level_does_not_accept_is_refused(site: Site) -> None:
    for each in shop.COMPONENTS:
        shop.build(site.root, each, "1.7.0-rc.1")
    commit(site, prod="1.7.0-rc.1", dev="1.7.0-rc.1")
    answer = gate(site)[1]
    assert verdicts(answer)["prod/shop api"] == "refused"
    assert verdicts(answer)["dev/shop api"] == "allowed"
    assert "kind-not-accepted" in codes(answer)


def test_a_change_of_something_else_asks_for_nothing(site: Site) -> None:
    path = site.root / "deploy" / shop.file_of("dev")
    path.write_text(f"# a remark\n{path.read_text()}replicas: 3\n")
    site.git("commit", "-qam", "More of them", repository="deploy")
    code, answer = gate(site)
    assert (code, answer["verdict"], answer["images"]) == (0, "allowed", [])
    assert NOTHING in site.ok("gate", "merge", "--base", "main", "--head", "feature")


def test_only_what_the_change_brings_is_looked_at_and_not_what_its_branch_lacks(site: Site) -> None:
    commit(site, dev="1.6.0")
    site.git("checkout", "-q", "main", repository="deploy")
    commit(site, staging="1.6.0")
    assert set(verdicts(gate(site)[1])) == {"dev/shop api", "dev/shop worker"}


def test_nothing_of_the_workspace_and_its_repository_changes(site: Site) -> None:
    commit(site, dev="1.6.0")
    before = site.everything()
    gate(site)
    assert site.everything() == before


def test_the_comment_is_written_beside_the_answer_or_in_its_place(site: Site, tmp_path: Path) -> None:
    commit(site, dev="1.6.0", prod="1-6-0")
    words = ("gate", "merge", "--base", "main", "--head", "feature", "--comment")
    file = tmp_path / "comment.md"
    beside = site.run(*words, str(file))
    alone = site.run(*words, "-")
    assert (beside.exit_code, alone.exit_code) == (1, 1)
    assert without_time(file.read_text()) == without_time(alone.stdout)
    assert alone.stdout.startswith("<!-- ldmrelease gate merge -->\n")
    assert "`shop/1.5.0` to `shop/1.6.0` at `dev/shop`" in alone.stdout
    assert beside.stdout.startswith("REFUSED: feature into main")
    assert site.run(*words, str(tmp_path / "no" / "folder")).exit_code == 2
