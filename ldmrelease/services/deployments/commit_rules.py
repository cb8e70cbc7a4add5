"""How commits in a place's tree are made, as the workspace says: by whom, signed, signed off."""

from msgspec.structs import replace

from ldmrelease.domain.addresses import public
from ldmrelease.domain.errors import Unavailable, reason_of
from ldmrelease.domain.gitops import GitOpsRules
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Application
from ldmrelease.services.needs import PlaceAccess, WorkspaceFiles
from ldmrelease.targets.git.commits import COMMITTER, Identity, Note
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.results import Refusal, RefusedError


def as_ruled(context: WorkspaceFiles, application: Application, note: Note) -> Note:
    """The note as commits of the place's repository are made."""
    rules = rules_of(context, application)
    if rules == GitOpsRules():
        return note
    committer = committer_of(context, rules) or COMMITTER
    return replace(note, committer=committer, signed=rules.sign, signed_off=rules.sign_off)


def rules_of(context: WorkspaceFiles, application: Application) -> GitOpsRules:
    """The rules of the repository that the place is written in; those for all where it is written elsewhere."""
    location = application.target.location
    gitops = context.workspace.gitops
    return gitops.of(location.repository) if isinstance(location, GitFile) else gitops.rules


def commit_refusal(context: PlaceAccess, application: Application) -> Refusal | Unavailable | None:
    """Why no commit can be made as the workspace asks for: found when planning, tried once for each repository."""
    location, rules = application.target.location, rules_of(context, application)
    if not isinstance(location, GitFile) or not (rules.sign or rules.asks_git_for_committer):
        return None
    committer = committer_of(context, rules)
    if committer is None:
        return Refusal("no-committer", {"where": public(location.repository)})
    if not rules.sign:
        return None

    from ldmrelease.targets.git.signed_commits import signing_refusal  # noqa: PLC0415 - where commits are signed

    def tried() -> Refusal | Unavailable | None:
        try:
            return signing_refusal(opened, committer, context.now())
        except (GitError, OSError) as error:
            return Unavailable("git", reason_of(error))

    try:
        opened = context.connections.repository(location.repository).git
    except RefusedError as refused:
        return refused.refusal
    except (GitError, OSError) as error:
        return Unavailable(public(location.repository), reason_of(error))
    return context.connections.once(f"signs {location.repository}", tried)


def committer_of(context: WorkspaceFiles, rules: GitOpsRules) -> Identity | None:
    """Who commits are by; None where git is to say it and does not know."""
    from ldmrelease.targets.git.author import git_committer, named_committer  # noqa: PLC0415 - runs git

    if rules.asks_git_for_committer:
        return git_committer(context.workspace.root)
    return COMMITTER if rules.committer is None else named_committer(rules.committer)
