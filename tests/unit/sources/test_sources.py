"""Every kind of source, on this machine: a layout of images, a git repository, a directory of EUPS lists."""

import inspect
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.topology import ComponentKind, ComponentSource
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.sample import put_sample_image
from ldmrelease.sources.interface import Source
from ldmrelease.sources.registry import SOURCES
from tests.real.gitops.site import git, new_repository, put
from tests.unit.sources.contract import SourceContract

SHA = "0123456789abcdef0123456789abcdef01234567"


class Images:
    """A layout with one image."""

    source = ComponentSource("lab", ComponentKind.IMAGE, "oci:images", "{image}")

    def __init__(self, root: Path) -> None:
        self.root = root
        self._put("first")

    def _put(self, seed: str) -> None:
        repository = Registries(self.root).open(parse_reference("oci:images"))
        put_sample_image(repository, "w_2023_16", seed=seed)

    def rebuild(self) -> None:
        self._put("second")

    def spoil(self) -> None:
        (self.root / "images" / "index.json").write_text("{")


class GitTags:
    """A repository with one tag."""

    source = ComponentSource("conf", ComponentKind.CONFIGURATION, "conf", "{git}")

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tree = new_repository(root / "conf", {"a": "1"})
        git(self.tree, "tag", "w.2023.16")

    def rebuild(self) -> None:
        put(self.tree, {"a": "2"})
        git(self.tree, "tag", "-f", "w.2023.16")

    def spoil(self) -> None:
        shutil.rmtree(self.tree)


class Builds:
    """A directory of lists with one build."""

    source = ComponentSource("stack", ComponentKind.BUILD, "lists", "{eups}")

    def __init__(self, root: Path) -> None:
        self.root = root
        self._put(SHA)

    def _put(self, commit: str) -> None:
        listed = "EUPS distribution w_2023_16 version list. Version 1.0\n#BUILD=b1\nafw generic w_2023_16\n"
        for name, content in (("tags/w_2023_16.list", listed), ("manifests/b1.txt", f"afw {commit} v1\n")):
            path = self.root / "lists" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def rebuild(self) -> None:
        self._put(SHA[::-1])

    def spoil(self) -> None:
        (self.root / "lists" / "manifests" / "b1.txt").write_text("afw\n")


PREPARED = (Images, GitTags, Builds)


class TestSources(SourceContract):
    """All that a source has to do."""

    @pytest.fixture(params=PREPARED)
    def there(self, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
        return request.param(tmp_path)


def test_every_kind_of_component_has_a_source_with_the_interface() -> None:
    assert set(SOURCES) == set(ComponentKind) == {each.source.kind for each in PREPARED}
    wanted = {name for name, _ in inspect.getmembers(Source, inspect.isfunction) if name[0] != "_"}
    for module in map(import_module, SOURCES.values()):
        assert wanted <= set(dir(module))
