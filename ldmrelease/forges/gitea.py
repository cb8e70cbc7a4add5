"""Gitea and Forgejo: as GitHub has it, below another path and with another header; all comments come at once.

Source: Gitea's API, `/repos/{owner}/{repo}/issues/{index}/comments`.
"""

from ldmrelease.forges.pull_request import CommentApi

TOKENS = ("GITEA_TOKEN",)
ADDRESS = r"/(?P<repository>[^/]+/[^/]+)/pulls/(?P<number>[0-9]+)"
EXAMPLE = "https://gitea.example.org/OWNER/NAME/pulls/NUMBER"


def comment_api(site: str, repository: str, number: str, token: str) -> CommentApi:
    """That of a pull request; `repository` is OWNER/NAME."""
    return CommentApi(
        base=f"{site}/api/v1",
        headers={"Accept": "application/json", "Authorization": f"token {token}"},
        comments=f"/repos/{repository}/issues/{number}/comments",
        comment=f"/repos/{repository}/issues/comments",
        page=None,
    )
