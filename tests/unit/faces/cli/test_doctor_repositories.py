"""`doctor` asks the servers of the repositories that are written whether they take a push, and moves nothing."""

import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.domain.gitops import GitOps, GitOpsRules
from ldmrelease.forges.interface import BranchRules
from ldmrelease.services.operations import repository_rules
from ldmrelease.services.operations.repository_rules import RepositoryFinding, repository_findings
from ldmrelease.targets.results import Refusal
from tests.real.gitops.site import git
from tests.workspace import Site


@pytest.fixture
def bare(ready: Site, tmp_path: Path) -> Path:
    """The tree as a server has it; the workspace names that one."""
    bare = tmp_path / "gitops.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(ready.root / "gitops"), str(bare)], check=True)
    file = ready.root / "ldmrelease.yaml"
    file.write_text(file.read_text().replace("repository: gitops\n", f"repository: {bare.as_uri()}\n"))
    return bare


def test_a_server_is_asked_once_for_each_branch_and_nothing_is_sent(ready: Site, bare: Path) -> None:
    before = git(bare, "for-each-ref")
    assert _found(ready) == [RepositoryFinding(f"repository {bare.as_uri()}")]
    git(bare, "config", "receive.advertiseAtomic", "false")
    (found,) = _found(ready)
    assert isinstance(found.trouble, Refusal)
    assert found.trouble.code == "no-atomic-push"
    (complied,) = _found(ready, GitOpsRules(atomic=False))
    assert complied == RepositoryFinding(f"repository {bare.as_uri()}")
    assert git(bare, "for-each-ref") == before
    assert "atomic: false" in ready.run("doctor").output


@pytest.mark.parametrize(
    ("asked", "rules", "expected"),
    [
        (BranchRules(protected=True), GitOpsRules(), ["propose"]),
        (BranchRules(protected=True), GitOpsRules("gitea"), []),
        (BranchRules(protected=True, signed=True), GitOpsRules(), ["propose", "sign: true"]),
        (BranchRules(signed=True), GitOpsRules("gitea", sign=True), []),
        (BranchRules(), GitOpsRules(), []),
    ],
)
def test_what_a_forge_says_is_told_with_what_complies(
    ready: Site,
    bare: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: BranchRules,
    rules: GitOpsRules,
    expected: list[str],
) -> None:
    monkeypatch.setattr(repository_rules, "_branch_rules", lambda *_: asked)
    found = [each for each in _found(ready, rules) if each.message and each.what.startswith("repository ")]
    assert [
        each.remedy.removeprefix("write ").partition(" under ")[0].split(": g")[0] for each in found
    ] == expected
    assert all("main" in each.message for each in found)


def _found(site: Site, rules: GitOpsRules | None = None) -> list[RepositoryFinding]:
    context = site.context()
    if rules is not None:
        context.workspace = replace(context.workspace, gitops=GitOps(rules))
    with context.ledger:
        return list(repository_findings(context))


def test_a_forge_without_a_token_or_a_repository_there_is_told(ready: Site, bare: Path) -> None:
    assert bare.exists()
    forge, server = _found(ready, GitOpsRules("gitea"))
    assert forge.what.startswith("forge of ")
    assert "is not a repository of a forge" in forge.message
    assert not server.message
    assert len(_found(ready, GitOpsRules("branch"))) == 1
