"""Results too long for a run's message: read from the registry that the message points to, and judged like one.

What is tested writes the pointer, so the pointer chooses nothing but a digest: only the repository that the check
names as its `results` is asked, and whoever runs the check is known to no other host by it. Size and number are
limited, and a pointer is followed once.
"""

from collections.abc import Callable

from ldmrelease.checks.outcome import RunOutcome, Unread, unread
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.topology import Check
from ldmrelease.registry.errors import BadAnswer, DigestMismatch, LimitExceeded, NotFound, RegistryError
from ldmrelease.registry.manifests import Manifest, parse_object
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import MIB, Repository

LARGEST = MIB
"""Bytes of a result that are read."""
MOST_TESTS = 10_000
"""Tests that a result may name: each of them is signed, kept and shown."""


def resolve_referenced(
    registries: Registries, check: Check, ran: RunOutcome, judged: Callable[[str], RunOutcome]
) -> RunOutcome | Unavailable:
    """The run with what its message points to; as it is where it points to nothing.

    judged: the same run, judged by such a text. `Unavailable`: the registry could not be reached; try again later.

    Problems: those of `Unread`.
    """
    if ran.result_at is None:
        return ran
    try:
        text = _read(registries, check, ran.result_at)
    except RegistryError as error:
        return error.unavailable
    if isinstance(text, Unread):
        return unread(check.tests, ran, text)
    found = judged(text)
    if len(found.passed) + len(found.failed) > MOST_TESTS:
        return unread(check.tests, ran, Unread.TOO_LARGE)
    return found


def _read(registries: Registries, check: Check, pointer: str) -> str | Unread:
    """The text at a pointer. Raises `RegistryError` where the registry could not be reached."""
    try:
        aim = parse_reference(pointer)
    except ValueError:
        return Unread.NO_DIGEST
    if aim.digest is None:
        return Unread.NO_DIGEST
    named = parse_reference(check.results) if check.results is not None else None
    if named is None or aim.name != named.name:
        return Unread.ELSEWHERE
    try:
        return _content(registries.open(named), aim.digest).decode()
    except NotFound:
        return Unread.ABSENT
    except LimitExceeded:
        return Unread.TOO_LARGE
    except DigestMismatch:
        return Unread.DIFFERS
    # What is there was written by whoever is tested: a manifest that is none stays one, however often it is read.
    except (BadAnswer, ValueError):
        return Unread.NOT_TEXT


def _content(repository: Repository, digest: str) -> bytes:
    """The blob, or the one layer of the manifest. Raises `RegistryError`; `ValueError` where it has not one."""
    try:
        content = repository.blob(digest, limit=LARGEST)
    except NotFound:
        content = repository.manifest(digest).content
    # By what is there: a folder gives manifests for blobs, and docker-registry fails when asked for a blob's manifest.
    if not _is_manifest(content):
        return content
    (layer,) = Manifest(content, "", digest).layers()
    return repository.blob(layer.digest, limit=LARGEST)


def _is_manifest(content: bytes) -> bool:
    try:
        return "schemaVersion" in parse_object(content)
    except ValueError:
        return False
