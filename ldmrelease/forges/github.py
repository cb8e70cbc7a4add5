"""GitHub, also on premises: a pull request is an issue, and its comments are those of the issue.

Source: REST API 2022-11-28, "Issue comments".
"""

from ldmrelease.forges.pull_request import CommentApi

TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
ADDRESS = r"/(?P<repository>[^/]+/[^/]+)/pull/(?P<number>[0-9]+)"
EXAMPLE = "https://github.com/OWNER/NAME/pull/NUMBER"


def comment_api(site: str, repository: str, number: str, token: str) -> CommentApi:
    """That of a pull request; `repository` is OWNER/NAME."""
    return CommentApi(
        base="https://api.github.com" if site == "https://github.com" else f"{site}/api/v3",
        headers={
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Authorization": f"Bearer {token}",
        },
        comments=f"/repos/{repository}/issues/{number}/comments",
        comment=f"/repos/{repository}/issues/comments",
        has_job_tokens=True,
    )
