"""What git tells on its standard error, in one line."""

import re

_BESIDE = ("warning:", "hint:", "cloning into", "to ", "remote:", "***")
"""How lines begin that do not say what went wrong."""


def telling_line(message: str) -> str:
    """The first line that says what went wrong, such as what ssh said before git's own `fatal:`; empty for none.

    What ssh says of host keys is told with what is to be done about it.
    """
    if (host_key := _host_key(message)) is not None:
        return host_key
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    telling = (line for line in lines if not line.lower().startswith(_BESIDE))
    return next(telling, lines[0] if lines else "")


_UNVERIFIED = "Host key verification failed"
_CHANGED = re.compile(r"Host key for (\S+) has changed")
_OFFENDING = re.compile(r"Offending \S+ key in (.+?):(\d+)")
_SENT = re.compile(r"^(SHA256:\S+?)\.?$", re.MULTILINE)


def _host_key(message: str) -> str | None:
    """What is wrong with the key of an ssh server; None where that is not it (messages of OpenSSH, 8.4 to 9.9)."""
    if (changed := _CHANGED.search(message)) is not None:
        kept, sent = _OFFENDING.search(message), _SENT.search(message)
        where = f" ({kept[1]}, line {kept[2]})" if kept is not None else ""
        other = f"; it is {sent[1]} now" if sent is not None else ""
        return (
            f"the host key of {changed[1]} is not the one that is known{where}{other}: somebody may stand between; ask "
            "the server's people before you put the new one there"
        )
    if _UNVERIFIED in message:
        return (
            "the server's host key is not known: compare it with what the server's people publish, and put it into "
            "known_hosts of ssh (connect once with ssh by hand), or into the file that `gitops: {known-hosts: FILE}` "
            "names"
        )
    return None
