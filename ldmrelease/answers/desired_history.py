"""What GitOps trees asked for in the past, by the histories that were imported."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.spellings import TimeText
from ldmrelease.domain.times import spell
from ldmrelease.services.audit.desired_history import DesiredPart, DesiredSetting


class PastPart(msgspec.Struct, frozen=True, kw_only=True):
    """A value that decided an image, by its path in a file; `line` is null where the history does not tell it."""

    file: str
    line: int | None
    path: str
    value: str | None


class PastImageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image that a tree asked for: desired state, of which nobody says that it ran.

    `kind`, `name` and `container` are null: values files name none. `image` is what they say of it, often its tag
    alone; of a selector of two parts both, put together. `since` is the time of the `commit` from which on it was
    asked for.
    """

    environment: str
    application: str
    kind: str | None
    name: str | None
    container: str | None
    image: str
    parts: tuple[PastPart, ...]
    since: TimeText
    commit: str
    author: str | None


PastImages = list[PastImageAnswer]


def past_answers(found: Iterable[DesiredSetting]) -> PastImages:
    """Every image that was asked for."""
    return [
        PastImageAnswer(
            environment=each.environment,
            application=each.application,
            kind=None,
            name=None,
            container=None,
            image=each.tag,
            parts=tuple(map(_part, each.parts)),
            since=spell(each.since),
            commit=each.commit,
            author=each.author,
        )
        for each in found
    ]


def _part(part: DesiredPart) -> PastPart:
    return PastPart(file=part.file, line=part.line, path=part.key, value=part.value)
