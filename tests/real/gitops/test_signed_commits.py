"""Commits that git signs and git verifies, with real keys of ssh and of OpenPGP, and a server that takes no others."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from ldmrelease.domain.topology import Place
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access
from ldmrelease.targets.fence import WriteGrant
from ldmrelease.targets.git.commits import Identity
from ldmrelease.targets.git.signed_commits import signing_refusal
from ldmrelease.targets.results import Refusal, Written
from ldmrelease.targets.stores import git_proposals
from tests.real.gitops.settings import BEFORE, OURS
from tests.real.gitops.site import FENCE, Promoter, git, show, target
from tests.real.parts import require

pytestmark = pytest.mark.real

ROBOT = Identity("Robot", "robot@example.org")
# What a server with required signatures does: every new commit of every ref is verified by git.
ONLY_SIGNED = """\
#!/bin/sh
while read old new ref; do
  for each in $(git rev-list "$new" --not --all); do
    git verify-commit "$each" || { echo "Commits must have verified signatures." >&2; exit 1; }
  done
done
"""


def _ssh(home: Path) -> str:
    require("ssh-keygen", "apt install openssh-client")
    key = home / "signing"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    allowed = home / "allowed"
    allowed.write_text(f"robot@example.org {key.with_suffix('.pub').read_text()}")
    return f'[gpg]\n\tformat = ssh\n[gpg "ssh"]\n\tallowedSignersFile = {allowed}\n[user]\n\tsigningkey = {key}.pub\n'


def _openpgp(home: Path) -> str:
    require("gpg", "apt install gpg gpg-agent")
    options = ["--batch", "--pinentry-mode", "loopback", "--passphrase", ""]
    made = ["--quick-generate-key", "Robot <robot@example.org>", "ed25519", "sign", "never"]
    subprocess.run(["gpg", *options, *made], check=True, capture_output=True)
    return "[user]\n\tsigningkey = robot@example.org\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's home without anything of git; its agent of OpenPGP ends with the test."""
    home = tmp_path / "h"
    (home / ".gnupg").mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GNUPGHOME", str(home / ".gnupg"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    yield home
    subprocess.run(["gpgconf", "--kill", "all"], check=False, capture_output=True)


@pytest.fixture
def server(bare: Path) -> Path:
    """A server that takes signed commits alone."""
    hook = bare / "hooks" / "pre-receive"
    hook.write_text(ONLY_SIGNED)
    hook.chmod(0o755)
    return bare


@pytest.mark.parametrize("key", [_ssh, _openpgp])
def test_git_signs_and_verifies_what_a_server_takes_only_signed(
    key: Callable[[Path], str], home: Path, server: Path, access: Access
) -> None:
    here = target(server.as_uri())
    unsigned = registry.claim(here, access, Promoter().grant())
    assert isinstance(unsigned, Refusal)
    assert (unsigned.code, unsigned.values["found"]) == (
        "unsigned-commit",
        "Commits must have verified signatures.",
    )
    (home / ".gitconfig").write_text(key(home))
    signed = _signed()
    assert isinstance(registry.claim(here, access, signed), Written)
    assert isinstance(registry.write(here, OURS, access, expect=BEFORE, grant=signed), Written)
    for ref in ("main", FENCE):
        git(server, "verify-commit", ref)
    told = git(server, "show", "-s", "--format=%an|%cn <%ce>|%(trailers:key=Signed-off-by,valueonly)", "main")
    assert told.strip() == "Kim|Robot <robot@example.org>|Kim <kim@example.org>"
    assert "w_2023_16" in show(server)
    git(server, "fsck", "--strict")


def test_who_has_no_key_that_signs_is_told_before_anything_is_written(
    home: Path, tree: Path, access: Access
) -> None:
    (home / ".gitconfig").write_text(f"[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = {home}/nowhere.pub\n")
    before = _everything(tree)
    repository = access.repository("conf").git
    refusal = signing_refusal(repository, ROBOT, datetime(2023, 4, 21, tzinfo=UTC))
    assert refusal is not None
    assert (refusal.code, refusal.values["committer"]) == ("not-signed", "robot@example.org")
    assert "nowhere.pub" in refusal.values["found"]
    assert registry.claim(target("conf"), access, _signed()) == refusal
    (home / ".gitconfig").write_text(_ssh(home))
    assert signing_refusal(repository, ROBOT, datetime(2023, 4, 21, tzinfo=UTC)) is None
    # The claim has stored what it wanted signed; nothing refers to it.
    assert before <= _everything(tree)
    assert git(tree, "for-each-ref", "refs/ldmrelease") == ""


def test_the_checkouts_own_configuration_names_no_program_that_signs(
    home: Path, tree: Path, access: Access, tmp_path: Path
) -> None:
    (home / ".gitconfig").write_text(_ssh(home))
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\nexit 1\n")
    trap.chmod(0o755)
    for name in ("gpg.ssh.program", "gpg.ssh.defaultKeyCommand", "gpg.program", "gpg.openpgp.program"):
        git(tree, "config", name, str(trap))
    assert isinstance(registry.claim(target("conf"), access, _signed()), Written)
    assert not (tmp_path / "sprung").exists()
    git(tree, "-c", "gpg.ssh.program=ssh-keygen", "verify-commit", FENCE)


def _signed() -> WriteGrant:
    grant = Promoter().grant(place=Place("summit", "nublado"))
    return replace(grant, note=replace(grant.note, committer=ROBOT, signed=True, signed_off=True))


def _everything(tree: Path) -> set[str]:
    return {str(each) for each in (tree / ".git").rglob("*") if each.is_file()}


@pytest.mark.parametrize("key", [_ssh, _openpgp])
def test_a_signed_proposal_is_found_again_and_not_made_anew(
    key: Callable[[Path], str], home: Path, server: Path, access: Access
) -> None:
    (home / ".gitconfig").write_text(key(home))
    where, note = target(server.as_uri()).location, _signed().note
    edits = git_proposals.Edits(OURS, BEFORE)
    made = []
    for _ in range(2):
        found = git_proposals.propose(where, edits, access, branch="ldmrelease/1/p-1", note=note)
        assert isinstance(found, git_proposals.PushedProposal), found
        made.append((found.commit, found.found))
    assert made == [(made[0][0], False), (made[0][0], True)]
    git(server, "verify-commit", "ldmrelease/1/p-1")
