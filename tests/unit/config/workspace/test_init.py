"""A new workspace reads clean, belongs to its owner, and never takes the place of anything."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldmrelease.config.workspace.init import SAMPLES, default_policies, default_policy_cases, init_workspace
from ldmrelease.config.workspace.lint import lint
from ldmrelease.config.workspace.load import load_workspace
from ldmrelease.config.yaml.problems import BadInput
from ldmrelease.domain.targets import GitFile, ImageSettingsTarget
from ldmrelease.domain.topology import Place
from ldmrelease.targets.yamledit.edit_settings import read_settings
from ldmrelease.trust.signer import load_signer
from tests.workspace import agree_workspace, own_hosts

AT = datetime(2023, 4, 1, tzinfo=UTC)


@contextmanager
def repository(folder: Path) -> Iterator[None]:
    """Make a folder a git repository for a while."""
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    yield
    shutil.rmtree(folder / ".git")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


@pytest.fixture(scope="module")
def rubin(tmp_path_factory):
    return init_workspace(tmp_path_factory.mktemp("rubin"), "rubin", AT, person="alice@example.org")


@pytest.mark.parametrize("sample", [None, *SAMPLES])
def test_it_lints_clean_and_tells_all_that_it_wrote(sample, tmp_path):
    made = init_workspace(tmp_path / "new" / "folder", sample, AT)
    (made.file.parent / "ledger.db").touch()
    made.file.write_text(own_hosts(made.file.read_text()))
    agree_workspace(made.file.parent)
    # Persons of the board come later: that there are none yet is a notice.
    trees = [each.found for each in lint(made.file) if not each.notice]
    # What the sample has for a tree is to become a repository, or to be replaced by one.
    assert trees == (['"gitops"'] * len(trees) if sample == "rubin" else [])
    with repository(made.file.parent / "gitops") if trees else nullcontext():
        assert all(each.notice for each in lint(made.file))
    (made.file.parent / "ledger.db").unlink()
    assert {str(each.relative_to(made.file.parent)) for each in made.written} == set(
        contents(made.file.parent)
    )


def test_the_sample_places_the_sites_at_their_levels(rubin):
    topology = load_workspace(rubin.file).topology
    environments = {
        level: {each.environment for each in topology.level_places(level)}
        for level in ("development", "commissioning", "production", "jupyterlab")
    }
    assert environments["development"] == {
        "usdfdev",
        "usdfint",
        "tucson-teststand",
        "usdfdev-prompt-processing",
    }
    assert environments["commissioning"] == {"base", "summit"}
    assert environments["production"] == {"usdfprod", "usdf-cm", "usdfprod-prompt-processing"}
    assert {"idfdev", "idfint", "idfprod", "summit"} < environments["jupyterlab"]


def test_every_setting_that_the_sample_writes_is_in_its_tree(rubin):
    workspace = load_workspace(rubin.file)
    for application in workspace.topology.applications:
        target = application.target
        where = target.location
        assert isinstance(where, GitFile)
        data = (workspace.root / where.repository / where.file).read_bytes()
        if isinstance(target, ImageSettingsTarget):
            paths = [each.path for each in target.settings]
        else:
            keys = ("numReleases", "numWeeklies", "numDailies", "pin", *target.aliases.values())
            paths = [f"{target.path}.{key}" for key in keys]
        assert isinstance(read_settings(data, paths, where.file), dict), where.file


def test_every_key_is_its_owners_alone_and_the_trust_document_has_its_public_half(rubin):
    workspace = load_workspace(rubin.file)
    for purpose, path in workspace.keys.items():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, purpose
        assert workspace.keyring.find(load_signer(path).keyid) is not None, purpose
    assert workspace.keyring.named("me").person == "alice@example.org"
    assert workspace.keyring.named("me").not_before == AT


def test_a_receipt_key_speaks_for_the_environments_of_its_level_alone(rubin):
    workspace = load_workspace(rubin.file)
    (role,) = workspace.keyring.roles_of(workspace.keyring.named("receipts-commissioning"))
    assert (role.types, role.environments) == (("receipt",), ("base", "summit"))


def test_the_smoke_test_of_the_sample_passes_for_a_release_with_images_and_fails_without(rubin):
    check = load_workspace(rubin.file).topology.check("smoke")
    path = {"PATH": os.environ["PATH"]}
    told = {**path, "LDMRELEASE_TAG": "w.2023.16", "LDMRELEASE_IMAGE_SCIPIPE": "oci:images/scipipe@sha256:00"}
    good = subprocess.run(
        check.command, cwd=rubin.file.parent, env=told, capture_output=True, text=True, check=False
    )
    bad = subprocess.run(
        check.command, cwd=rubin.file.parent, env=path, capture_output=True, text=True, check=False
    )
    assert good.stdout.splitlines() == [f"ok - {test}" for test in check.tests]
    assert bad.stdout.splitlines() == [f"not ok - {test}" for test in check.tests]
    assert (good.returncode, bad.returncode) == (0, 1)


def test_the_summit_is_after_the_base_and_the_test_stand_is_a_development_system(rubin):
    workspace = load_workspace(rubin.file)
    commissioning = workspace.levels["commissioning"]
    assert workspace.topology.application(Place("base", "ocps")).level == "commissioning"
    wanted = {
        environment: {each.parameters.get("environment") for each in commissioning.at(environment).enter}
        for environment in ("base", "summit")
    }
    assert wanted["base"] == {None}
    assert workspace.topology.application(Place("tucson-teststand", "ocps")).level == "development"
    assert "base" in wanted["summit"]


def test_policies_are_copied_byte_for_byte(rubin):
    cases = {f"tests/{name}": data for name, data in default_policy_cases().items()}
    assert contents(rubin.file.parent / "policies") == default_policies() | cases


def test_a_folder_with_a_workspace_is_refused_and_stays_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    init_workspace(tmp_path, None, AT)
    before = contents(tmp_path)
    with pytest.raises(
        BadInput, match=r"^ldmrelease.yaml: there is a workspace already; choose another folder$"
    ):
        init_workspace(tmp_path, "rubin", AT)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["trust.yaml", "policies/production.yaml", "keys/mine.pem", ".gitignore"])
def test_nothing_is_overwritten_and_nothing_else_written(name, tmp_path):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(BadInput, match="nothing is overwritten"):
        init_workspace(tmp_path, "rubin", AT)
    assert contents(tmp_path) == {name: b"mine"}


def test_an_unknown_sample_is_refused_with_those_that_are_known(tmp_path):
    with pytest.raises(BadInput, match="no sample 'ruby'; did you mean rubin"):
        init_workspace(tmp_path / "new", "ruby", AT)
    assert not (tmp_path / "new").exists()


def test_a_role_that_no_policy_names_is_left_out_of_a_samples_trust_document(tmp_path):
    init_workspace(tmp_path, "simple", AT)
    trust = (tmp_path / "trust.yaml").read_text()
    assert "roles: [release-manager]" in trust
    assert "commissioning-manager" not in trust
