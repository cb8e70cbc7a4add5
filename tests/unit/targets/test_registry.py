"""Which kinds of target there are, and what may be asked of them."""

import inspect
import subprocess
import sys
from importlib import import_module
from typing import get_args

import pytest

from ldmrelease.domain.targets import (
    ConfigMapKey,
    FileLocation,
    GitFile,
    ImageSettingsTarget,
    KubernetesTarget,
    MemoryFile,
    MenuTarget,
    Target,
)
from ldmrelease.domain.workload_selection import ClusterAccess, Workloads
from ldmrelease.targets import registry
from ldmrelease.targets.interface import Editor, Store

GIT = GitFile("https://kim:secret@example.org/conf", "main", "values.yaml")
CLUSTER = ClusterAccess("summit")
TEXT = ConfigMapKey(CLUSTER, "nublado", "menu", "menu.yaml")
OBJECTS = KubernetesTarget(Workloads(CLUSTER, "ocps", ()))


def test_every_specification_has_an_editor_and_every_location_a_store() -> None:
    assert set(registry.EDITORS) == set(get_args(Target))
    assert set(registry.STORES) == {*get_args(FileLocation), KubernetesTarget}


@pytest.mark.parametrize(
    ("protocol", "package", "names"),
    [(Editor, "editors", registry.EDITORS.values()), (Store, "stores", registry.STORES.values())],
)
def test_every_module_of_the_registry_offers_its_interface(
    protocol: type, package: str, names: list[str]
) -> None:
    wanted = {name for name, _ in inspect.getmembers(protocol, inspect.isfunction) if name[0] != "_"}
    for name in names:
        module = import_module(f"ldmrelease.targets.{package}.{name}")
        assert wanted <= {each for each, _ in inspect.getmembers(module, inspect.isfunction)}, name


def test_a_target_in_git_does_not_load_a_clusters_store() -> None:
    code = (
        "import sys; from ldmrelease.targets import registry; from tests.unit.targets.test_registry import GIT\n"
        "from ldmrelease.domain.targets import ImageSettingsTarget\n"
        "registry.store(ImageSettingsTarget(GIT, ()))\n"
        "assert 'ldmrelease.targets.stores.kubernetes_objects' not in sys.modules\n"
        "assert 'kubernetes' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("target", "true"),
    [
        (ImageSettingsTarget(GIT, ()), {"has_tree", "observable_in_pods", "proposable"}),
        (ImageSettingsTarget(TEXT, ()), {"has_tree", "observable_in_pods"}),
        (ImageSettingsTarget(MemoryFile("a"), ()), {"has_tree", "observable_in_pods"}),
        (MenuTarget(GIT, "", "lab", {}, {}), {"has_tree", "keeps_many", "proposable", "retirable"}),
        (
            MenuTarget(TEXT, "", "lab", {}, {"recommended": "recommendedTag"}),
            {"has_tree", "keeps_many", "names_aliases", "retirable"},
        ),
        (OBJECTS, {"writes_directly", "observable_in_pods"}),
    ],
    ids=[
        "settings in git",
        "settings in a cluster",
        "settings in memory",
        "menu in git",
        "menu in a cluster",
        "objects",
    ],
)
def test_what_may_be_asked_of_a_target_is_told_by_editor_and_location(target: Target, true: set[str]) -> None:
    found = target.capabilities
    names = [each for each in found.__struct_fields__ if each != "programs"]
    assert {each for each in names if getattr(found, each)} == true
    assert ("git" in found.programs) == (target.location is GIT)


def test_where_a_target_is_has_no_password_in_it() -> None:
    assert registry.where(ImageSettingsTarget(GIT, ())) == "https://example.org/conf"
    assert registry.where(MenuTarget(TEXT, "", "lab", {}, {})) == "ConfigMap nublado/menu menu.yaml"
    assert registry.where(OBJECTS) == "summit/ocps"
