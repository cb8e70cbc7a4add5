"""The one spelling of times, digests, places and releases in answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ldmrelease.domain import times
from ldmrelease.domain.topology import Place

TimeText = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
        description="RFC 3339, whole seconds, UTC.",
        extra_json_schema={"format": "date-time"},
    ),
]
DigestText = Annotated[
    str,
    Meta(
        pattern=r"^(sha256:[0-9a-f]{64}|gitCommit:[0-9a-f]{40})$",
        description="sha256 of bytes, or a git commit.",
    ),
]
PlaceName = Annotated[
    str, Meta(pattern=r"^[^/]+/[^/]+$", description="environment/application, such as summit/nublado.")
]
ReleaseName = Annotated[
    str,
    Meta(pattern=r"^[^/]+/.+$", description="product/tag, such as stack/w.2023.16, the tag as git has it."),
]
Values = dict[str, Any]


def time_text(at: datetime | str | None) -> str | None:
    """A time as answers spell it."""
    return times.spell(at) if isinstance(at, datetime) else at


def plain_values(values: Mapping[str, Any]) -> Values:
    """The values of a code with places and times as answers spell them."""
    return {str(key): plain_value(each) for key, each in values.items()}


def plain_value(value: Any) -> Any:
    """A value with places and times as answers spell them."""
    if isinstance(value, Place):
        return str(value)
    if isinstance(value, datetime):
        return times.spell(value)
    if isinstance(value, Mapping):
        if value.keys() == {"environment", "application"}:
            return f"{value['environment']}/{value['application']}"
        return plain_values(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(each) for each in value]
    return msgspec.to_builtins(value)
