"""Words for what git, and servers of git, ask of commits and pushes, each with what complies with it."""

from collections.abc import Callable, Mapping

from ldmrelease.answers.sentences.text import Values, said


def _server(v: Values, asks: str, remedy: str) -> str:
    return f"{said(v['where'])} {asks} ({said(v['found'])}); {remedy}"


GIT_RULE_WORDS: Mapping[str, Callable[[Values], str]] = {
    "unsigned-commit": lambda v: _server(
        v,
        "takes signed commits alone",
        "write `gitops: {sign: true}` in ldmrelease.yaml, with user.signingkey in git's configuration",
    ),
    "not-signed-off": lambda v: _server(
        v, "takes commits that are signed off", "write `gitops: {sign-off: true}` in ldmrelease.yaml"
    ),
    "committer-rule": lambda v: _server(
        v,
        "asks for another author or committer",
        "write `gitops: {committer: git}` or `committer: NAME <ADDRESS>` in ldmrelease.yaml; the author's address is "
        "the person's `mail` in the trust document",
    ),
    "protected-branch": lambda v: _server(
        v,
        "takes no push to this branch",
        "propose changes: write `gitops: {propose: github}` (or gitlab, gitea, branch) in ldmrelease.yaml, or ask for "
        "the right to push there",
    ),
    "no-atomic-push": lambda v: (
        f"{said(v['where'])} cannot move branch and fence in one push; write `gitops: {{atomic: false}}` in "
        "ldmrelease.yaml to let them be pushed one after the other, or ask for a server that can"
    ),
    "overtaken-push": lambda v: (
        f"somebody else has claimed the place while {said(v['commit'])[:12]} was pushed to {said(v['where'])}, which "
        "has no atomic push: the commit is there; look at who holds the place now, then ask again"
    ),
    "not-signed": lambda v: (
        f"git cannot sign a commit of {said(v['committer'])}: {said(v['found'])}; set user.signingkey (and gpg.format) "
        "in git's own configuration, or leave `sign` out of gitops in ldmrelease.yaml"
    ),
    "no-forge": lambda v: (
        f"propose: {said(v['kind'])} opens no pull request at {said(v['where'])}: {said(v['found'])}"
    ),
    "no-committer": lambda _: (
        "git knows no name and address of a committer; set user.name and user.email in its configuration, or write "
        "`gitops: {committer: NAME <ADDRESS>}` in ldmrelease.yaml"
    ),
    "lfs-pointer": lambda _: (
        "is kept by Git LFS, and what is committed is a pointer to it; take it out of LFS (`git lfs untrack`) and "
        "commit the file itself"
    ),
    "not-in-partial-clone": lambda v: (
        f"is not in this partial clone; `git -C {said(v['where'])} show {said(v['revision'])}:{said(v['file'])}` "
        "fetches it"
    ),
}
