"""What was asked of whom, and how long it took: written to stderr where --verbose or LDMRELEASE_LOG asks for it.

Loggers are those of the standard library, one for each kind of system: `ldmrelease.registry`, `ldmrelease.cluster`,
`ldmrelease.git`, `ldmrelease.program` (other programs that are run). Nothing is imported or measured while it is off.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "LDMRELEASE_LOG"
LEVELS = ("debug", "info", "warning", "error")
_SECRETS = re.compile(r"(?<=//)[^/@\s]*@|\?\S*")
"""Credentials in an address, and what follows its path: upload sessions are as good as a password."""

_enabled = False


def enable(level: str) -> None:
    """Write logs of this level (one of `LEVELS`) and above to stderr; `debug` has those of libraries, too."""
    import logging  # noqa: PLC0415 - who logs nothing goes without

    global _enabled  # noqa: PLW0603 - one process, one answer
    _enabled = True

    class Escaping(logging.Formatter):
        """On a terminal too nothing of elsewhere does what it wants."""

        def format(self, record: logging.LogRecord) -> str:
            text = super().format(record)
            return "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in text)

    handler = logging.StreamHandler()
    handler.setFormatter(Escaping("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
    logging.basicConfig(handlers=[handler])
    logging.getLogger("ldmrelease").setLevel(level.upper())
    if level == "debug":
        logging.getLogger().setLevel(logging.DEBUG)


def wanted(verbose: bool) -> str | None:
    """The level that the option or the environment asks for; None where nothing is to be logged.

    Raises `ValueError` for a level that does not exist.
    """
    level = os.environ.get(VARIABLE, "").lower()
    if level and level not in LEVELS:
        raise ValueError(f"{VARIABLE} is {level!r}; write one of {', '.join(LEVELS)}")
    return level or ("info" if verbose else None)


@contextmanager
def asked(system: str, what: str) -> Iterator[None]:
    """Log a request to another system when it has ended, with its milliseconds, and how it failed if it did.

    system: the last part of the logger's name. what: the request, such as `GET https://...`; credentials and query
    strings in it are left out.
    """
    if not _enabled:
        yield
        return
    import logging  # noqa: PLC0415 - as above

    logger, started = logging.getLogger(f"ldmrelease.{system}"), time.monotonic()
    try:
        yield
    except BaseException as error:
        took = (time.monotonic() - started) * 1000
        logger.warning("%s failed after %.0f ms: %s", _SECRETS.sub("", what), took, type(error).__name__)
        raise
    logger.info("%s %.0f ms", _SECRETS.sub("", what), (time.monotonic() - started) * 1000)
