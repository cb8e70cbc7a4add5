"""A sample that nobody has edited is told once, with what to edit."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldmrelease.config.workspace.init import init_workspace
from ldmrelease.config.workspace.lint import lint
from ldmrelease.config.yaml.problems import Problem
from tests.workspace import agree_workspace, own_hosts

AT = datetime(2023, 4, 20, tzinfo=UTC)


def linted(file: Path) -> tuple[Problem, ...]:
    agree_workspace(file.parent)
    (file.parent / "ledger.db").touch()
    return lint(file)


@pytest.mark.parametrize(
    ("sample", "hosts", "fields"),
    [
        (
            "simple",
            "oci.example.com and git.example are names",
            ("releases", "products.shop.components.api.image", "target.gitops.repository"),
        ),
        (
            "kubernetes",
            "registry.example and registry.summit.example are names",
            ("releases", "products.stack.components.scipipe.image"),
        ),
    ],
)
def test_an_unedited_sample_is_one_finding_that_names_what_to_edit(
    sample: str, hosts: str, fields: tuple[str, ...], tmp_path: Path
) -> None:
    file = init_workspace(tmp_path, sample, AT).file
    (found,) = linted(file)
    assert hosts in found.message
    assert all(each in found.remedy for each in fields)
    assert (found.file, found.field, found.line) == (str(file), "releases", 9)


def test_what_is_left_of_it_is_named_where_it_stands(tmp_path: Path) -> None:
    file = init_workspace(tmp_path, "simple", AT).file
    text = file.read_text()
    file.write_text(text.replace("oci.example.com", "oci.shop.internal"))
    (found,) = linted(file)
    assert "git.example is a name reserved for examples" in found.message
    assert found.field == "environments.dev.applications.shop.target.gitops.repository"
    file.write_text(own_hosts(text))
    assert linted(file) == ()


@pytest.mark.parametrize(
    "host",
    [
        "ghcr.io/lsst-sqre",
        "localhost:5000",
        "example.acme.io",
        "myexample.com",
        "test-registry:5000",
        "127.0.0.1",
    ],
)
def test_a_host_that_somebody_can_have_is_none(host: str, tmp_path: Path) -> None:
    file = init_workspace(tmp_path, "simple", AT).file
    file.write_text(own_hosts(file.read_text()).replace("registry.shop.internal", host))
    assert linted(file) == ()


@pytest.mark.parametrize("host", ["registry.example.org", "EXAMPLE.com:5000", "r.invalid", "git@git.test"])
def test_a_name_that_is_reserved_for_examples_is_one(host: str, tmp_path: Path) -> None:
    file = init_workspace(tmp_path, "simple", AT).file
    text = own_hosts(file.read_text())
    file.write_text(text.replace("releases: registry.shop.internal", f"releases: {host}", 1))
    found = [each for each in linted(file) if "name reserved for examples" in each.message]
    assert len(found) == 1
