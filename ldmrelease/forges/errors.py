"""What goes wrong with a forge."""

from ldmrelease.domain.errors import InputError, UnavailableError


class ForgeError(UnavailableError):
    """A forge could not be asked, refused, or did not answer as documented. `status` is that of HTTP, if any."""

    def __init__(self, where: str, what: str, status: int | None = None) -> None:
        self.where = where
        self.status = status
        super().__init__(f"{where}: {what}")


class NotAPullRequest(InputError):
    """An address is not that of a pull request of a forge that we know."""


class NotARepository(InputError):
    """An address is not that of a repository of a forge, or a token must not go there."""


class NoToken(InputError):
    """No token for the forge was found where it is looked for."""
