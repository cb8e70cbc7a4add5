"""Where the comment of a gate goes: to a pull request, into a file, or to whoever reads our output."""

import os
from collections.abc import Callable

from ldmrelease.faces.cli.gate_reports import write_file
from ldmrelease.forges.errors import ForgeError
from ldmrelease.forges.pull_request import PullRequest
from ldmrelease.render.output import pass_on, say

STDOUT = "-"


def comment_writer(where: str) -> Callable[[str], None]:
    """What writes a comment to `where`: the address of a pull request, a file, or `-`.

    Raises NotAPullRequest and NoToken before anything is decided.
    """
    if where == STDOUT:
        return pass_on
    if "://" not in where:
        return lambda text: write_file(where, text)
    from ldmrelease.forges.registry import open_pull_request  # noqa: PLC0415 - most gates know no forge

    pull_request = open_pull_request(where, os.environ)
    return lambda text: _post(pull_request, where, text)


def _post(pull_request: PullRequest, where: str, text: str) -> None:
    """Post it. A forge that is away does not change what the gate decides, which the exit code tells."""
    from ldmrelease.forges.marked_comments import post_comment  # noqa: PLC0415 - as above

    marker, _, _ = text.partition("\n")
    try:
        posted = post_comment(pull_request, marker, text)
    except ForgeError as error:
        say(f"warning: the comment was not written: {error}", err=True)
        return
    say(f"comment {posted}: {where}", err=True)
