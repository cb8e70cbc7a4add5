"""Settings of a committed tree beside what a real Helm makes of it, now and after an edit that nobody has committed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from ldmrelease.domain.targets import GitFile, ImageSettingsTarget, Selector, SelectorPart, Setting
from ldmrelease.domain.topology import Application, ComponentKind, ComponentSource, Place, Product, Topology
from ldmrelease.services.inventory.rendered import RenderedSettings, Rendering
from ldmrelease.services.inventory.rendered_image import RenderedOtherwise
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.results import Snapshot, Unquoted, Values
from tests.real.gotools import go_tool
from tests.unit.trees.tree_samples import FILES, write_tree

pytestmark = pytest.mark.real

LAB = "applications/lab/values-base.yaml"
AUXTEL = "applications/auxtel/values-summit.yaml"
CYCLE = "environments/values-summit.yaml#controlSystem.imageTag"


@pytest.fixture(scope="session")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    programs = tmp_path_factory.mktemp("programs")
    (programs / "helm").symlink_to(go_tool("helm", "helm.sh/helm/v3/cmd/helm"))
    return dict(os.environ) | {"PATH": f"{programs}:{os.environ['PATH']}"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return committed(write_tree(tmp_path / "tree"))


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True)


def committed(tree: Path) -> Path:
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", ".")
    git(tree, "commit", "-q", "-m", "as it is")
    return tree


def place(tree: Path, file: str, environment: str, *settings: Setting | Selector) -> Application:
    target = ImageSettingsTarget(GitFile(str(tree), "main", file), settings)
    runs = tuple(f"all/{each.component}" for each in settings)
    return Application(Place(environment, "app"), "development", runs, target, "committed", 3600)


def otherwise(
    tree: Path, application: Application, environ: Mapping[str, str], edits: Values | None = None
) -> list[RenderedOtherwise]:
    access = Access(tree.parent)
    there = registry.read(application.target, access)
    assert isinstance(there, Snapshot), there
    after = Snapshot(there.revision, there.blob, {**there.values, **(edits or {})}, there.lines, there.beside)
    said = registry.stated(application.target, after)
    assert isinstance(said, tuple)
    names = dict.fromkeys(each.rpartition("/")[2] for each in application.runs)
    parts = tuple(
        ComponentSource(each, ComponentKind.IMAGE, f"example.org/{each}", "{image}", None) for each in names
    )
    topology = Topology(
        (Product("all", "semver", parts, False, ()),), (application,), (), "https://x.invalid"
    )
    found = Rendering(topology, access, environ).of(application, said, there.revision, edits)
    assert isinstance(found, RenderedSettings), found
    return list(found.otherwise)


def test_what_helm_prints_is_what_the_setting_says(tree: Path, environ: Mapping[str, str]) -> None:
    application = place(tree, LAB, "base", Setting("proxy", "proxy.image.tag"))
    assert otherwise(tree, application, environ, {"proxy.image.tag": "1.5.0"}) == []


def test_a_template_with_more_to_say_is_found_before_anything_is_committed(
    tmp_path: Path, environ: Mapping[str, str]
) -> None:
    tree = write_tree(tmp_path / "tree")
    template = tree / "applications/lab/templates/pod.yaml"
    template.write_text(template.read_text().replace(".proxy.image.tag }}", ".proxy.image.tag }}-debian"))
    committed(tree)
    application = place(tree, LAB, "base", Setting("proxy", "proxy.image.tag"))
    (only,) = otherwise(tree, application, environ, {"proxy.image.tag": "1.5.0"})
    assert (only.file, only.path, only.expected) == (LAB, "proxy.image.tag", "1.5.0")
    assert (only.container, only.found) == ("base/lab Deployment/lab proxy", "example.org/proxy:1.5.0-debian")


def test_the_parts_of_a_cycle_are_rendered_together(tree: Path, environ: Mapping[str, str]) -> None:
    parts = (SelectorPart("cycle", CYCLE), SelectorPart("revision", "ataos.image.revision"))
    application = place(
        tree, AUXTEL, "summit", Selector("ataos", "{cycle}[.{revision:03d}]", parts, "cycle", "{image}")
    )
    assert otherwise(tree, application, environ) == []
    edits: Values = {CYCLE: "c0044", "ataos.image.revision": Unquoted("7")}
    assert otherwise(tree, application, environ, edits) == []


def test_a_value_that_overrides_another_is_told(tmp_path: Path, environ: Mapping[str, str]) -> None:
    tree = write_tree(tmp_path / "tree")
    template = tree / "applications/auxtel/templates/own.yaml"
    template.parent.mkdir()
    template.write_text(FILES["charts/csc/templates/job.yaml"].split("      initContainers")[0] + _FIXED)
    committed(tree)
    parts = (SelectorPart("cycle", CYCLE), SelectorPart("revision", "ataos.image.revision"))
    application = place(
        tree, AUXTEL, "summit", Selector("ataos", "{cycle}[.{revision:03d}]", parts, "cycle", "{image}")
    )
    found = otherwise(tree, application, environ)
    assert [each.found for each in found] == ["example.org/ataos:c0042.4"]


_FIXED = """\
      containers:
        - name: own
          {{- $tag := .Values.global.controlSystem.imageTag }}
          {{- with .Values.ataos.image }}
          image: {{ printf "%s:%s.%d" .repository $tag (int .revision) }}
          {{- end }}
"""


@pytest.mark.parametrize(
    ("image", "rendered"),
    [
        ('{{ .tag }}{{ if semverCompare "<2" .tag }}-legacy{{ end }}', "1.5.0-legacy"),
        ('{{ if hasPrefix "77" .tag }}{{ .tag }}{{ else }}1.5.0-other{{ end }}', "1.5.0-other"),
    ],
)
def test_a_template_that_looks_at_a_value_before_it_prints_it_is_told(
    tmp_path: Path, environ: Mapping[str, str], image: str, rendered: str
) -> None:
    tree = write_tree(tmp_path / "tree")
    template = tree / "applications/lab/templates/pod.yaml"
    one = '"{{ .Values.proxy.image.repository }}:{{ .Values.proxy.image.tag }}"'
    other = f"{{{{ with .Values.proxy.image }}}}'{{{{ .repository }}}}:{image}'{{{{ end }}}}"
    assert one in template.read_text()
    template.write_text(template.read_text().replace(one, other))
    committed(tree)
    application = place(tree, LAB, "base", Setting("proxy", "proxy.image.tag"))
    found = otherwise(tree, application, environ, {"proxy.image.tag": "1.5.0"})
    assert [each.found for each in found] == [f"example.org/proxy:{rendered}"]
