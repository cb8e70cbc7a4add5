"""Why a server took no push, from what it says: each with what complies with it.

Servers say it in their own words, which are no interface: what is not known here is quoted as it stands. Sources of
the words: GitHub (GH006, GH007, GH013: about protected branches, e-mail privacy and rulesets), GitLab (push rules),
Gitea (`routers/private/hook_pre_receive.go`), Gerrit (error messages), Bitbucket, Azure Repos (TF402455).
"""

import re

from ldmrelease.targets.results import RefusedError

NO_ATOMIC = "does not support --atomic push"
"""What git says, in the C locale, where a server cannot move several refs together."""

_SIGNATURE = (
    r"verified signature|unverified commit|must be signed|unsigned commit|signatures? (?:are|is) required"
)
_SIGN_OFF = r"signed-off-by|sign-?off|\bdco\b"
_COMMITTER = (
    r"committer|(?:author|commit).{0,3}'?s? e-?mail|invalid author|private email|cannot push commits for"
    r"|not registered in your account|is not a member of team"
)
_PROTECTED = (
    r"protected branch|through (?:a )?pull request|use a pull request|branch \S+ is protected"
    r"|gh013: repository rule violations"
)
# In this order: a server that names the rule that is broken says in the same breath that the branch is protected.
_RULES = tuple(
    (code, re.compile(words, re.IGNORECASE))
    for code, words in (
        ("unsigned-commit", _SIGNATURE),
        ("not-signed-off", _SIGN_OFF),
        ("committer-rule", _COMMITTER),
        ("protected-branch", _PROTECTED),
    )
)


def rejection(where: str, message: str) -> RefusedError:
    """What a push was refused for: `unsigned-commit`, `not-signed-off`, `committer-rule`, `protected-branch`, each with
    the line that says so, or `rejected` with all that was said.

    message: of git, in the C locale, with the lines of the server.
    """
    lines = [_bare(each) for each in message.splitlines()]
    for code, words in _RULES:
        found = next((each for each in lines if words.search(each)), None)
        if found is not None:
            return RefusedError(code, where=where, found=found)
    return RefusedError("rejected", where=where, found=message)


def no_atomic_push(where: str) -> RefusedError:
    """That the server cannot move branch and fence together."""
    return RefusedError("no-atomic-push", where=where)


def _bare(line: str) -> str:
    return re.sub(r"^(?:remote:\s*)?(?:error:\s*|-\s+)?", "", line.strip()).strip()
