"""Trees adopted with a real Helm and a real Kustomize: what is covered, container by container."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldmrelease.services.adoption.model import TreeProposal
from ldmrelease.services.adoption.proposal import propose
from ldmrelease.services.adoption.survey import survey
from ldmrelease.services.inventory.tree_images import DesiredTree
from ldmrelease.trees.files import Folder
from tests.real.gotools import go_tool
from tests.unit.services.adoption.test_proposal import KUSTOMIZE
from tests.unit.trees.tree_samples import write_tree

pytestmark = pytest.mark.real


@pytest.fixture(scope="session")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("bin")
    (folder / "helm").symlink_to(go_tool("helm", "helm.sh/helm/v3/cmd/helm"))
    (folder / "kustomize").symlink_to(go_tool("kustomize", "sigs.k8s.io/kustomize/kustomize/v5"))
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def adopted(tree: Path, environ: dict[str, str], *, render: bool = True) -> tuple[DesiredTree, TreeProposal]:
    found = survey(Folder(tree), environ, render=render, shape=None)
    assert isinstance(found, DesiredTree)
    return found, propose(Folder(tree), found, {})


def selectors(proposal: TreeProposal) -> set[tuple[str, str, str, tuple[object, ...]]]:
    return {
        (site.name, each.name, one.component, one.selector.parts)
        for site in proposal.environments
        for each in site.applications
        for one in each.settings
    }


def test_what_values_decide_is_written_where_reading_finds_it(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    tree = write_tree(tmp_path / "tree")
    found, rendered = adopted(tree, environ)
    assert found.rendered
    assert {each.reason for each in rendered.uncovered} == {"its tag stands in a template, not in values"}
    in_templates = {"example.org/init:1", "example.org/proxy:1.4"}
    assert {each.image.image for each in rendered.uncovered} == in_templates
    assert rendered.covered == sum(each.image not in in_templates for each in found.images)
    _, read = adopted(tree, environ, render=False)
    assert selectors(rendered) <= selectors(read)


def test_a_kustomization_is_covered_as_it_is_built(tmp_path: Path, environ: dict[str, str]) -> None:
    for name, text in KUSTOMIZE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found, rendered = adopted(tmp_path, environ)
    assert found.rendered
    assert (rendered.covered, rendered.images) == (2, 2)
    assert selectors(rendered) == selectors(adopted(tmp_path, environ, render=False)[1])


def test_a_chart_that_does_not_render_is_told_and_read(tmp_path: Path, environ: dict[str, str]) -> None:
    tree = write_tree(tmp_path / "tree")
    template = tree / "applications/lab/templates/pod.yaml"
    template.write_text(template.read_text() + '---\n{{ required "a host is needed" .Values.host }}\n')
    found, rendered = adopted(tree, environ)
    assert [each.where for each in found.not_understood] == ["applications/lab"]
    assert any(each.name == "lab" for site in rendered.environments for each in site.applications)
