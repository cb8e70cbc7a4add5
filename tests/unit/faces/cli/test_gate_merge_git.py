"""`gate merge` and what git has: revisions, merges, files that move, go, or cannot be read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import cycle_site as cycles
from tests import shop
from tests.unit.faces.cli.test_gate_merge import codes, commit, gate, verdicts
from tests.workspace import Site

BUILDS = {"atdome": ["c0042.006", "c0042.007", "c0044.001", "c0044.002"], "ataos": ["c0042.003", "c0044.001"]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return shop.new_shop(tmp_path_factory.mktemp("gate") / "shop")


@pytest.fixture
def site(made: Site, tmp_path: Path) -> Site:
    copied = made.copy(tmp_path / "shop")
    copied.git("checkout", "-q", "-b", "feature", repository="deploy")
    return copied


def git(folder: Path, *words: str) -> str:
    return cycles.git(folder, *words).strip()


def edit(site: Site, environment: str, before: str, after: str) -> None:
    path = site.root / "deploy" / shop.file_of(environment)
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    site.git("commit", "-qam", "An edit", repository="deploy")


def test_what_the_merge_will_hold_is_decided_about_and_not_either_side(tmp_path: Path) -> None:
    """One side raises the build, the other moves the cycle: neither has the image that the merge asks for."""
    site = cycles.cycle_site(tmp_path / "site", BUILDS, {"atdome": 6, "ataos": 3})
    tree = site.root / "tree"
    git(tree, "checkout", "-qb", "feature")
    file = tree / cycles.file_of(0)
    file.write_text(file.read_text().replace("revision: 6", "revision: 9"))
    git(tree, "commit", "-qam", "A build")
    git(tree, "checkout", "-q", "main")
    top = tree / cycles.ENVIRONMENT
    top.write_text(top.read_text().replace("c0042", "c0044"))
    git(tree, "commit", "-qam", "A cycle")
    code, answer = gate(site)
    (image,) = answer["images"]
    assert (image["previous"], image["image"]) == ("c0044.006", "c0044.009")
    assert (code, codes(answer)) == (1, {"absent-tag"})


def test_a_shared_part_moves_every_component_that_reads_it(tmp_path: Path) -> None:
    site = cycles.cycle_site(tmp_path / "site", BUILDS, {"atdome": 1, "ataos": 1})
    tree = site.root / "tree"
    git(tree, "checkout", "-qb", "feature")
    top = tree / cycles.ENVIRONMENT
    top.write_text(top.read_text().replace("c0042", "c0044"))
    git(tree, "commit", "-qam", "A cycle")
    code, answer = gate(site)
    assert {each["component"]: each["image"] for each in answer["images"]} == {
        "atdome": "c0044.001",
        "ataos": "c0044.001",
    }
    assert {each["release"] for each in answer["images"]} == {"telescope/c0044"}
    assert (code, answer["verdict"]) == (0, "allowed")
    parts = [(each["file"], each["path"]) for each in answer["images"][0]["parts"]]
    assert parts == [
        (cycles.ENVIRONMENT, "controlSystem.imageTag"),
        (cycles.file_of(0), "atdome.image.revision"),
    ]


def test_a_revision_that_is_not_there_is_a_mistake_and_the_answer_says_what_helps(site: Site) -> None:
    done = site.run("gate", "merge", "--base", "main", "--head", "nowhere")
    assert done.exit_code == 2
    assert "no revision 'nowhere'" in done.stderr
    assert "git -C deploy fetch origin nowhere" in done.stderr


def test_of_the_workspaces_repository_a_clone_is_advised_and_of_a_clone_what_can_be_fetched(
    site: Site,
) -> None:
    done = site.run("gate", "merge", "--base", "main", "--head", "origin/nowhere")
    assert (
        "deploy, which the workspace names; `--tree .` asks the clone that you are in, and `git"
        in done.stderr
    )
    tree = str(site.root / "deploy")
    done = site.run("gate", "merge", "--base", "origin/main~1", "--head", "HEAD", "--tree", tree)
    assert "--tree" not in done.stderr
    assert f"`git -C {tree} fetch origin main:refs/remotes/origin/main` brings a branch" in done.stderr


def test_a_folder_of_a_clone_is_told_to_be_one(site: Site) -> None:
    tree = site.root / "deploy" / "shop"
    done = site.run("gate", "merge", "--base", "main", "--head", "HEAD", "--tree", str(tree))
    assert done.exit_code == 2
    assert f"{tree} is a folder in {site.root / 'deploy'}" in done.stderr
    assert "name the top of the clone with --tree" in done.stderr
    done = site.run(
        "gate", "merge", "--base", "main", "--head", "HEAD", "--tree", str(site.root / "policies")
    )
    assert "is not a git repository" in done.stderr


@pytest.mark.parametrize("name", ["-x", "main:shop", "", "a\nb", "main^{tree}", "--upload-pack=x"])
def test_what_is_no_commit_is_a_mistake(site: Site, name: str) -> None:
    assert site.run("gate", "merge", "--base", "main", f"--head={name}").exit_code == 2


def test_a_shallow_clone_is_told_how_to_get_what_it_lacks(site: Site, tmp_path: Path) -> None:
    commit(site, dev="1.6.0")
    site.git("checkout", "-q", "main", repository="deploy")
    commit(site, staging="1.6.0")
    clone = tmp_path / "clone"
    words = [
        "git",
        "clone",
        "-q",
        "--depth",
        "1",
        "--no-single-branch",
        f"file://{site.root / 'deploy'}",
        str(clone),
    ]
    subprocess.run(words, check=True)
    done = site.run(
        "gate", "merge", "--base", "origin/main", "--head", "origin/feature", "--tree", str(clone)
    )
    assert done.exit_code == 2
    assert f"git -C {clone} fetch --unshallow" in done.stderr
    git(clone, "fetch", "-q", "--unshallow", "origin")
    found = site.run(
        "gate", "merge", "--base", "origin/main", "--head", "origin/feature", "--tree", str(clone)
    )
    assert found.exit_code == 0
    assert "dev/shop" in found.stdout


def test_a_folder_that_is_no_repository_is_a_mistake(site: Site, tmp_path: Path) -> None:
    done = site.run("gate", "merge", "--base", "main", "--head", "feature", "--tree", str(tmp_path))
    assert done.exit_code == 2
    assert "not a git repository" in done.stderr


def test_branches_with_nothing_in_common_are_a_mistake(site: Site) -> None:
    site.git("checkout", "-q", "--orphan", "other", repository="deploy")
    site.git("commit", "-qm", "Another beginning", repository="deploy")
    done = site.run("gate", "merge", "--base", "main", "--head", "other")
    assert done.exit_code == 2
    assert "no commit in common" in done.stderr


def test_a_file_that_moves_is_read_where_it_is(site: Site) -> None:
    site.git("mv", shop.file_of("dev"), "shop/values-development.yaml", repository="deploy")
    path = site.root / "deploy" / "shop/values-development.yaml"
    path.write_text(
        path.read_text().replace("api:\n  image:\n    tag: 1.5.0", "api:\n  image:\n    tag: 1.9.0")
    )
    site.git("commit", "-qam", "A move", repository="deploy")
    code, answer = gate(site)
    assert code == 1
    assert verdicts(answer) == {"dev/shop api": "refused"}
    assert answer["images"][0]["parts"][0]["file"] == "shop/values-development.yaml"


def test_an_environment_that_is_taken_away_asks_for_nothing_any_more(site: Site) -> None:
    site.git("rm", "-q", shop.file_of("dev"), repository="deploy")
    site.git("commit", "-qm", "No more", repository="deploy")
    code, answer = gate(site)
    assert code == 0
    assert [(each["component"], each["image"], each["previous"]) for each in answer["images"]] == [
        ("api", None, "1.5.0"),
        ("worker", None, "1.5.0"),
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"api:\n  image: [\n", 3), (b"api:\n\timage: 1\n", 2), (b"\x00\x01\xff binary", None), (b"", None)],
    ids=["not closed", "a tab", "no text", "empty"],
)
def test_a_file_that_cannot_be_read_leaves_its_settings_undecided_and_the_rest_goes_on(
    site: Site, content: bytes, line: int | None
) -> None:
    commit(site, dev="1.6.0")
    path = site.root / "deploy" / shop.file_of("prod")
    path.write_bytes(content)
    site.git("commit", "-qam", "Broken", repository="deploy")
    code, answer = gate(site)
    assert (code, answer["verdict"]) == (3, "undecided")
    found = verdicts(answer)
    assert found["dev/shop api"] == "allowed"
    assert {found["prod/shop api"], found["prod/shop worker"]} == {"undecided"}
    told = next(each for each in answer["images"] if each["place"] == "prod/shop")["findings"][0]
    assert told["location"]["file"] == shop.file_of("prod")
    if line is not None:
        assert told["location"]["line"] == line


def test_a_setting_that_goes_leaves_that_one_undecided_alone(site: Site) -> None:
    edit(site, "prod", "api:\n  image:\n    tag: 1.5.0\n", "api:\n  image: {}\n")
    code, answer = gate(site)
    assert (code, verdicts(answer)) == (3, {"prod/shop api": "undecided"})


def test_a_file_that_becomes_a_link_out_of_the_tree_is_not_followed(site: Site, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("api: {image: {tag: 1.6.0}}\nworker: {image: {tag: 1.6.0}}\n")
    path = site.root / "deploy" / shop.file_of("dev")
    path.unlink()
    path.symlink_to(outside)
    site.git("commit", "-qam", "A link", repository="deploy")
    code, answer = gate(site)
    assert (code, set(verdicts(answer).values())) == (3, {"undecided"})
    assert codes(answer) == {"not-a-file"}


def test_what_else_a_repository_may_hold_is_no_matter(site: Site) -> None:
    """A submodule, a binary, a link, a large file and odd names beside the settings."""
    tree = site.root / "deploy"
    head = git(tree, "rev-parse", "HEAD")
    (tree / "image.bin").write_bytes(bytes(range(256)) * 100)
    (tree / "large.yaml").write_bytes(b"a: 1\n" * 2_200_000)
    (tree / "link").symlink_to("/etc/passwd")
    (tree / "odd\nname|`.yaml").write_text("a: 1\n")
    commit(site, dev="1.6.0")
    git(tree, "add", "--all")
    git(tree, "update-index", "--add", "--cacheinfo", f"160000,{head},vendor/other")
    git(tree, "commit", "-qm", "Odds and ends")
    code, answer = gate(site)
    assert (code, set(verdicts(answer).values())) == (0, {"allowed"})


def test_a_settings_file_of_fifty_megabytes_is_not_read(site: Site) -> None:
    path = site.root / "deploy" / shop.file_of("dev")
    path.write_bytes(path.read_bytes() + b"# padding\n" * 5_000_000)
    site.git("commit", "-qam", "Large", repository="deploy")
    code, answer = gate(site)
    assert (code, set(verdicts(answer).values())) == (3, {"undecided"})
    assert codes(answer) == {"file-too-large"}


def test_several_trees_are_told_apart_by_name(site: Site) -> None:
    site.edit(lambda text: text.replace("repository: deploy\n", "repository: other\n", 1))
    done = site.run("gate", "merge", "--base", "main", "--head", "feature")
    assert done.exit_code == 2
    assert "--repository" in done.stderr
    assert "deploy" in done.stderr
    assert (
        site.run("gate", "merge", "--base", "main", "--head", "feature", "--repository", "deploy").exit_code
        == 0
    )


def test_a_workspace_without_a_tree_has_nothing_to_gate(tmp_path: Path) -> None:
    from tests.unit.faces.cli.running import run  # noqa: PLC0415 - beside the fixtures

    assert run("init", str(tmp_path / "empty")).exit_code == 0
    done = run("-C", str(tmp_path / "empty"), "gate", "merge", "--base", "main", "--head", "main")
    assert done.exit_code == 2
    assert "no GitOps tree" in done.stderr


def test_an_unreachable_registry_leaves_it_undecided(site: Site) -> None:
    commit(site, dev="1.6.0")
    site.edit(lambda text: text.replace("oci:images/", "localhost:1/"))
    code, answer = gate(site)
    assert (code, answer["verdict"]) == (3, "undecided")
    assert codes(answer) >= {"unavailable"}


def test_policies_that_nobody_has_agreed_to_decide_nothing(site: Site) -> None:
    commit(site, dev="1.6.0")
    path = site.root / "policies/development.yaml"
    path.write_text(path.read_text().replace("version: 1", "version: 2"))
    code, answer = gate(site)
    assert (code, codes(answer)) == (3, {"not-agreed"})


def _led(site: Site, mode: str) -> None:
    """The folder `shop` is a link, or a submodule, whose content says another image."""
    tree = site.root / "deploy"
    git(tree, "rm", "-rqf", "shop")
    oid = git(tree, "rev-parse", "HEAD")
    if mode == "120000":
        file = tree / "target"
        file.write_text("elsewhere")
        oid = git(tree, "hash-object", "-w", "target")
        file.unlink()
    git(tree, "update-index", "--add", "--cacheinfo", f"{mode},{oid},shop")
    git(tree, "commit", "-qm", "Elsewhere")


@pytest.mark.parametrize("mode", ["120000", "160000"], ids=["link", "submodule"])
def test_a_folder_that_leads_elsewhere_does_not_count_as_taken_away(site: Site, mode: str) -> None:
    _led(site, mode)
    code, answer = gate(site)
    assert (code, codes(answer)) == (3, {"not-a-file"})
    assert len(answer["images"]) == 6


@pytest.fixture
def manifests(site: Site) -> Path:
    """The tree, with a manifest in its folder on both branches."""
    tree = site.root / "deploy"
    git(tree, "checkout", "-q", "main")
    (tree / "shop" / "pod.yaml").write_text("kind: Pod\nspec: {containers: [{name: a, image: busybox}]}\n")
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "A pod")
    git(tree, "checkout", "-q", "feature")
    git(tree, "rebase", "-q", "main")
    return tree


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("more.json", '{"kind": "Pod", "spec": {"containers": [{"name": "a", "image": "evil:1"}]}}'),
        ("more.json", '{"kind": "Pod", "spec": {"containers": [{"name": "a", "im\\u0061ge": "evil:1"}]}}'),
        ("more.yaml", "kind: Pod\nspec: {volumes: [{name: a, image: {reference: 'evil:1'}}]}"),
        ("more.yaml", "kind: Pod\nspec: {containers: [{name: a, image: !!binary ZXZpbDox}]}"),
    ],
    ids=["JSON", "JSON with escapes", "image volume", "binary"],
)
def test_an_image_of_a_manifest_is_seen_however_it_is_written(
    site: Site, manifests: Path, name: str, text: str
) -> None:
    (manifests / "shop" / name).write_text(text)
    git(manifests, "add", "-A")
    git(manifests, "commit", "-qm", "More")
    _, answer = gate(site)
    assert [(each["image"], each["verdict"]) for each in answer["images"]] == [("evil:1", "unmanaged")]


def test_a_link_that_a_change_makes_among_manifests_leaves_the_gate_shut(site: Site, manifests: Path) -> None:
    tree = manifests
    (tree / "shop" / "more.yaml").symlink_to("more.txt")
    (tree / "shop" / "more.txt").write_text("kind: Pod\nspec: {containers: [{name: a, image: evil}]}\n")
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "A link")
    code, answer = gate(site)
    assert code == 3
    assert [each["values"]["file"] for each in answer["unreadable"]] == ["shop/more.yaml"]


def test_so_does_one_that_a_change_turns_elsewhere(site: Site, manifests: Path) -> None:
    git(manifests, "checkout", "-q", "main")
    (manifests / "shop" / "more.yaml").symlink_to("pod.yaml")
    git(manifests, "add", "-A")
    git(manifests, "commit", "-qm", "A link")
    git(manifests, "checkout", "-q", "feature")
    git(manifests, "rebase", "-q", "main")
    git(manifests, "commit", "-q", "--allow-empty", "-m", "Nothing")
    assert gate(site)[0] == 0, "it was there before"
    (manifests / "shop" / "more.yaml").unlink()
    (manifests / "shop" / "more.yaml").symlink_to("../../elsewhere.yaml")
    git(manifests, "commit", "-qam", "Elsewhere")
    code, answer = gate(site)
    assert (code, answer["verdict"]) == (3, "undecided")
    assert [each["location"]["file"] for each in answer["unreadable"]] == ["shop/more.yaml"]


def test_of_sides_that_conflict_the_change_is_compared_with_what_it_began_with(site: Site) -> None:
    """What the other side has meanwhile is not taken for a thing that the change takes back."""
    edit(site, "dev", "tag: 1.5.0", "tag: 1.6.0")
    site.git("checkout", "-q", "main", repository="deploy")
    edit(site, "dev", "tag: 1.5.0", "tag: 1.7.0")
    edit(site, "prod", "tag: 1.5.0", "tag: 1.6.0")
    answer = gate(site)[1]
    assert {(each["environment"], each["previous"], each["image"]) for each in answer["images"]} == {
        ("dev", "1.5.0", "1.6.0")
    }
