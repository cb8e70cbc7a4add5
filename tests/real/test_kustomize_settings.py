"""What is written into a kustomization is what a real Kustomize prints."""

import subprocess
from pathlib import Path

import pytest

from ldmrelease.domain.release import Component, Release
from ldmrelease.domain.targets import ImageSettingsTarget, MemoryFile, Setting, Writes
from ldmrelease.domain.topology import ComponentKind
from ldmrelease.targets.editors import image_settings
from ldmrelease.targets.stores.reading import PathsToRead, one_text
from ldmrelease.trees.containers import containers
from ldmrelease.trees.values import read_documents
from tests.real.gotools import go_tool
from tests.unit.trees.tree_samples import KUSTOMIZE, write_files

pytestmark = pytest.mark.real

FILE = "shop/overlays/prod/kustomization.yaml"
DIGEST = "sha256:" + "2" * 64
OTHERS = "resources: [../../base]\nimages:\n  - name: example.org/side\n    newTag: '4'\n"


@pytest.fixture(scope="session")
def kustomize() -> str:
    return str(go_tool("kustomize", "sigs.k8s.io/kustomize/kustomize/v5"))


def printed(kustomize: str, folder: Path) -> dict[str, str | None]:
    done = subprocess.run([kustomize, "build", str(folder)], capture_output=True, check=True)
    documents = read_documents(done.stdout, "")
    return {name: image.printed() for each in documents for name, image in containers(each)}


@pytest.mark.parametrize(
    ("text", "source", "key", "image"),
    [
        (KUSTOMIZE[FILE], "example.org/api", "newTag", "example.org/api:9.1"),
        (KUSTOMIZE[FILE], "example.org/api", "digest", f"example.org/api@{DIGEST}"),
        ("resources: [../../base]\n", "example.org/api", "newTag", "example.org/api:9.1"),
        (OTHERS, "example.org/api", "newTag", "example.org/api:9.1"),
        (OTHERS, "example.org/api", "digest", f"example.org/api@{DIGEST}"),
        (OTHERS, "example.org/side", "newTag", "example.org/side:9.1"),
        (OTHERS, "example.org/side", "digest", f"example.org/side@{DIGEST}"),
    ],
)
def test_what_is_written_is_what_is_printed(
    tmp_path: Path, kustomize: str, text: str, source: str, key: str, image: str
) -> None:
    tree = write_files(tmp_path / "tree", {**KUSTOMIZE, FILE: text})
    before = printed(kustomize, (tree / FILE).parent)
    setting = Setting("it", f"images[name={source}].{key}", Writes.DIGEST if key == "digest" else Writes.TAG)
    own = ImageSettingsTarget(MemoryFile(FILE), (setting,))
    texts = one_text(FILE, text.encode())
    paths = PathsToRead(image_settings.paths(own), image_settings.optional(own), image_settings.beside(own))
    component = Component("it", ComponentKind.IMAGE, source, "9.1", DIGEST)
    release = Release("shop", "9.1", "release", (component,), (), None)
    edits = image_settings.desired(own, release, texts.snapshot(paths, "r"))
    assert isinstance(edits, dict), edits
    (tree / FILE).write_bytes(
        texts.edited(edits, PathsToRead(list(edits), image_settings.optional(own)))[FILE]
    )
    container = "main" if source == "example.org/api" else "side"
    assert printed(kustomize, (tree / FILE).parent) == before | {container: image}
