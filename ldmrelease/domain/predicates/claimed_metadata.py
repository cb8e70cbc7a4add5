"""What a statement claims of itself, type by type: its time, its environment, its resource.

Claims are never proof: the time that counts is the intake; a claim can only make a statement count less.
"""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ldmrelease.domain import times
from ldmrelease.domain.statements import Statement

# Where each predicate says when it was made; the first that is there counts.
_TIMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "check": (("ldmreleaseRun", "finishedOn"),),
    "receipt": (("timeVerified",),),
    "provenance": (("runDetails", "metadata", "finishedOn"), ("runDetails", "metadata", "startedOn")),
    "vulnerabilities": (("metadata", "scanFinishedOn"), ("metadata", "scanStartedOn")),
    "sbom": (("metadata", "timestamp"), ("creationInfo", "created")),
}


def claimed_time(statement: Statement) -> datetime | None:
    """When the statement says that it was made. Raises `ValueError` for a time that cannot be read."""
    found = (_at(statement.predicate, path) for path in _TIMES.get(statement.type, ()))
    text = next((each for each in found if each is not None), None)
    if text is None:
        return None
    return read_time(text)


def read_time(text: Any) -> datetime:
    """A claimed time with its zone. Raises `ValueError`."""
    try:
        return times.instant(text)
    except (TypeError, OverflowError):
        raise ValueError(f"{text!r} is no time; write it like 2023-04-20T09:55:23Z") from None


def claimed_environment(statement: Statement) -> str | None:
    """Where a test result or a receipt says that it holds."""
    if statement.type == "check":
        name = _at(statement.predicate, ("ldmreleaseRun", "environment", "name"))
    elif statement.type == "receipt":
        name = resource(statement)[1]
    else:
        name = None
    return name if isinstance(name, str) else None


def resource(statement: Statement) -> tuple[str | None, str | None]:
    """The repository and the environment of a receipt's resource, `oci://REPOSITORY?environment=NAME`."""
    uri = statement.predicate.get("resourceUri")
    try:
        parts = urlsplit(uri) if isinstance(uri, str) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme != "oci":
        return None, None
    environments = parse_qs(parts.query).get("environment", [])
    return parts.netloc + parts.path, environments[0] if len(environments) == 1 else None


def _at(plain: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(plain, dict):
            return None
        plain = plain.get(name)
    return plain
