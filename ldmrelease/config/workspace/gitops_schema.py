"""The shape of `gitops:`: how the repositories that are written take changes."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ldmrelease.config.yaml.fields import Address, Name, Registered, Strict, Text
from ldmrelease.domain.gitops import GitOps, GitOpsRules

COMMITTER = r"^(git|[^<>\x00-\x1f]*[^<>\x00-\x20][^<>\x00-\x1f]*<[^<>\s]+@[^<>\s]+>)$"
"""A name and an address, or `git`."""

PROPOSALS = ("github", "gitlab", "gitea", "branch")
"""Who may open a pull request; `branch`: nobody does."""


class GitOpsRulesEntry(Strict):
    """How a repository takes changes. What is left out is as it is for all of them."""

    propose: Annotated[str, Registered(lambda: PROPOSALS)] | None = Field(
        None,
        description="Changes are proposed, and others merge them: by a pull request of github, gitlab or gitea; "
        "branch: by a branch alone. Where it is left out, they are pushed to the branch itself.",
    )
    per: Literal["place", "wave"] | None = Field(
        None,
        description="What one proposal is about: a place (if not said), or a wave: places that follow each other in "
        "the same environment and on the same branch of a repository.",
    )
    restore: Literal["propose", "push"] | None = Field(
        None, description="How a failed place is put back: propose (if not said), or push."
    )
    restores: dict[Name, Literal["propose", "push"]] | None = Field(
        None, description="The levels whose places are put back otherwise."
    )
    sign: bool | None = Field(
        None,
        description="Whether git signs our commits, with user.signingkey (and gpg.format) of its own configuration.",
    )
    sign_off: bool | None = Field(
        None, description="Whether commits have a Signed-off-by of their author, the person who asks."
    )
    committer: Annotated[str, Field(pattern=COMMITTER)] | None = Field(
        None,
        description="Who our commits are by: NAME <ADDRESS>, or git: as git's configuration says. If not said it is "
        "ldmrelease, and where commits are signed, as git says.",
    )
    atomic: bool | None = Field(
        None,
        description="false: the server cannot move branch and fence in one push, so they are pushed one after the "
        "other.",
    )
    known_hosts: Text | None = Field(
        None,
        description="A file with the host keys of ssh servers, from the workspace's folder, in place of ssh's own.",
    )


class GitOpsSection(GitOpsRulesEntry):
    """How the repositories that are written take changes."""

    repositories: dict[Address, GitOpsRulesEntry] = Field(
        default_factory=dict, description="Repositories that take them otherwise, by their addresses."
    )


def gitops_of(section: GitOpsSection | None) -> GitOps:
    """The rules as values; those of a repository lack nothing that the section says for all."""
    if section is None:
        return GitOps()
    common = _rules(section, GitOpsRules())
    return GitOps(common, {each: _rules(own, common) for each, own in section.repositories.items()})


def _rules(entry: GitOpsRulesEntry, common: GitOpsRules) -> GitOpsRules:
    known: dict[str, Any] = {**_fields(common), **_own(entry)}
    return GitOpsRules(**known)


def _fields(rules: GitOpsRules) -> dict[str, Any]:
    return {each: getattr(rules, each) for each in rules.__struct_fields__}


def _own(entry: GitOpsRulesEntry) -> dict[str, Any]:
    said = {each: getattr(entry, each) for each in GitOpsRules.__struct_fields__}
    return {name: value for name, value in said.items() if value is not None}
