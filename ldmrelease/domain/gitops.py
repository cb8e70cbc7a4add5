"""How a workspace's GitOps repositories take changes: by a push, or as a proposal that others merge."""

from collections.abc import Mapping

from msgspec import Struct

PLACE, WAVE = "place", "wave"
PROPOSE, PUSH = "propose", "push"
GIT = "git"
"""As a committer: who git's own configuration says."""


class GitOpsRules(Struct, frozen=True):
    """What holds for a repository.

    propose: the kind of forge that opens the pull request, `branch` where somebody merges the branch by any means;
    None where changes are pushed to the branch itself. per: one proposal for each `place`, or for a `wave`: consecutive
    places of a plan in the same environment and repository. restore: whether a restore is a proposal, too, or a
    push; `restores` has the levels where that is otherwise.

    sign: git signs the commits, with the key that its own configuration names. sign_off: their author signs them off.
    committer: who they are by, as `Name <address>`, or `git`: as git's configuration says; None: ldmrelease, or git's
    where commits are signed. atomic: branch and fence are pushed together, which a server has to be able to.
    known_hosts: the file with the keys of ssh servers, None for ssh's own.
    """

    propose: str | None = None
    per: str = PLACE
    restore: str = PROPOSE
    restores: Mapping[str, str] = {}
    sign: bool = False
    sign_off: bool = False
    committer: str | None = None
    atomic: bool = True
    known_hosts: str | None = None

    @property
    def asks_git_for_committer(self) -> bool:
        """Whether the committer is who git's configuration says."""
        return self.committer == GIT or (self.committer is None and self.sign)

    def proposes_restore(self, level: str) -> bool:
        """Whether what is put back at a place of that level is proposed."""
        return self.propose is not None and self.restores.get(level, self.restore) == PROPOSE


class GitOps(Struct, frozen=True):
    """The rules of a workspace, and those of repositories that have others, by their addresses."""

    rules: GitOpsRules = GitOpsRules()
    repositories: Mapping[str, GitOpsRules] = {}

    def of(self, repository: str) -> GitOpsRules:
        """Those of a repository."""
        return self.repositories.get(repository, self.rules)
