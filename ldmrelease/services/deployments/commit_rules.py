"""How commits in a place's tree are made, as the workspace says: by whom, signed, signed off."""

from msgspec.structs import replace

from ldmrelease.domain.gitops import GitOpsRules
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Application
from ldmrelease.services.needs import WorkspaceFiles
from ldmrelease.targets.git.commits import COMMITTER, Identity, Note


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


def committer_of(context: WorkspaceFiles, rules: GitOpsRules) -> Identity | None:
    """Who commits are by; None where git is to say it and does not know."""
    from ldmrelease.targets.git.author import git_committer, named_committer  # noqa: PLC0415 - runs git

    if rules.asks_git_for_committer:
        return git_committer(context.workspace.root)
    return COMMITTER if rules.committer is None else named_committer(rules.committer)
