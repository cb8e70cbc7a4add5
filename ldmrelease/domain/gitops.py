"""How a workspace's GitOps repositories take changes: by a push, or as a proposal that others merge."""

from collections.abc import Mapping

from msgspec import Struct

PLACE, WAVE = "place", "wave"
PROPOSE, PUSH = "propose", "push"


class GitOpsRules(Struct, frozen=True):
    """What holds for a repository.

    propose: the kind of forge that opens the pull request, `branch` where somebody merges the branch by any means;
    None where changes are pushed to the branch itself. per: one proposal for each `place`, or for a `wave`: consecutive
    places of a plan in the same environment and repository. restore: whether a restore is a proposal, too, or a
    push; `restores` has the levels where that is otherwise.
    """

    propose: str | None = None
    per: str = PLACE
    restore: str = PROPOSE
    restores: Mapping[str, str] = {}

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
