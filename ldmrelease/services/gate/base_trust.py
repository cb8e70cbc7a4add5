"""The trust document of the branch that a change is to be merged into: what the change brings has to continue it.

Where the workspace is in the tree that is changed, whoever proposes a change could bring keys of his own with it.
"""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from ldmrelease.config.trust_signatures import parse_signatures, signatures_file
from ldmrelease.config.workspace.model import Workspace
from ldmrelease.config.yaml import read
from ldmrelease.services.trust_version import OtherTrust
from ldmrelease.targets.git.git_remote import open_repository
from ldmrelease.targets.git.git_repository import Git, read_blob
from ldmrelease.targets.git.local_repository import layout_of
from ldmrelease.targets.git.merges import commit_named
from ldmrelease.targets.results import RefusedError
from ldmrelease.trust.root_chain import TrustVersion, verify_chain


def require_continued(workspace: Workspace, chain: Mapping[int, str], base: str) -> None:
    """Raise `OtherTrust` where signed versions (their digests) do not have the newest one of a branch.

    base: a revision. Nothing is asked where it is of another repository than the workspace, or has no workspace there
    whose document was signed. Raises `GitError`, and `BadInput` where what it has cannot be read.
    """
    newest = _signed_at(workspace, base)
    if newest is not None and chain.get(newest.version) != newest.digest:
        raise OtherTrust(
            f"{workspace.trust_name} does not continue the trust document of {base} (version {newest.version}, "
            f"{newest.digest}): a change brings a newer one with the signatures of its root keys, or none"
        )


def _signed_at(workspace: Workspace, base: str) -> TrustVersion | None:
    root = workspace.root.resolve()
    top = next((each for each in (root, *root.parents) if layout_of(each) is not None), None)
    if top is None:
        return None
    remote = open_repository(str(top), top)
    commit = commit_named(remote, base)
    if commit is None:
        return None
    folder = root.relative_to(top).as_posix()
    file = _blob(remote.git, commit, _inside(folder, workspace.file.name))
    if file is None:
        return None
    plain = read.parse(file, f"{base}:{workspace.file.name}").plain
    # By the file of before: the change may name another document.
    named = plain.get("trust") if isinstance(plain, dict) else None
    document = Path(named if isinstance(named, str) and named else "trust.yaml")
    signatures = _inside(folder, signatures_file(document).as_posix())
    data = _blob(remote.git, commit, signatures)
    return None if data is None else verify_chain(parse_signatures(data, f"{base}:{signatures}")).newest


def _inside(folder: str, name: str) -> str:
    return os.path.normpath(PurePosixPath(folder, name))


def _blob(git: Git, commit: str, name: str) -> bytes | None:
    if name.startswith(("../", "/")):
        return None
    try:
        return read_blob(git, commit, name).content
    except RefusedError:
        return None
