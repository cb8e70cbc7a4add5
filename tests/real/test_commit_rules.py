"""The workspace asks for signed commits: planning says where git cannot sign, and what is promoted git verifies."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.real.gitops.site import git
from tests.real.parts import require
from tests.unit.faces.cli.conftest import ready, ready_once, template  # noqa: F401 - fixtures
from tests.workspace import PLACE, WEEKLY, Site

pytestmark = pytest.mark.real

RULES = 'gitops: {sign: true, sign-off: true, committer: "Robot <robot@example.org>"}\n'


def test_planning_says_that_git_cannot_sign_and_a_promotion_is_signed(
    ready: Site,  # noqa: F811 - the fixture
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    require("ssh-keygen", "apt install openssh-client")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GNUPGHOME", str(home))
    file = ready.root / "ldmrelease.yaml"
    file.write_text(file.read_text() + RULES)
    tree = ready.root / "gitops"
    before = git(tree, "for-each-ref")
    for words in (("--dry-run",), ("--yes",)):
        done = ready.run("promote", WEEKLY, "--target", "usdfdev", *words)
        assert done.exit_code == 1, done.output
        assert "git cannot sign a commit of robot@example.org" in done.output
    looked = ready.run("doctor")
    assert "git cannot sign a commit of robot@example.org" in looked.output
    assert git(tree, "for-each-ref") == before
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / "key")], check=True)
    (home / "allowed").write_text(f"robot@example.org {(home / 'key.pub').read_text()}")
    (home / ".gitconfig").write_text(
        f'[gpg]\n\tformat = ssh\n[gpg "ssh"]\n\tallowedSignersFile = {home}/allowed\n'
        f"[user]\n\tsigningkey = {home}/key.pub\n"
    )
    done = ready.run("promote", WEEKLY, "--target", PLACE, "--yes", "--output", "json")
    assert done.exit_code in (0, 4), done.output
    assert json.loads(done.stdout)
    for ref in ("main", f"refs/ldmrelease/{PLACE}"):
        git(tree, "verify-commit", ref)
        told = git(tree, "show", "-s", "--format=%cn <%ce>|%an|%(trailers:key=Signed-off-by,valueonly)", ref)
        committer, author, signed_off = told.strip().split("|")
        assert committer == "Robot <robot@example.org>"
        assert signed_off.startswith(f"{author} <")
