"""Trees built by a real Kustomize: container by container what it prints, and the lines that decide each image."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ldmrelease.trees.containers import containers
from ldmrelease.trees.files import Folder
from ldmrelease.trees.interface import NotUnderstood, Programs, TreeFinding, TreeImage
from ldmrelease.trees.layouts import kustomize as layout
from ldmrelease.trees.values import read_documents
from tests.real.gotools import go_tool
from tests.unit.trees.tree_samples import KUSTOMIZE, write_files

pytestmark = pytest.mark.real
ALL = ("default", "dev", "prod")


@pytest.fixture(scope="session")
def kustomize() -> str:
    return str(go_tool("kustomize", "sigs.k8s.io/kustomize/kustomize/v5"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_files(tmp_path / "tree", KUSTOMIZE)


def built(tree: Path, program: str) -> list[TreeFinding]:
    work = tree.parent / "work"
    work.mkdir(exist_ok=True)
    found = layout.render(Folder(tree), ALL, Programs(work, os.environ, kustomize=program))
    assert found is not None
    return list(found)


def images(found: list[TreeFinding]) -> list[TreeImage]:
    return [each for each in found if isinstance(each, TreeImage)]


def test_each_container_has_the_image_that_kustomize_prints(tree: Path, kustomize: str) -> None:
    printed = []
    for folder in ("blog/prod", "shop/overlays/dev", "shop/overlays/prod", "tools"):
        done = subprocess.run([kustomize, "build", str(tree / folder)], capture_output=True, check=True)
        for document in read_documents(done.stdout, folder):
            printed += [(name, image.printed()) for name, image in containers(document)]
    assert [(each.container, each.image) for each in images(built(tree, kustomize))] == printed


def test_documents_of_one_file_have_an_image_each(tree: Path, kustomize: str) -> None:
    folder = tree / "both"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text("resources: [all.yaml]\n")
    (folder / "all.yaml").write_text(
        POD + "---\n" + POD.replace("first", "second").replace("1.0.0", "alpine")
    )
    found = {each.name: each for each in images(built(tree, kustomize)) if each.application == "both"}
    assert {name: each.image for name, each in found.items()} == {
        "first": "example.org/first:1.0.0",
        "second": "example.org/second:alpine",
    }
    lines = [part.line for each in found.values() for part in each.parts]
    assert len(set(lines)) == 2


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: first}
spec:
  containers:
    - {name: main, image: "example.org/first:1.0.0"}
"""


def test_the_lines_are_those_that_reading_finds(tree: Path, kustomize: str) -> None:
    read = {each.image: each.parts[-1] for each in images(list(layout.read(Folder(tree), ALL)))}
    for each in images(built(tree, kustomize)):
        assert each.parts[-1] == read[each.image], each.image


def test_a_prefix_is_part_of_the_name_that_is_told(tree: Path, kustomize: str) -> None:
    names = {each.name for each in images(built(tree, kustomize)) if each.environment == "prod"}
    assert names == {"prod-api", "blog"}


def test_nothing_is_fetched(tree: Path, kustomize: str) -> None:
    (tree / "tools/kustomization.yaml").write_text(
        "resources: [cron.yaml, 'https://example.invalid/tools.yaml']\n"
    )
    found = built(tree, kustomize)
    missed = [each for each in found if isinstance(each, NotUnderstood)]
    assert [(each.application, "https://example.invalid/tools.yaml" in each.reason) for each in missed] == [
        ("tools", True)
    ]
    assert "example.org/cron:7" in {each.image for each in images(found)}


def test_what_does_not_build_is_told_with_its_words(tree: Path, kustomize: str) -> None:
    (tree / "blog/prod/patch.yaml").write_text("kind: Deployment\nmetadata: {name: other}\n")
    found = built(tree, kustomize)
    (missed,) = (each for each in found if isinstance(each, NotUnderstood))
    assert (missed.where, missed.environment) == ("blog/prod", "prod")
    assert "example.org/api:2.0" in {each.image for each in images(found)}
