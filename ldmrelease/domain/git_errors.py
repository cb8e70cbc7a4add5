"""What git tells on its standard error, in one line."""

_BESIDE = ("warning:", "hint:", "cloning into", "to ", "remote:", "***")
"""How lines begin that do not say what went wrong."""


def telling_line(message: str) -> str:
    """The first line that says what went wrong, such as what ssh said before git's own `fatal:`; empty for none."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    telling = (line for line in lines if not line.lower().startswith(_BESIDE))
    return next(telling, lines[0] if lines else "")
