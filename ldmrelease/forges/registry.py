"""The forges that we know, each by one line, and which of them an address is of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ldmrelease.domain.addresses import is_loopback
from ldmrelease.forges import gitea, github, gitlab
from ldmrelease.forges.branch import Branches, BranchProposals
from ldmrelease.forges.errors import NotAPullRequest, NotARepository, NoToken
from ldmrelease.forges.pull_request import CommentApi, PullRequest
from ldmrelease.forges.repositories import project_of
from ldmrelease.forges.rest_proposals import RestPullRequests
from ldmrelease.forges.tokens import find_token

if TYPE_CHECKING:
    from ldmrelease.forges.interface import PullRequests

PROPOSAL_KINDS = ("github", "gitlab", "gitea", "branch")
"""How changes may be proposed: by a pull request of a forge, or by a branch alone."""


class Forge(NamedTuple):
    """How a forge writes the address of a pull request, where its token is looked for, and what its API is like."""

    address: str
    example: str
    tokens: tuple[str, ...]
    comment_api: Callable[[str, str, str, str], CommentApi]


FORGES: Mapping[str, Forge] = {
    "GitHub": Forge(github.ADDRESS, github.EXAMPLE, github.TOKENS, github.comment_api),
    "GitLab": Forge(gitlab.ADDRESS, gitlab.EXAMPLE, gitlab.TOKENS, gitlab.comment_api),
    "Gitea": Forge(gitea.ADDRESS, gitea.EXAMPLE, gitea.TOKENS, gitea.comment_api),
}


_REST: Mapping[str, tuple[type[RestPullRequests], tuple[str, ...]]] = {
    "github": (github.GitHubPullRequests, github.TOKENS),
    "gitlab": (gitlab.GitLabPullRequests, gitlab.TOKENS),
    "gitea": (gitea.GiteaPullRequests, gitea.TOKENS),
}


def open_pull_request(address: str, environment: Mapping[str, str]) -> PullRequest:
    """The pull request at `address`, as a browser has it; `environment` holds the forge's token.

    Raises NotAPullRequest and NoToken. Nobody is asked yet.
    """
    parts = urlsplit(address)
    if "@" in parts.netloc:
        raise NotAPullRequest("leave user and password out of the address of the pull request")
    for name, forge in FORGES.items():
        found = re.fullmatch(forge.address, parts.path.rstrip("/"))
        if found is None or parts.scheme not in ("https", "http"):
            continue
        token = next((environment[each] for each in forge.tokens if environment.get(each)), None)
        if token is None:
            raise NoToken(f"no token for {name}: set {' or '.join(forge.tokens)}")
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise NotAPullRequest(f"a token goes over https alone; write {address!r} with https://")
        site = f"{parts.scheme}://{parts.netloc}"
        return PullRequest(forge.comment_api(site, found["repository"], found["number"], token))
    examples = ", ".join(each.example for each in FORGES.values())
    raise NotAPullRequest(f"{address!r} is not the address of a pull request; write one such as {examples}")


def pull_requests(
    kind: str,
    repository: str,
    environment: Mapping[str, str],
    *,
    site: str | None = None,
    branches: Branches | None = None,
) -> PullRequests:
    """The pull requests of a repository, by one of `PROPOSAL_KINDS`. Nobody is asked yet.

    repository: its address as git has it, also by ssh. environment: where tokens and programs are looked for. site:
    where the forge is, where the address of the repository does not tell. branches: those of the repository, for kind
    `branch`. Raises NotARepository, NoToken.
    """
    if kind == "branch":
        if branches is None:
            raise ValueError("proposals by branch need the branches of the repository")
        return BranchProposals(repository, branches)
    if kind in _REST:
        project = project_of(repository, site)
        implementation, variables = _REST[kind]
        return implementation(project, find_token(kind, project, variables, environment))
    raise NotARepository(f"{kind!r} is not a kind of forge; write one of {', '.join(PROPOSAL_KINDS)}")
