"""Whether a server would take a push, as far as it says so before anything is moved."""

from ldmrelease.domain.errors import Unavailable, reason_of
from ldmrelease.targets.git.git_remote import GitRemote
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.git.push_rejections import NO_ATOMIC, no_atomic_push, rejection
from ldmrelease.targets.results import Refusal

_TRIED = "refs/heads/ldmrelease/tried"


def push_refusal(remote: GitRemote, branch: str) -> Refusal | Unavailable | None:
    """Why the server does not let us push, where it is one and says so: it asks who we are, says what it is able to,
    and is then sent nothing (`git push --dry-run`). Its hooks are not run. Raises `GitError` where it cannot be read.
    """
    ref = f"refs/heads/{branch}"
    if remote.look is None or (tip := remote.tips([ref])[ref]) is None:
        return None
    together = ("--atomic",) if remote.atomic else ()
    options = ("--dry-run", *together, "--porcelain", "--no-verify")
    try:
        remote.git.ask_server("push", *options, "--", remote.look.url, f"{tip}:{_TRIED}")
    except GitError as error:
        if NO_ATOMIC in error.message:
            return no_atomic_push(remote.where).refusal
        if "rejected]" in error.message:
            return rejection(remote.where, error.message).refusal
        return Unavailable(remote.where, reason_of(error))
    return None
