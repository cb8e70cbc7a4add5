"""What git and ssh tell, in one line that can be acted on."""

import pytest

from ldmrelease.domain.git_errors import telling_line

CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
The fingerprint for the ED25519 key sent by the remote host is
SHA256:2M7HIaDDaVGqxyh7XOh1rCdk0ibG3BkGlWN3BCgFEcM.
Offending ED25519 key in /home/kim/.ssh/known_hosts:3
Host key for git.example.org has changed and you have requested strict checking.
Host key verification failed.
fatal: Could not read from remote repository.
"""


def test_a_changed_host_key_is_told_with_where_the_known_one_is() -> None:
    told = telling_line(CHANGED)
    for part in (
        "git.example.org",
        "/home/kim/.ssh/known_hosts, line 3",
        "SHA256:2M7HI",
        "ask the server's people",
    ):
        assert part in told


@pytest.mark.parametrize(
    "before", ["", "No ED25519 host key is known for [h]:22 and you have requested strict checking.\n"]
)
def test_an_unknown_host_key_is_told_with_where_to_put_it(before: str) -> None:
    told = telling_line(
        f"{before}Host key verification failed.\nfatal: Could not read from remote repository."
    )
    assert "is not known" in told
    assert "known-hosts: FILE" in told


def test_anything_else_is_told_by_its_first_line() -> None:
    said = "hint: try\nroot@h: Permission denied (publickey).\nfatal: Could not read from remote repository."
    assert telling_line(said) == "root@h: Permission denied (publickey)."
