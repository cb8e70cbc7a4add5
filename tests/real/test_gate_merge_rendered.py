"""`gate merge` with a real Helm: container by container, and nothing is rendered that a change does not touch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cycle_site import git
from tests.real.gotools import go_tool
from tests.unit.faces.cli import test_gate_merge_trees as read
from tests.unit.faces.cli.test_gate_merge import codes, gate
from tests.workspace import Site

pytestmark = pytest.mark.real

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Chart.Name }}}
spec:
  template:
    spec:
      containers:
        - name: main
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
        {{- with .Values.redis }}
        - {name: redis, image: "{{ .image.repository }}:{{ .image.tag }}"}
        {{- end }}
"""
APPLICATION = """\
{{- if .Values.applications.NAME }}
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: NAME}
spec:
  destination: {namespace: NAME}
  source:
    path: applications/NAME
    helm:
      valueFiles: ["values.yaml", "values-{{ .Values.name }}.yaml"]
{{- end }}
"""

made = read.made


@pytest.fixture
def site(made: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    copied = made.copy(tmp_path / "site")
    helm = go_tool("helm", "helm.sh/helm/v3/cmd/helm")
    programs = tmp_path / "bin"
    programs.mkdir()
    # It writes down what it is asked.
    (programs / "helm").write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\nexec {helm} "$@"\n')
    (programs / "helm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("CI", "true")
    tree = copied.root / "tree"
    for name in ("portal", "tap"):
        for file, text in (
            (f"environments/templates/{name}.yaml", APPLICATION.replace("NAME", name)),
            (f"applications/{name}/templates/deployment.yaml", DEPLOYMENT),
        ):
            (tree / file).parent.mkdir(parents=True, exist_ok=True)
            (tree / file).write_text(text)
    git(tree, "add", "--all")
    git(tree, "commit", "-qm", "Templates")
    git(tree, "checkout", "-qb", "feature")
    return copied


def asked(tmp_path: Path) -> list[str]:
    """The releases that Helm was asked to render."""
    found = (tmp_path / "asked").read_text().splitlines()
    return [line.split(" -- ")[1].split()[0] for line in found]


def test_each_container_has_the_image_that_helm_gives_it(site: Site, tmp_path: Path) -> None:
    read.change(site, "applications/portal/Chart.yaml", 'appVersion: "1.5.0"', 'appVersion: "1.6.0"')
    code, answer = gate(site)
    (image,) = answer["images"]
    assert (image["kind"], image["name"], image["container"]) == ("Deployment", "portal", "main")
    assert (image["previous"], image["image"]) == ("images/portal:1.5.0", "images/portal:1.6.0")
    assert (code, image["release"], image["verdict"]) == (0, "portal/1.6.0", "allowed")
    assert {"file": "applications/portal/Chart.yaml", "line": 4, "path": "appVersion"} in image["parts"]


def test_nothing_is_rendered_that_the_change_does_not_touch(site: Site, tmp_path: Path) -> None:
    read.change(site, "applications/tap/values-dev.yaml", "tag: 2.1.0", "tag: 2.0.0")
    assert gate(site)[0] == 0
    assert set(asked(tmp_path)) == {"dev", "tap"}
    # Each tree's applications once, and with sentinels; the chart of before, of after, and with sentinels.
    assert asked(tmp_path).count("tap") == 3
    assert asked(tmp_path).count("dev") <= 3


def test_a_template_that_changes_says_what_containers_get(site: Site) -> None:
    """No value changes, and the image does."""
    file = "applications/tap/templates/deployment.yaml"
    read.change(
        site, file, ":{{ .Values.image.tag | default .Chart.AppVersion }}", ":{{ .Values.image.tag }}-debug"
    )
    code, answer = gate(site)
    assert {(each["place"], each["image"]) for each in answer["images"]} == {
        ("dev/tap", "images/tap:2.1.0-debug"),
        ("prod/tap", "images/tap:2.0.0-debug"),
    }
    assert code == 1
    assert codes(answer) <= {"absent-tag", "unreadable-tag"}


def test_a_chart_that_cannot_be_rendered_any_more_leaves_the_gate_shut(site: Site) -> None:
    read.change(site, "applications/tap/templates/deployment.yaml", "{{- end }}", "")
    code, answer = gate(site)
    assert (code, answer["verdict"]) == (3, "undecided")
    assert {each["code"] for each in answer["unreadable"]} == {"not-understood"}


def test_what_the_setting_says_and_a_container_does_not_get_is_decided_as_well(site: Site) -> None:
    """Somebody writes the tag into the template: the setting's new tag is only what it says."""
    file = "applications/tap/templates/deployment.yaml"
    path = site.root / "tree" / file
    path.write_text(path.read_text().replace("{{ .Values.image.tag | default .Chart.AppVersion }}", "9.9.9"))
    read.change(site, "applications/tap/values-dev.yaml", "tag: 2.1.0", "tag: 2.0.0")
    code, answer = gate(site)
    found = {each["image"]: each["verdict"] for each in answer["images"] if each["place"] == "dev/tap"}
    assert found == {"2.0.0": "allowed", "images/tap:9.9.9": "refused"}
    assert code == 1
