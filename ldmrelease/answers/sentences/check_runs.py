"""Why a run of a check said nothing of the release, in words."""

from ldmrelease.answers.sentences.text import said
from ldmrelease.checks.outcome import Unread

WORDS: dict[str, str] = {
    Unread.NOT_FOLLOWED: "its message says where its result is, which was not read",
    Unread.NO_DIGEST: "its message does not say by digest where its result is; write HOST/REPOSITORY@sha256:...",
    Unread.ELSEWHERE: "its message says that its result is elsewhere than in the check's `results` repository",
    Unread.ABSENT: "the result that its message names is not in the check's `results` repository",
    Unread.TOO_LARGE: "the result that its message names has more than 1 MiB or more than 10,000 tests",
    Unread.DIFFERS: "the result that came is not the one whose digest its message names",
    Unread.NOT_TEXT: "the result that its message names is not one text in UTF-8: a blob, or a manifest's one layer",
    Unread.POINTS_ON: "the result that its message names says that the result is elsewhere still",
}
"""Of problems whose output does not tell the rest."""


def problem_words(problem: object) -> str:
    """A problem of a run: its code, and its words where its output does not say more."""
    words = WORDS.get(str(problem))
    return said(problem) if words is None else f"{said(problem)}: {words}"
