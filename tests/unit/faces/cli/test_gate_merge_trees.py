"""`gate merge` where no setting of the workspace is: what the layout of the tree says of a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.times import instant
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_image
from tests.cycle_site import forget_targets, git
from tests.unit.faces.cli.running import run
from tests.unit.faces.cli.test_gate_merge import codes, gate
from tests.workspace import Site

TREE = {
    "environments/Chart.yaml": "apiVersion: v2\nname: environments\nversion: 1.0.0\n",
    "environments/values.yaml": "applications:\n  portal: false\n  tap: true\n",
    "environments/values-dev.yaml": "name: dev\napplications:\n  portal: true\n",
    "environments/values-prod.yaml": "name: prod\napplications: {}\n",
    "applications/portal/Chart.yaml": 'apiVersion: v2\nname: portal\nversion: 1.0.0\nappVersion: "1.5.0"\n',
    "applications/portal/values.yaml": "image:\n  repository: images/portal\n  tag: null\n",
    "applications/portal/values-dev.yaml": "replicas: 1\n",
    "applications/tap/Chart.yaml": 'apiVersion: v2\nname: tap\nversion: 1.0.0\nappVersion: "2.0.0"\n',
    "applications/tap/values.yaml": (
        "image:\n  repository: images/tap\n  tag: 2.0.0\n"
        "redis:\n  image:\n    repository: example.org/redis\n    tag: '7'\n"
    ),
    "applications/tap/values-dev.yaml": "image:\n  tag: 2.1.0\n",
    "applications/tap/values-prod.yaml": "image: {}\n",
}


def workspace(applications: str) -> str:
    return f"""\
products:
  portal: {{grammar: semver, default: true, components: {{portal: {{image: oci:images/portal}}}}}}
  tap: {{grammar: semver, components: {{tap: {{image: oci:images/tap}}}}}}
environments:
  dev: {{level: development, applications: {{{applications}}}}}
  prod: {{level: production, applications: {{tap: {setting("tap", "prod")}}}}}
