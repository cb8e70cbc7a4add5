"""What servers say of a push that they do not take, as they say it, and what we make of it."""

import pytest

from ldmrelease.answers.sentences.target_refusals import refusal_words
from ldmrelease.targets.git.author import named_committer
from ldmrelease.targets.git.commits import Identity, Note
from ldmrelease.targets.git.push_rejections import rejection
from tests.fences import NOW as AT

_SAID = {
    "github-protected": (
        "remote: error: GH006: Protected branch update failed for refs/heads/main.\n"
        "remote: error: Changes must be made through a pull request.\n"
        "!\tHEAD:refs/heads/main\t[remote rejected] (protected branch hook declined)",
        "protected-branch",
    ),
    "github-signatures": (
        "remote: error: GH006: Protected branch update failed for refs/heads/main.\n"
        "remote: error: Commits must have verified signatures.\n"
        "!\tHEAD:refs/heads/main\t[remote rejected] (protected branch hook declined)",
        "unsigned-commit",
    ),
    "github-ruleset": (
        "remote: error: GH013: Repository rule violations found for refs/heads/main.\n"
        "remote: \nremote: - Changes must be made through a pull request.\nremote: \n"
        "!\tHEAD:refs/heads/main\t[remote rejected] (push declined due to repository rule violations)",
        "protected-branch",
    ),
    "github-privacy": (
        "remote: error: GH007: Your push would publish a private email address.\n"
        "!\tHEAD:refs/heads/main\t[remote rejected] (push declined due to email privacy restrictions)",
        "committer-rule",
    ),
    "gitlab-protected": (
        "remote: GitLab: You are not allowed to push code to protected branches on this project.\n"
        "!\tHEAD:refs/heads/main\t[remote rejected] (pre-receive hook declined)",
        "protected-branch",
    ),
    "gitlab-signatures": (
        "remote: GitLab: Commit must be signed with a GPG key\n"
        "!\tHEAD:refs/heads/main\t[remote rejected] (pre-receive hook declined)",
        "unsigned-commit",
    ),
    "gitlab-committer": (
        "remote: GitLab: Committer's email 'ldmrelease@localhost' does not follow the pattern '@lsst.org$'\n"
        "!\tHEAD:refs/heads/main\t[remote rejected] (pre-receive hook declined)",
        "committer-rule",
    ),
    "gitlab-own-committer": (
        "remote: GitLab: You cannot push commits for 'a@b.c'. You can only push commits if the committer email is one "
        "of your own verified emails.\n!\tHEAD:refs/heads/main\t[remote rejected] (pre-receive hook declined)",
        "committer-rule",
    ),
    "gitlab-sign-off": (
        "remote: GitLab: Commit message must contain a DCO signoff\n"
        "!\tHEAD:refs/heads/main\t[remote rejected] (pre-receive hook declined)",
        "not-signed-off",
    ),
    "gitea-protected": (
        "remote: Gitea: Not allowed to push to protected branch main\n"
        "!\tHEAD:refs/heads/main\t[remote rejected] (pre-receive hook declined)",
        "protected-branch",
    ),
    "gitea-signatures": (
        "remote: Gitea: branch main is protected from unverified commit 1234\n"
        "!\tHEAD:refs/heads/main\t[remote rejected] (pre-receive hook declined)",
        "unsigned-commit",
    ),
    "gerrit-sign-off": (
        "remote: ERROR: commit 1234: not Signed-off-by author/committer/uploader in message footer\n"
        "!\tHEAD:refs/heads/main\t[remote rejected] (invalid commit)",
        "not-signed-off",
    ),
    "azure-protected": (
        "!\tHEAD:refs/heads/main\t[remote rejected] (TF402455: Pushes to this branch are not permitted; you must use a "
        "pull request to update this branch.)",
        "protected-branch",
    ),
    "unknown": (
        "remote: the summit is frozen\n!\tHEAD:refs/heads/main\t[remote rejected] (pre-receive hook declined)",
        "rejected",
    ),
}


@pytest.mark.parametrize("name", _SAID)
def test_the_rule_is_known_by_the_servers_words_and_said_with_a_remedy(name: str) -> None:
    message, code = _SAID[name]
    refusal = rejection("conf", message).refusal
    assert refusal.code == code
    words = refusal_words(refusal)
    assert words.startswith("conf ")
    assert refusal.values["found"] in message
    assert "; " in words


def test_a_sign_off_is_by_the_author_and_stands_behind_the_other_trailers() -> None:
    note = Note("to w_2023_16", Identity("Kim", "kim@example.org"), AT, {"Promotion": "p-1"}, signed_off=True)
    assert note.message.splitlines()[2:] == ["Promotion: p-1", "Signed-off-by: Kim <kim@example.org>"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Robot <robot@example.org>", Identity("Robot", "robot@example.org")),
        (" Robot of  the summit  <r@s> ", Identity("Robot of  the summit", "r@s")),
        ("Robot", None),
        ("<robot@example.org>", None),
        ("Robot <>", None),
        ("Robot <a@b> x", None),
        ("Ro\nbot <a@b>", None),
    ],
)
def test_a_committer_is_a_name_and_an_address(text: str, expected: Identity | None) -> None:
    assert named_committer(text) == expected
