"""Text of elsewhere on a page: shown, never obeyed, and no longer than a page bears."""

from ldmrelease.answers.sentences.escapes import printable

LONGEST = 1_000
"""Characters of one text that are shown; the rest is counted."""


def inert(text: str, longest: int = LONGEST) -> str:
    """The text on one line as terminals get it (`printable`), cut after `longest` characters, which is said.

    Not yet escaped for HTML: that is the template's part.
    """
    if len(text) <= longest:
        return printable(text)
    return f"{printable(text[:longest])}\N{HORIZONTAL ELLIPSIS} ({len(text):,} characters, cut after {longest:,})"


def finalized(value: object) -> object:
    """What a template prints of a value: markup as it is, anything else as inert text."""
    if hasattr(value, "__html__"):
        return value
    return inert(value if isinstance(value, str) else str(value))
