"""Which branch a repository calls its own, for whoever has named one that is not there."""

from ldmrelease.targets.git.git_remote import GitRemote
from ldmrelease.targets.git.program import GitError

_BRANCHES = "refs/heads/"


def default_branch(repository: GitRemote) -> str | None:
    """The branch that HEAD stands for: of a server the default branch, of a checkout the one that is checked out; None
    where nobody says."""
    try:
        if repository.url is None:
            ref = repository.git.run("symbolic-ref", "-q", "HEAD").decode().strip()
        else:
            listed = repository.git.ask_server(
                "ls-remote", "-q", "--symref", "--", repository.url, "HEAD"
            ).decode()
            ref = listed.partition("\t")[0].removeprefix("ref: ")
    except GitError:
        return None
    return ref.removeprefix(_BRANCHES) if ref.startswith(_BRANCHES) else None
