"""How a remote repository is reached and written, as the workspace says: host keys of ssh servers, pushes of several
refs."""

import os
from pathlib import Path
from shlex import quote

from msgspec.structs import replace

from ldmrelease.domain.gitops import GitOpsRules
from ldmrelease.targets.git.git_remote import GitRemote

_COMMAND = "GIT_SSH_COMMAND"


def ruled(remote: GitRemote, rules: GitOpsRules, root: Path) -> GitRemote:
    """The repository under these rules; relative files start at `root`. Nobody is asked yet."""
    if remote.url is None:
        return remote
    if rules.known_hosts is not None:
        remote.git.env[_COMMAND] = _ssh(root / Path(rules.known_hosts).expanduser())
    return remote if rules.atomic else replace(remote, atomic=False)


def _ssh(known_hosts: Path) -> str:
    """The user's own command, or ours, with those host keys and no others."""
    # ssh reads the value as its own list of files: quotes keep a path with blanks together.
    files = quote(f'UserKnownHostsFile="{known_hosts}"')
    only = f"-o {files} -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes"
    return f"{os.environ.get(_COMMAND) or 'ssh'} {only}"