"""


def setting(name: str, environment: str) -> str:
    return (
        f"{{target: {{gitops: {{repository: tree, file: applications/{name}/values-{environment}.yaml, "
        f"settings: [{{component: {name}, path: image.tag}}]}}}}, runs: [{name}/{name}]}}"
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("trees") / "site"
    assert run("init", str(root), "--sample", "simple").exit_code == 0
    file = root / "ldmrelease.yaml"
    text = file.read_text().replace("oci.example.com/shop/releases", "oci:images/releases")
    applications = f"portal: {setting('portal', 'dev')}, tap: {setting('tap', 'dev')}"
    file.write_text(text[: text.index("products:")] + workspace(applications))
    for level in ("development", "staging", "production"):
        (root / "policies" / f"{level}.yaml").write_text(
            f"apiVersion: ldmrelease/v1alpha1\nkind: Level\nmetadata: {{name: {level}, version: 2}}\nspec:\n"
            "  accepts: [release]\n  enter:\n    - {id: images, rule: images}\n"
        )
    for name, tags in {"portal": ("1.5.0", "1.6.0"), "tap": ("2.0.0", "2.1.0")}.items():
        repository = Registries(root).open(parse_reference(f"oci:images/{name}"))
        for tag in tags:
            put_sample_image(repository, tag, seed=f"{name}:{tag}", layers=(64,))
    for name, content in TREE.items():
        (root / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "tree" / name).write_text(content)
    git(root / "tree", "init", "-q", "-b", "main")
    git(root / "tree", "add", "--all")
    git(root / "tree", "commit", "-qm", "Two environments")
    site = Site(root)
    site.clock(instant("2026-11-27T12:00:00Z"))
    forget_targets(site)
    site.ok("trust", "agree", "--yes")
    return site


@pytest.fixture
def site(made: Site, tmp_path: Path) -> Site:
    copied = made.copy(tmp_path / "site")
    git(copied.root / "tree", "checkout", "-qb", "feature")
    return copied


def change(site: Site, file: str, before: str, after: str) -> None:
    path = site.root / "tree" / file
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    git(site.root / "tree", "commit", "-qam", "A change")


def rows(answer: dict) -> list[tuple[str, str | None, str | None, str]]:
    return [
        (f"{each['environment']}/{each['application']}", each["previous"], each["image"], each["verdict"])
        for each in answer["images"]
    ]


def test_a_charts_version_is_the_image_of_those_who_say_none(site: Site) -> None:
    change(site, "applications/portal/Chart.yaml", 'appVersion: "1.5.0"', 'appVersion: "1.6.0"')
    code, answer = gate(site)
    assert rows(answer) == [("dev/portal", "images/portal:1.5.0", "images/portal:1.6.0", "allowed")]
    (image,) = answer["images"]
    assert (code, image["release"], image["previous_release"]) == (0, "portal/1.6.0", "portal/1.5.0")
    assert {"file": "applications/portal/Chart.yaml", "line": 4, "path": "appVersion"} in image["parts"]


def test_a_default_of_a_chart_is_that_of_the_environments_that_say_nothing_else(site: Site) -> None:
    change(site, "applications/tap/values.yaml", "tag: 2.0.0", "tag: 2.5.0")
    code, answer = gate(site)
    assert rows(answer) == [("prod/tap", "images/tap:2.0.0", "images/tap:2.5.0", "refused")]
    assert (code, codes(answer)) == (1, {"absent-tag"})


def test_an_application_that_is_switched_on_brings_its_images(site: Site) -> None:
    change(site, "environments/values-prod.yaml", "applications: {}", "applications: {portal: true}")
    code, answer = gate(site)
    assert rows(answer) == [("prod/portal", None, "images/portal:1.5.0", "unmanaged")]
    assert code == 0


def test_an_image_of_no_product_is_listed_and_refused_where_the_level_says_so(site: Site) -> None:
    change(site, "applications/tap/values.yaml", "tag: '7'", "tag: '8'")
    code, answer = gate(site)
    assert {each[3] for each in rows(answer)} == {"unmanaged"}
    assert {each[0] for each in rows(answer)} == {"dev/tap", "prod/tap"}
    assert code == 0
    path = site.root / "policies/production.yaml"
    path.write_text(path.read_text().replace("  accepts:", "  unmanaged: refused\n  accepts:"))
    site.ok("trust", "agree", "--yes")
    code, answer = gate(site)
    assert (code, codes(answer)) == (1, {"unmanaged-image"})


def test_a_tag_that_is_taken_out_leaves_the_charts_own(site: Site) -> None:
    """The workspace knows no other address of it: the layout does."""
    change(site, "applications/tap/values-dev.yaml", "image:\n  tag: 2.1.0\n", "image: {}\n")
    code, answer = gate(site)
    assert rows(answer) == [("dev/tap", "images/tap:2.1.0", "images/tap:2.0.0", "allowed")]
    assert (code, answer["images"][0]["older"]) == (0, True)


def test_what_a_setting_says_is_told_once(site: Site) -> None:
    change(site, "applications/tap/values-dev.yaml", "tag: 2.1.0", "tag: 2.0.0")
    assert [each[0] for each in rows(gate(site)[1])] == ["dev/tap"]


def test_a_file_of_the_tree_that_cannot_be_read_any_more_leaves_the_gate_shut(site: Site) -> None:
    change(site, "applications/portal/values.yaml", "image:\n", "image: [\n")
    code, answer = gate(site)
    assert (code, answer["verdict"]) == (3, "undecided")
    assert answer["unreadable"][0]["location"]["file"] == "applications/portal/values.yaml"
    assert answer["unreadable"][0]["location"]["line"] is not None


def test_an_application_that_is_taken_from_another_revision_is_read_there(site: Site) -> None:
    tree = site.root / "tree"
    git(tree, "checkout", "-qb", "tickets/DM-1", "main")
    change(site, "applications/portal/Chart.yaml", 'appVersion: "1.5.0"', 'appVersion: "1.6.0"')
    change(site, "applications/tap/values-dev.yaml", "tag: 2.1.0", "tag: 2.9.0")
    git(tree, "checkout", "-q", "feature")
    environment = "environments/values-dev.yaml"
    change(site, environment, "applications:", "revisions: {portal: tickets/DM-1}\napplications:")
    code, answer = gate(site)
    assert rows(answer) == [("dev/portal", "images/portal:1.5.0", "images/portal:1.6.0", "allowed")]
    change(site, environment, "{portal: tickets/DM-1}", "{portal: tickets/DM-1, tap: tickets/DM-1}")
    code, answer = gate(site)
    assert ("dev/tap", "2.1.0", "2.9.0", "refused") in rows(answer)
    assert code == 1


def test_a_revision_that_is_not_there_leaves_the_gate_shut(site: Site) -> None:
    change(
        site, "environments/values-dev.yaml", "applications:", "revisions: {tap: tickets/DM-2}\napplications:"
    )
    code, answer = gate(site)
    assert (code, answer["verdict"]) == (3, "undecided")
    (found,) = answer["unreadable"]
    assert "git fetch origin tickets/DM-2" in found["sentence"]
    assert found["location"] == {"file": "environments/values-dev.yaml", "line": 2, "path": None}


@pytest.mark.parametrize("mode", ["120000", "160000"], ids=["link", "submodule"])
def test_a_revision_whose_folder_leads_elsewhere_leaves_the_gate_shut(site: Site, mode: str) -> None:
    """Argo CD follows a link within the repository, and fetches submodules."""
    tree = site.root / "tree"
    git(tree, "checkout", "-qb", "tickets/DM-4", "main")
    git(tree, "mv", "applications/tap", "other")
    oid = git(tree, "rev-parse", "HEAD").strip()
    if mode == "120000":
        (tree / "target").write_text("../other")
        oid = git(tree, "hash-object", "-w", "target").strip()
        (tree / "target").unlink()
    git(tree, "update-index", "--add", "--cacheinfo", f"{mode},{oid},applications/tap")
    git(tree, "commit", "-qm", "Elsewhere")
    git(tree, "checkout", "-qf", "feature")
    change(
        site, "environments/values-dev.yaml", "applications:", "revisions: {tap: tickets/DM-4}\napplications:"
    )
    code, answer = gate(site)
    assert (code, answer["verdict"]) == (3, "undecided")
    (found,) = answer["unreadable"]
    assert "the revision tickets/DM-4 has no folder applications/tap" in found["sentence"]
    assert found["location"]["line"] == 2


def test_what_stays_at_its_own_revision_is_not_moved_by_the_branch(site: Site) -> None:
    tree = site.root / "tree"
    git(tree, "branch", "tickets/DM-3", "main")
    git(tree, "checkout", "-q", "main")
    change(
        site, "environments/values-dev.yaml", "applications:", "revisions: {tap: tickets/DM-3}\napplications:"
    )
    git(tree, "checkout", "-q", "feature")
    git(tree, "rebase", "-q", "main")
    change(site, "applications/tap/values-dev.yaml", "tag: 2.1.0", "tag: 2.9.0")
    code, answer = gate(site)
    assert (code, rows(answer)) == (0, [])


def test_a_change_that_makes_the_tree_one_of_another_layout_leaves_the_gate_shut(site: Site) -> None:
    tree = site.root / "tree"
    git(tree, "mv", "environments", "others")
    git(tree, "commit", "-qm", "No environments")
    code, answer = gate(site)
    assert code == 3
    assert any("has the layout phalanx" in each["sentence"] for each in answer["unreadable"])
