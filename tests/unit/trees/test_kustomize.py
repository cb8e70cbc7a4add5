"""Trees of kustomizations, read without Kustomize."""

import pytest

from ldmrelease.trees.files import MemoryTree
from ldmrelease.trees.interface import NotUnderstood, TreeImage
from ldmrelease.trees.kustomizations import Kustomizations
from ldmrelease.trees.layouts import kustomize
from ldmrelease.trees.registry import layout_of
from tests.unit.trees.tree_samples import KUSTOMIZE, memory_tree


def read(tree: MemoryTree, environment: str) -> list[TreeImage]:
    return [each for each in kustomize.read(tree, [environment]) if isinstance(each, TreeImage)]


def test_the_environments_are_what_nothing_else_brings_in() -> None:
    tree = memory_tree(KUSTOMIZE)
    assert layout_of(tree) == "kustomize"
    assert kustomize.environments(tree) == ["default", "dev", "prod"]
    assert {each.application for each in read(tree, "prod")} == {"shop", "blog"}
    assert {each.application for each in read(tree, "default")} == {"tools"}


def test_images_put_others_in_their_place_and_the_lines_are_known() -> None:
    found = {each.image: each for each in read(memory_tree(KUSTOMIZE), "prod") if each.application == "shop"}
    digest = "sha256:" + "b" * 64
    assert set(found) == {"example.org/api:2.0", f"mirror.example.org/side@{digest}", "busybox"}
    assert [(each.file, each.line) for each in found["example.org/api:2.0"].parts] == [
        ("shop/base/deployment.yaml", 8),
        ("shop/overlays/prod/kustomization.yaml", 3),
    ]
    assert [each.path for each in found[f"mirror.example.org/side@{digest}"].parts] == [
        ("images", 1, "newName"),
        ("images", 1, "digest"),
    ]


def test_what_an_environment_does_not_say_is_the_bases() -> None:
    assert "example.org/api:1.0" in {each.image for each in read(memory_tree(KUSTOMIZE), "dev")}


def test_a_patch_that_names_a_container_decides_it() -> None:
    found = {each.image: each for each in read(memory_tree(KUSTOMIZE), "prod") if each.application == "blog"}
    assert [each.file for each in found["example.org/blog:3.1"].parts] == ["blog/prod/patch.yaml"]


@pytest.mark.parametrize(
    ("path", "text", "where", "reason"),
    [
        (
            "shop/overlays/prod/kustomization.yaml",
            "resources: [",
            "shop/overlays/prod/kustomization.yaml",
            "",
        ),
        ("shop/base/deployment.yaml", "kind: [", "shop/base/deployment.yaml", ""),
        ("shop/base/kustomization.yaml", "resources: [../base]\n", "shop/base", "it brings itself in"),
    ],
)
def test_one_bad_kustomization_is_named_and_the_others_are_read(
    path: str, text: str, where: str, reason: str
) -> None:
    tree = memory_tree(KUSTOMIZE | {path: text})
    found = list(kustomize.read(tree, kustomize.environments(tree)))
    missed = {(each.where, each.environment) for each in found if isinstance(each, NotUnderstood)}
    assert (where, "prod") in missed
    assert {each.where for each in found if isinstance(each, NotUnderstood)} == {where}
    assert all(reason in each.reason for each in found if isinstance(each, NotUnderstood))
    assert "example.org/blog:3.1" in {each.image for each in found if isinstance(each, TreeImage)}


def test_a_component_is_no_environment() -> None:
    text = "kind: Component\nimages: [{name: busybox, newTag: '1.36'}]\n"
    tree = memory_tree(KUSTOMIZE | {"components/pinned/kustomization.yaml": text})
    assert kustomize.environments(tree) == ["default", "dev", "prod"]


@pytest.mark.parametrize(
    "line",
    [
        "resources: ['HTTP://example.invalid/a.yaml']",
        "resources: ['git::http://example.invalid/a']",
        "resources: ['git@example.invalid:a/b.git']",
        "resources: [../../outside]",
        "patches: [{path: 'https://example.invalid/p.yaml'}]",
        "patchesStrategicMerge: ['https://example.invalid/p.yaml']",
        "configMapGenerator: [{name: a, files: ['key=https://example.invalid/f']}]",
        "openapi: {path: 'https://example.invalid/s.json'}",
        "generators: [g.yaml]",
        "transformers: [t.yaml]",
        "helmCharts: [{name: a, repo: 'https://example.invalid'}]",
    ],
)
def test_what_is_not_in_the_tree_or_runs_something_is_known(line: str) -> None:
    tree = memory_tree(
        KUSTOMIZE | {"tools/kustomization.yaml": f"{line}\n", "tools/g.yaml": "", "tools/t.yaml": ""}
    )
    known = Kustomizations(tree)
    assert known.elsewhere("tools", set())
    assert not known.elsewhere("shop/overlays/prod", set())
    assert not known.elsewhere("blog/prod", set())
