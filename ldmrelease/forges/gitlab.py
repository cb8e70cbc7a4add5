"""GitLab: the notes of a merge request, those that GitLab itself makes (of commits, of labels) with them.

Source: GitLab's REST API v4, "Notes".
"""

from urllib.parse import quote

from ldmrelease.forges.pull_request import CommentApi

TOKENS = ("GITLAB_TOKEN",)
ADDRESS = r"/(?P<repository>[^?#]+?)/-/merge_requests/(?P<number>[0-9]+)"
EXAMPLE = "https://gitlab.com/GROUP/NAME/-/merge_requests/NUMBER"


def comment_api(site: str, repository: str, number: str, token: str) -> CommentApi:
    """That of a merge request; `repository` is the project's whole path."""
    notes = f"/projects/{quote(repository, safe='')}/merge_requests/{number}/notes"
    return CommentApi(
        base=f"{site}/api/v4",
        headers={"PRIVATE-TOKEN": token},
        comments=notes,
        comment=notes,
        edit="PUT",
        author="author",
        account="username",
    )
