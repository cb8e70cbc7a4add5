"""Trees rendered by a real Helm: container by container what it prints, and the lines that decide each image."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ldmrelease.trees.files import Folder
from ldmrelease.trees.interface import NotUnderstood, Programs, TreeFinding, TreeImage
from ldmrelease.trees.layouts import phalanx
from tests.real.gotools import go_tool
from tests.unit.trees.tree_samples import write_tree

pytestmark = pytest.mark.real


@pytest.fixture(scope="session")
def helm() -> str:
    return str(go_tool("helm", "helm.sh/helm/v3/cmd/helm"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree")


def rendered(tree: Path, helm: str, environment: str) -> list[TreeFinding]:
    work = tree.parent / "work"
    work.mkdir(exist_ok=True)
    found = phalanx.render(Folder(tree), [environment], Programs(work, os.environ, helm))
    assert found is not None
    return list(found)


def images(found: list[TreeFinding]) -> dict[str, TreeImage]:
    return {
        f"{each.application} {each.kind}/{each.name} {each.container}": each
        for each in found
        if isinstance(each, TreeImage)
    }


def test_each_container_has_the_image_that_helm_prints(tree: Path, helm: str) -> None:
    assert {name: each.image for name, each in images(rendered(tree, helm, "summit")).items()} == {
        "auxtel Job/ataos init": "example.org/init:1",
        "auxtel Job/ataos csc": "example.org/ataos:c0042.004",
        "auxtel Job/atdome init": "example.org/init:1",
        "auxtel Job/atdome csc": "example.org/atdome:c0042.000",
    }
    assert {name: each.image for name, each in images(rendered(tree, helm, "base")).items()} == {
        "auxtel Job/ataos init": "example.org/init:1",
        "auxtel Job/ataos csc": "example.org/ataos:c0044",
        "lab Deployment/lab init": "example.org/init:3",
        "lab Deployment/lab controller": "example.org/lab:9.1.0",
        "lab Deployment/lab proxy": "example.org/proxy:1.4",
    }


def test_the_lines_that_decide_an_image_are_found_across_files(tree: Path, helm: str) -> None:
    found = images(rendered(tree, helm, "summit"))["auxtel Job/ataos csc"]
    assert [(each.file, each.line, each.printed()) for each in found.parts] == [
        ("applications/auxtel/values-summit.yaml", 3, "example.org/ataos"),
        ("environments/values-summit.yaml", 6, "c0042"),
        ("applications/auxtel/values-summit.yaml", 4, "4"),
    ]
    found = images(rendered(tree, helm, "base"))["lab Deployment/lab controller"]
    assert [(each.file, each.line) for each in found.parts] == [
        ("applications/lab/values.yaml", 2),
        ("applications/lab/Chart.yaml", 4),
    ]


@pytest.mark.parametrize("environment", ["base", "summit"])
def test_reading_without_helm_says_the_same_where_values_decide(
    tree: Path, helm: str, environment: str
) -> None:
    # What stands in a template alone is known to Helm alone; so is what it has no template for.
    rendered_images = {
        each.image for each in images(rendered(tree, helm, environment)).values() if each.parts
    }
    read = {each.image for each in phalanx.read(Folder(tree), [environment]) if isinstance(each, TreeImage)}
    assert rendered_images <= read


def test_a_chart_that_does_not_render_is_told_and_read(tree: Path, helm: str) -> None:
    template = tree / "applications/lab/templates/pod.yaml"
    template.write_text(template.read_text() + '---\n{{ required "a host is needed" .Values.host }}\n')
    found = rendered(tree, helm, "base")
    assert [(each.where, each.application) for each in found if isinstance(each, NotUnderstood)] == [
        ("applications/lab", "lab")
    ]
    assert "a host is needed" in next(each.reason for each in found if isinstance(each, NotUnderstood))
    assert {each.image for each in found if isinstance(each, TreeImage) and each.application == "lab"} == {
        "example.org/lab:9.1.0",
        "example.org/proxy:1.4",
        "example.org/init:3",
    }
    assert "auxtel Job/ataos csc" in images(found)


def test_the_tree_is_not_touched(tree: Path, helm: str) -> None:
    before = {each: each.read_bytes() for each in tree.rglob("*") if each.is_file()}
    rendered(tree, helm, "summit")
    assert {each: each.read_bytes() for each in tree.rglob("*") if each.is_file()} == before


def test_parameters_are_taken_as_argo_cd_takes_them(tree: Path, helm: str) -> None:
    # A comma would begin another parameter; a list of Helm's stays as it is.
    values = tree / "environments/values-summit.yaml"
    values.write_text(values.read_text().replace('"c0042"', '"c0042,x=y"'))
    found = images(rendered(tree, helm, "summit"))["auxtel Job/ataos csc"]
    assert found.image == "example.org/ataos:c0042,x=y.004"
    version = subprocess.run([helm, "version", "--short"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("v3.")


def test_what_has_not_changed_is_not_rendered_again(tree: Path, helm: str, tmp_path: Path) -> None:
    counted = tmp_path / "counted"
    program = tmp_path / "helm"
    program.write_text(f'#!/bin/sh\necho . >> {counted}\nexec {helm} "$@"\n')
    program.chmod(0o755)
    programs = Programs(tmp_path / "work", os.environ, str(program), cache=tmp_path / "cache")

    def times() -> tuple[int, dict[str, TreeImage]]:
        counted.write_text("")
        found = phalanx.render(Folder(tree), ["summit"], programs)
        assert found is not None
        made = images(list(found))
        return len(counted.read_text().splitlines()), made

    first, before = times()
    assert (first, times()) == (2, (0, before))
    # Another cycle has the same sentinel; but the chart of environments, which has it among its files, is another.
    values = tree / "environments/values-summit.yaml"
    values.write_text(values.read_text().replace("c0042", "c0043"))
    again, after = times()
    assert again == 1
    assert after["auxtel Job/ataos csc"].image == "example.org/ataos:c0043.004"
    # Another revision is another number, and templates format those.
    own = tree / "applications/auxtel/values-summit.yaml"
    own.write_text(own.read_text().replace("revision: 4", "revision: 5"))
    again, after = times()
    assert again == 1
    assert after["auxtel Job/ataos csc"].image == "example.org/ataos:c0043.005"
    # A template that changes is rendered.
    template = tree / "charts/csc/templates/job.yaml"
    template.write_text(template.read_text().replace("init:1", "init:2"))
    assert times()[1]["auxtel Job/ataos init"].image == "example.org/init:2"


def test_a_literal_in_a_template_is_found_in_its_text(tree: Path, helm: str) -> None:
    base, summit = (images(rendered(tree, helm, each)) for each in ("base", "summit"))
    for found, file in (
        (summit["auxtel Job/atdome init"], "charts/csc/templates/job.yaml"),
        (summit["auxtel Job/ataos init"], "charts/csc/templates/job.yaml"),
    ):
        assert found.parts == ()
        assert found.template is not None
        assert found.template.file == file
        line = (tree / file).read_text().splitlines()[found.template.line - 1]
        assert (found.image or "nothing") in line
    assert base["lab Deployment/lab controller"].template is None


@pytest.mark.parametrize("cut", ["trunc 3", "trunc 5", "substr 0 3", "trunc -3"])
def test_what_a_template_cuts_has_the_image_that_helm_prints_and_is_not_judged(
    tree: Path, helm: str, cut: str
) -> None:
    template = tree / "applications/lab/templates/pod.yaml"
    text = template.read_text() + "---\n" + CUTTING.replace("CUT", cut)
    template.write_text(text)
    values = tree / "applications/lab/values.yaml"
    values.write_text(
        values.read_text() + "cutter:\n  image: {repository: example.org/cutter, tag: 1.25.3}\n"
    )
    found = rendered(tree, helm, "base")
    ours = images(found)["lab Pod/cutter cutter"]
    said = {"trunc 3": "1.2", "trunc 5": "1.25.", "substr 0 3": "1.2", "trunc -3": "5.3"}[cut]
    assert (ours.image, ours.parts) == (f"example.org/cutter:{said}", ())
    (note,) = (each for each in found if isinstance(each, NotUnderstood))
    assert note.where == "applications/lab/templates/pod.yaml"
    assert note.line is not None
    assert cut in text.splitlines()[note.line - 1]
    assert "is not judged" in note.reason
    # All the others are known as before.
    assert images(found)["lab Deployment/lab controller"].parts


CUTTING = """\
apiVersion: v1
kind: Pod
metadata: {name: cutter}
spec:
  containers:
    - name: cutter
      image: "{{ .Values.cutter.image.repository }}:{{ .Values.cutter.image.tag | CUT }}"
"""
