"""The bases of all errors: what stops a command, and whose turn it is then.

A refusal is a value, not an error. Which exit code a base has is the command line's to say.
"""


class LdmreleaseError(Exception):
    """Something stops the work, and its message says to a person what and where: nothing could be decided."""


class InputError(LdmreleaseError):
    """What was asked, or a file that was read for it, cannot be used as it stands: change it and ask again."""


class BusyError(LdmreleaseError):
    """Somebody else is at it: ask again in a moment."""


def reason_of(error: Exception) -> str:
    """Why something went wrong, for a sentence: what the system says, without names and numbers of the language.

    `No such file or directory` for an `OSError`; of a process that took too long, how long it had.
    """
    told = getattr(error, "strerror", None)
    if isinstance(told, str) and told:
        return told
    seconds = getattr(error, "timeout", None)
    if isinstance(seconds, int | float):
        return f"no answer within {seconds:g} s"
    status = getattr(error, "returncode", None)
    return f"exit status {status}" if isinstance(status, int) else str(error)


class Unavailable:
    """Nobody could be reached, or no answer can be relied on, so that nothing is known.

    where: which registry, cluster, repository or program, without a password. reason: for a person.
    passes: it may be over in a moment, as where an API server is away.
    """

    # Neither a struct nor a dataclass: `--help` would wait for msgspec, and all the rest for `dataclasses`.
    __slots__ = ("passes", "reason", "where")
    __match_args__ = ("where", "reason", "passes")

    def __init__(self, where: str, reason: str, passes: bool = False) -> None:
        self.where = where
        self.reason = reason
        self.passes = passes

    def __repr__(self) -> str:
        return f"Unavailable({self.where!r}, {self.reason!r}, passes={self.passes})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unavailable) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def _fields(self) -> tuple[str, str, bool]:
        return self.where, self.reason, self.passes


class UnavailableError(LdmreleaseError):
    """`Unavailable` as an error: every adapter's error for what it could not learn derives from it.

    `where`, `reason` and `passes` are those of `Unavailable`.
    """

    where: str = ""
    reason: str = ""
    passes: bool = False

    @property
    def unavailable(self) -> Unavailable:
        """The same as a value."""
        return Unavailable(self.where, self.reason or str(self), self.passes)
