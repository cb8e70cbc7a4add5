"""What went wrong with a registry or a layout, so that nothing could be decided.

Every error says what was asked of which repository, and what to do about it. That something is not there is
an answer where the question was "is it there?" (`resolve`, `has_blob`); it is an error only where it was
asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ldmrelease.domain.errors import UnavailableError


class RegistryError(UnavailableError):
    """A registry or layout did not give an answer that can be trusted.

    `method` is the HTTP method (or READ/WRITE for a layout), `repository` the repository's name as the user
    writes it, `status` the HTTP status if there was one, `hint` what the user can do.
    """

    hint = "try again; if it stays so, ask whoever runs the registry"

    def __init__(
        self, what: str, *, method: str, repository: str, status: int | None = None, hint: str | None = None
    ) -> None:
        self.what = what
        self.method = method
        self.repository = repository
        self.where = repository
        self.status = status
        if hint is not None:
            self.hint = hint
        super().__init__(f"{method} {repository}: {what} ({self.hint})")


class NotFound(RegistryError):
    """The manifest or blob that was asked for is not there."""

    hint = "check the spelling of the reference"


class Denied(RegistryError):
    """The registry refused our credentials, or our lack of them (401, 403)."""

    hint = "log in with 'docker login' or 'podman login', or ask for access to this repository"


class RegistryUnreachable(RegistryError):
    """No connection, or it was cut before the answer was complete."""

    hint = "check the network and the registry's address, then try again"


class DigestMismatch(RegistryError):
    """The bytes that came are not those that the digest names."""

    hint = "the bytes are damaged or were replaced: do not use them; tell whoever runs the registry"


class LimitExceeded(RegistryError):
    """The answer is larger than anything we are ready to read."""

    hint = "nothing was decided from a part of the answer; find out who wrote so much into this repository"


class BadAnswer(RegistryError):
    """The answer does not follow the specification, so it says nothing."""

    hint = "check that the address is that of an OCI registry or layout"


class SchemaOne(BadAnswer):
    """An image in the form that Docker had before 2016, without a configuration that anything could be pinned by."""

    hint = "pull it with a docker of 2024 or older, push it again, and it has a form that is read everywhere"


class CredentialsUnreadable(RegistryError):
    """A credentials file or helper could not be used."""

    hint = "repair the file, or log in again"


@contextmanager
def reading_answer(method: str, repository: str) -> Iterator[None]:
    """Whatever ValueError the reading of an answer raises, the answer was bad."""
    try:
        yield
    except ValueError as error:
        raise BadAnswer(str(error), method=method, repository=repository) from error
