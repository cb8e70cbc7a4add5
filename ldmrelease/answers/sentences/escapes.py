"""Text of elsewhere, made safe to show."""


def printable(text: str) -> str:
    """Text of elsewhere on one line: what would steer a terminal, or is not a character, is shown escaped."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def printable_text(text: str) -> str:
    """The text without what no encoding holds: unpaired surrogates are shown escaped."""
    return text.encode("utf-8", "backslashreplace").decode()
