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
