"""A comment on a pull request that is known by a marker: there is one of ours, and it is brought up to date."""

import enum

from ldmrelease.forges.pull_request import Comment, PullRequest


class Posted(enum.StrEnum):
    """What became of the comment."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def post_comment(pull_request: PullRequest, marker: str, body: str) -> Posted:
    """Have `body` as the one comment of ours that begins with `marker`, a comment of HTML that nobody sees.

    A comment that somebody else begins with the marker is left alone: they could change it after us.
    Raises `ForgeError`.
    """
    if (ours := _our_comment(pull_request, marker)) is None:
        pull_request.add_comment(body)
        return Posted.ADDED
    if _same_text(ours.body, body):
        return Posted.UNCHANGED
    pull_request.edit_comment(ours.identifier, body)
    return Posted.UPDATED


def _our_comment(pull_request: PullRequest, marker: str) -> Comment | None:
    marked = [each for each in pull_request.comments() if each.body.startswith(marker)]
    if not marked:
        return None
    account = pull_request.own_account()
    return next((each for each in marked if _is_ours(each, account)), None)


def _is_ours(comment: Comment, account: str | None) -> bool:
    # A job's token may not ask who it is; what it writes is a bot's, which no person is.
    return comment.is_bot if account is None else comment.author == account


def _same_text(one: str, other: str) -> bool:
    """Forges keep line ends and the space at the end in ways of their own."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
