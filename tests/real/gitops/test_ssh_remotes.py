"""Repositories by ssh, at a real sshd: the workspace's host keys and no others, and words about what does not fit."""

from pathlib import Path

import pytest

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.gitops import GitOps, GitOpsRules
from ldmrelease.targets import registry
from ldmrelease.targets.connections import Access, Connections
from ldmrelease.targets.results import Snapshot, Written
from tests.real.gitops.settings import AFTER, BEFORE, OURS
from tests.real.gitops.site import Promoter, show, target
from tests.real.gitops.sshd import ssh_server

pytestmark = pytest.mark.real


def test_a_host_key_has_to_be_known_and_to_be_the_one_that_is_known(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ssh_server(tmp_path / "sshd") as server:
        monkeypatch.setenv("GIT_SSH_COMMAND", server.command)
        here, hosts = target(server.address(bare)), tmp_path / "known hosts"
        hosts.write_text("")
        unknown = registry.read(here, _access(tmp_path))
        assert isinstance(unknown, Unavailable)
        assert "host key is not known" in unknown.reason
        assert "known-hosts: FILE" in unknown.reason
        hosts.write_text(server.known_hosts("other"))
        changed = registry.read(here, _access(tmp_path))
        assert isinstance(changed, Unavailable)
        assert f"host key of [127.0.0.1]:{server.port} is not the one that is known" in changed.reason
        assert f"{hosts}, line 1" in changed.reason
        assert hosts.read_text() == server.known_hosts("other"), "nothing is put there by us"
        hosts.write_text(server.known_hosts())
        assert isinstance(registry.read(here, _access(tmp_path)), Snapshot)
        assert isinstance(
            registry.write(here, OURS, _access(tmp_path), expect=BEFORE, grant=Promoter().grant()), Written
        )
        assert show(bare) == AFTER
        monkeypatch.setenv("GIT_SSH_COMMAND", server.command.replace("/user", "/other"))
        stranger = registry.read(here, _access(tmp_path))
        assert isinstance(stranger, Unavailable)
        assert "Permission denied (publickey)" in stranger.reason


def test_the_users_own_ssh_is_used_as_git_would(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`core.sshCommand` of the user's configuration; without rules of the workspace ssh's own host keys hold."""
    with ssh_server(tmp_path / "sshd") as server:
        (tmp_path / "hosts").write_text(server.known_hosts())
        home = tmp_path / "home"
        home.mkdir()
        own = f"{server.command} -o UserKnownHostsFile={tmp_path}/hosts"
        (home / ".gitconfig").write_text(f'[core]\n\tsshCommand = "{own}"\n')
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.delenv("GIT_SSH_COMMAND", raising=False)
        monkeypatch.delenv("GIT_SSH", raising=False)
        assert isinstance(registry.read(target(server.address(bare)), Access(tmp_path)), Snapshot)


def _access(root: Path) -> Access:
    """As a new run has it."""
    return Access(root, None, Connections(root, None, GitOps(GitOpsRules(known_hosts="known hosts"))))
