"""What reviewers said of a merged pull request, as evidence for the decisions that come after the merge.

Nothing here holds a promotion up: what cannot be recorded is said, and the decisions are made without it.
"""

from typing import Any

from ldmrelease.domain.addresses import public
from ldmrelease.domain.errors import InputError, Unavailable, UnavailableError, reason_of
from ldmrelease.evidence_formats import codeowners
from ldmrelease.evidence_formats.found import OwnersFound
from ldmrelease.forges.errors import NotARepository
from ldmrelease.forges.interface import PullRequestFacts, PullRequests
from ldmrelease.forges.repositories import project_of
from ldmrelease.services.deployments.desired import access
from ldmrelease.services.evidence.manual import UnusableEvidence
from ldmrelease.services.evidence.pull_request_reviews import observe_reviews, record_reviews
from ldmrelease.services.promotions.proposals import location_of
from ldmrelease.services.promotions.work import Work
from ldmrelease.targets.git.git_repository import Git
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.results import RefusedError

UNRECORDED = "reviews-unrecorded"
"""What is said where the decisions are made without the reviews."""
_OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS", ".gitea/CODEOWNERS")


def record_merge_reviews(
    work: Work, forge: PullRequests | Unavailable, facts: PullRequestFacts | Unavailable | None, base: str
) -> dict[str, Any]:
    """Record the reviews of what others have merged, signed by the bridge; what the merge step tells of it.

    base: the commit that the proposal was built upon, whose CODEOWNERS count: none that the proposal brings along.
    """
    repository = location_of(work.application).repository
    kind = work.context.gitops.of(repository).propose
    if facts is None or kind is None or kind == "branch":
        return {}
    if isinstance(forge, Unavailable) or isinstance(facts, Unavailable):
        away = forge if isinstance(forge, Unavailable) else facts
        return _unrecorded(work, away.reason if isinstance(away, Unavailable) else "")
    try:
        project = _project(repository)
        reviewed = observe_reviews(forge, kind, project, facts.number, _owners(work, repository, base))
        added = record_reviews(work.context, work.pinned, reviewed)
    except (InputError, UnavailableError, RefusedError, GitError, OSError) as error:
        return _unrecorded(work, reason_of(error))
    if isinstance(added, UnusableEvidence):
        return _unrecorded(work, added.code)
    refusal = added.seen.refusal
    if not added.taken_in:
        return _unrecorded(work, refusal.code if refusal is not None else "nobody known has signed it")
    return {"reviews": added.blob}


def _unrecorded(work: Work, reason: str) -> dict[str, Any]:
    work.progress(UNRECORDED, {"place": str(work.step.place), "reason": reason})
    return {"unrecorded": reason}


def _project(repository: str) -> str:
    try:
        return project_of(repository).path
    except NotARepository:
        return public(repository)


def _owners(work: Work, repository: str, base: str) -> OwnersFound | None:
    """The rules of ownership of the repository, where it has some that can be read."""
    if not base:
        return None
    try:
        return _owners_at(access(work.context).repository(repository).git, base)
    except GitError:
        return None


def _owners_at(git: Git, base: str) -> OwnersFound | None:
    for path in _OWNERS:
        folder, _, name = path.rpartition("/")
        oid = next((each.oid for each in git.entries(base, folder) if each.name == name.encode()), None)
        if oid is not None:
            found = codeowners.read(git.content(oid))
            return found if isinstance(found, OwnersFound) else None
    return None
