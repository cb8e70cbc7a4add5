"""`gitops:` says how repositories take changes."""

import pytest
from pydantic import ValidationError

from ldmrelease.config.workspace.gitops_schema import GitOpsSection, gitops_of
from ldmrelease.domain.gitops import GitOpsRules


def test_without_it_changes_are_pushed() -> None:
    rules = gitops_of(None).of("https://git.example.org/tree")
    assert rules == GitOpsRules()
    assert not rules.proposes_restore("summit")


def test_a_repository_lacks_nothing_that_is_said_for_all() -> None:
    section = GitOpsSection.model_validate(
        {
            "propose": "gitea",
            "restores": {"summit": "push"},
            "repositories": {"https://git.example.org/tree": {"per": "wave"}},
        }
    )
    rules = gitops_of(section)
    assert rules.of("https://git.example.org/tree") == GitOpsRules(
        "gitea", "wave", restores={"summit": "push"}
    )
    assert rules.of("elsewhere") == GitOpsRules("gitea", restores={"summit": "push"})


def test_a_restore_is_a_proposal_unless_the_level_pushes() -> None:
    rules = GitOpsRules("branch", restores={"summit": "push"})
    assert rules.proposes_restore("usdf")
    assert not rules.proposes_restore("summit")


def test_a_forge_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="github"):
        GitOpsSection.model_validate({"propose": "sourceforge"})


def test_how_commits_are_made_is_said_for_all_or_for_a_repository() -> None:
    section = GitOpsSection.model_validate(
        {
            "sign": True,
            "committer": "Robot <robot@example.org>",
            "known-hosts": "known_hosts",
            "repositories": {"conf": {"sign": False, "sign-off": True, "committer": "git", "atomic": False}},
        }
    )
    rules = gitops_of(section)
    assert rules.of("elsewhere") == GitOpsRules(
        sign=True, committer="Robot <robot@example.org>", known_hosts="known_hosts"
    )
    assert rules.of("conf") == GitOpsRules(
        sign_off=True, committer="git", atomic=False, known_hosts="known_hosts"
    )


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (GitOpsRules(), False),
        (GitOpsRules(sign=True), True),
        (GitOpsRules(committer="git"), True),
        (GitOpsRules(sign=True, committer="Robot <robot@example.org>"), False),
    ],
)
def test_who_signs_is_who_git_says_unless_another_is_named(rules: GitOpsRules, expected: bool) -> None:
    assert rules.asks_git_for_committer is expected


@pytest.mark.parametrize("text", ["Robot", "<robot@example.org>", "Robot <>", "Robot <a@b> c", "Git", ""])
def test_a_committer_without_name_and_address_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        GitOpsSection.model_validate({"committer": text})
