"""What to write instead of a word that is not known."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; None where nothing is near."""
    near = difflib.get_close_matches(word, sorted(known), n=1)
    return near[0] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean max-age?`, or all that is known where nothing is near."""
    choices = sorted(known)
    near = nearest(word, choices)
    if near is not None:
        return f"did you mean {near}?"
    return f"known are {', '.join(choices)}" if choices else "there are none yet"


def one_of(known: Iterable[str]) -> str | None:
    """`one of a, b`: what may be written; None where nothing is known."""
    choices = sorted(known)
    if len(choices) < 2:
        return choices[0] if choices else None
    return f"one of {', '.join(choices)}"


def same_but_spelling(word: str, known: Iterable[str]) -> str | None:
    """The known tag that is the same but for its case, its separators and a `v` in front."""
    return next((each for each in known if each != word and _plain(each) == _plain(word)), None)


def _plain(tag: str) -> str:
    return tag.lower().removeprefix("v").replace("_", ".").replace("-", ".")
