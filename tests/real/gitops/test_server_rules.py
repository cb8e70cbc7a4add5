"""Servers of git with rules: who commits are by, sign-offs, and no push of several refs together."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.domain.gitops import GitOps, GitOpsRules
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access, Connections
from ldmrelease.targets.fence import WriteGrant
from ldmrelease.targets.git.commits import Identity
from ldmrelease.targets.results import Refusal, Written
from tests.real.gitops.settings import AFTER, BEFORE, OURS
from tests.real.gitops.site import FENCE, VALUES, Promoter, git, show, target

pytestmark = pytest.mark.real

ROBOT = Identity("Robot", "robot@lsst.org")
# What push rules of GitLab do, in their words.
PUSH_RULES = """\
#!/bin/sh
while read old new ref; do
  for each in $(git rev-list "$new" --not --all); do
    mail=$(git show -s --format=%ce "$each")
    case "$mail" in *@lsst.org) ;; *)
      echo "GitLab: Committer's email '$mail' does not follow the pattern '@lsst.org$'" >&2; exit 1;; esac
    git show -s --format=%B "$each" | grep -q '^Signed-off-by: ' || {
      echo "GitLab: Commit message must contain a DCO signoff" >&2; exit 1; }
  done
done
"""


def _hook(bare: Path, name: str, text: str) -> None:
    hook = bare / "hooks" / name
    hook.write_text(text)
    hook.chmod(0o755)


def _grant(**changes: object) -> WriteGrant:
    grant = Promoter().grant()
    return replace(grant, note=replace(grant.note, **changes))


def test_rules_about_commits_are_said_one_by_one_and_can_be_complied_with(bare: Path, access: Access) -> None:
    _hook(bare, "pre-receive", PUSH_RULES)
    here = target(bare.as_uri())
    codes = []
    for changes in ({}, {"committer": ROBOT}):
        refusal = registry.claim(here, access, _grant(**changes))
        assert isinstance(refusal, Refusal)
        codes.append(refusal.code)
    assert codes == ["committer-rule", "not-signed-off"]
    assert git(bare, "for-each-ref", "refs/ldmrelease") == ""
    comply = _grant(committer=ROBOT, signed_off=True)
    assert isinstance(registry.claim(here, access, comply), Written)
    assert isinstance(registry.write(here, OURS, access, expect=BEFORE, grant=comply), Written)
    assert show(bare) == AFTER


def test_a_server_that_moves_one_ref_at_a_time_is_said_and_complied_with(bare: Path, tmp_path: Path) -> None:
    git(bare, "config", "receive.advertiseAtomic", "false")
    here = target(bare.as_uri())
    refusal = registry.claim(here, Access(tmp_path), Promoter().grant())
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no-atomic-push"
    access = _in_turn(tmp_path)
    assert isinstance(registry.claim(here, access, Promoter().grant()), Written)
    written = registry.write(here, OURS, access, expect=BEFORE, grant=Promoter().grant(size=9))
    assert isinstance(written, Written)
    assert (show(bare), git(bare, "rev-parse", "main")) == (AFTER, written.revision)
    late = registry.write(here, BEFORE, access, expect=OURS, grant=Promoter(epoch=3).grant())
    assert isinstance(late, Refusal)
    assert late.code == "fenced"


@pytest.mark.parametrize("push", [1, 2])
def test_a_claim_between_two_pushes_is_noticed(bare: Path, tmp_path: Path, push: int) -> None:
    git(bare, "config", "receive.advertiseAtomic", "false")
    here, pushes = target(bare.as_uri()), []

    def rival(phase: str, what: str) -> None:
        if (phase, what) != ("before", "push"):
            return
        pushes.append(what)
        if len(pushes) == push:
            other = Promoter(epoch=11, promotion="p-2").grant()
            assert isinstance(registry.claim(here, _in_turn(tmp_path / "other"), other), Written)

    (tmp_path / "other").mkdir()
    found = registry.write(here, OURS, _in_turn(tmp_path, rival), expect=BEFORE, grant=Promoter().grant())
    assert isinstance(found, Refusal)
    # Before the fence has moved nothing was written; afterwards the commit is there, and it is said.
    assert (found.code, show(bare)) == (("fenced", VALUES) if push == 1 else ("overtaken-push", AFTER))
    if push == 2:
        assert found.values["commit"] == git(bare, "rev-parse", "main")


def test_another_branch_than_main_and_the_default_is_named_where_one_is_not_there(
    tree: Path, bare: Path, access: Access
) -> None:
    for repository in (tree, bare):
        git(repository, "branch", "-m", "main", "deployed")
    for spec in ("conf", bare.as_uri()):
        refusal = registry.claim(target(spec), access, Promoter().grant())
        assert isinstance(refusal, Written), "a fence needs no branch"
        missing = registry.read(target(spec), access)
        assert isinstance(missing, Refusal)
        assert (missing.code, missing.values["default"]) == ("no-branch", "deployed")
        here = target(spec)
        here = replace(here, location=replace(here.location, branch="deployed"))
        assert isinstance(
            registry.write(here, OURS, access, expect=BEFORE, grant=Promoter().grant()), Written
        )
    assert {show(each, revision="deployed") for each in (tree, bare)} == {AFTER}
    assert git(bare, "rev-parse", FENCE)


def _in_turn(root: Path, observer: object = None) -> Access:
    gitops = GitOps(GitOpsRules(atomic=False))
    return Access(root, observer, Connections(root, observer, gitops))
