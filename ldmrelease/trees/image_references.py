"""Image references in texts of a tree. Pure."""

import re

_NAME = re.compile(
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"
)
_REFERENCE = re.compile(
    rf"(?P<name>{_NAME.pattern})(?P<rest>(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?)"
)


def split_reference(text: str) -> tuple[str, str] | None:
    """The name of a reference, and its tag and digest as they follow it; None for what is no reference."""
    found = _REFERENCE.fullmatch(text)
    return (found["name"], found["rest"]) if found is not None else None


def is_count(text: str) -> bool:
    """Whether it is a number as revisions are counted: a few digits of ASCII."""
    return text.isascii() and text.isdecimal() and len(text) <= 18
