"""The gate on charts and kustomizations, rendered by the real programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldmrelease.trees.manifests.manifest_images import ManifestFinding, ManifestReader, UnreadableManifest
from ldmrelease.trees.manifests.manifest_sources import RenderSettings, read_sources, sources
from tests.real.gotools import go_tool

pytestmark = pytest.mark.real

_TEMPLATE = """\
{{- if .Values.enabled }}
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
spec:
  template:
    spec:
      containers:
        - name: main
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
{{- end }}
"""


@pytest.fixture(scope="session")
def helm() -> str:
    return str(go_tool("helm", "helm.sh/helm/v3/cmd/helm"))


@pytest.fixture(scope="session")
def kustomize() -> str:
    return str(go_tool("kustomize", "sigs.k8s.io/kustomize/kustomize/v5"))


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_y", ".y")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "Shop App"
    write(
        folder,
        Chart_yaml="apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: '1.2'\n",
        values_yaml="enabled: true\nimage: {repository: example.org/shop}\n",
        templates__web_yaml=_TEMPLATE,
        charts__side__Chart_yaml="apiVersion: v2\nname: side\nversion: 1.0.0\n",
        charts__side__templates__job_yaml="kind: Job\nmetadata: {name: j}\nspec: {template: {spec: "
        "{initContainers: [{name: i, image: example.org/i:1}]}}}\n",
    )
    return folder


def read(path: Path, **settings: object) -> list[ManifestFinding]:
    given = RenderSettings({}, **settings)  # type: ignore[arg-type]
    return sorted(
        read_sources(ManifestReader(), sources([path]), b"", given), key=lambda each: (each.file, str(each))
    )


def test_a_chart_is_rendered_with_its_dependencies_and_told_by_its_templates(chart: Path, helm: str) -> None:
    more = chart.parent / "more.yaml"
    more.write_text("image: {tag: '9'}\n")
    found = read(chart, helm=helm, values=(more,), namespace="prod")
    assert [
        (str(Path(each.file).relative_to(chart)), each.line, each.path, each.name, each.namespace, each.image)
        for each in found
        if not isinstance(each, UnreadableManifest)
    ] == [
        (
            "charts/side/templates/job.yaml",
            None,
            "spec.template.spec.initContainers[0].image",
            "j",
            None,
            "example.org/i:1",
        ),
        (
            "templates/web.yaml",
            None,
            "spec.template.spec.containers[0].image",
            "shop-app",
            "prod",
            "example.org/shop:9",
        ),
    ]
    assert len(found) == 2


def test_a_chart_that_helm_does_not_render_is_told(chart: Path, helm: str) -> None:
    (chart / "templates" / "bad.yaml").write_text("{{ fail `no` }}")
    (found,) = read(chart, helm=helm)
    assert isinstance(found, UnreadableManifest)
    assert found.code == "not-rendered-by"
    assert "no" in found.values["reason"]


def test_a_kustomization_is_built_with_what_it_puts_in_the_place_of_images(
    tmp_path: Path, kustomize: str
) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: m, image: example.org/a}]}\n"
    write(tmp_path / "base", kustomization_yaml="resources: [pod.yaml]\n", pod_yaml=pod)
    overlay = tmp_path / "overlays" / "summit"
    text = "resources: [../../base]\nnamespace: prod\nimages: [{name: example.org/a, newTag: '7'}]\n"
    write(overlay, kustomization_yaml=text)
    (found,) = read(overlay, kustomize=kustomize)
    assert not isinstance(found, UnreadableManifest)
    assert (found.image, found.namespace, found.line) == ("example.org/a:7", "prod", None)
    assert found.file == str(overlay)


def test_what_comes_from_elsewhere_is_not_fetched(tmp_path: Path, kustomize: str) -> None:
    write(tmp_path / "k", kustomization_yaml="resources: ['https://example.org/a.yaml']\n")
    (found,) = read(tmp_path / "k", kustomize=kustomize)
    assert isinstance(found, UnreadableManifest)
    assert found.code == "not-rendered-by"
