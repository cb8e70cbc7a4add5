"""What the repositories that are written ask of us, as far as a server says it before anything is pushed."""

import os
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from ldmrelease.domain.addresses import public
from ldmrelease.domain.errors import InputError, Unavailable, reason_of
from ldmrelease.domain.gitops import GitOpsRules
from ldmrelease.domain.targets import GitFile
from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.interface import BranchRules
from ldmrelease.forges.registry import pull_requests
from ldmrelease.services.needs import TargetAccess
from ldmrelease.targets.git.git_remote import remote_url
from ldmrelease.targets.git.program import GitError
from ldmrelease.targets.git.push_trial import push_refusal
from ldmrelease.targets.results import Refusal, RefusedError

_BY_HOST = {"github.com": "github", "gitlab.com": "gitlab"}
"""Forges that are known by their address: of others `propose` says which it is."""


class RepositoryFinding(Struct, frozen=True):
    """What is to be known of a branch of a remote repository.

    trouble: why it could not be written; else `message` says what its server asks for and the workspace does not do,
    and `remedy` what complies; both are empty where there is no such thing.
    """

    what: str
    trouble: Refusal | Unavailable | None = None
    message: str = ""
    remedy: str = ""


def repository_findings(context: TargetAccess) -> Iterator[RepositoryFinding]:
    """Each branch of a remote repository that some place is written in, in the workspace's order; nothing is moved."""
    files = [each.target.location for each in context.topology.applications]
    branches = dict.fromkeys((each.repository, each.branch) for each in files if isinstance(each, GitFile))
    for repository, branch in branches:
        rules = context.workspace.gitops.of(repository)
        if why := _forge_trouble(repository, rules):
            yield RepositoryFinding(f"forge of {public(repository)}", message=why)
        try:
            if remote_url(repository) is None:
                continue
            trouble = push_refusal(context.connections.repository(repository), branch)
        except RefusedError as refused:
            trouble = refused.refusal
        except (GitError, OSError) as error:
            trouble = Unavailable(public(repository), reason_of(error))
        what = f"repository {public(repository)}"
        if trouble is not None:
            yield RepositoryFinding(what, trouble)
            continue
        yield from _asked(what, branch, rules, _branch_rules(repository, branch, rules, os.environ))


def _forge_trouble(repository: str, rules: GitOpsRules) -> str:
    """Why no pull request could be opened there, as far as it is known without asking anybody."""
    if rules.propose in (None, "branch"):
        return ""
    try:
        pull_requests(rules.propose, repository, os.environ)
    except InputError as error:
        return f"propose: {rules.propose} opens no pull request: {error}"
    return ""


def _branch_rules(
    repository: str, branch: str, rules: GitOpsRules, environment: Mapping[str, str]
) -> BranchRules:
    """What the forge says; nothing where it is not known, has no token, or does not say."""
    kind = rules.propose or _BY_HOST.get(urlsplit(repository).hostname or "")
    if kind is None or kind == "branch":
        return BranchRules()
    try:
        return pull_requests(kind, repository, environment).rules(branch)
    except (ForgeError, InputError):
        return BranchRules()


def _asked(what: str, branch: str, rules: GitOpsRules, asked: BranchRules) -> Iterator[RepositoryFinding]:
    found = []
    if asked.protected and rules.propose is None:
        found.append(
            (f"{branch} is protected, and changes are pushed there", "propose: github, or another forge")
        )
    if asked.signed and not rules.sign:
        found.append((f"{branch} takes signed commits, and ours are not signed", "sign: true"))
    for message, key in found:
        yield RepositoryFinding(what, message=message, remedy=f"write {key} under gitops in ldmrelease.yaml")
    if not found:
        yield RepositoryFinding(what)
