"""Tags: what each means."""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, UnsetType

from ldmrelease.domain.tags import Kind, Tag


class TagAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A tag as its grammar reads it; `reason` says why it is none. `git`, `eups` and `image` are its spellings.

    `parts` are those of a workspace's own pattern.
    """

    input: str
    grammar: str
    parsed: bool
    kind: Kind
    git: str | None
    eups: str | None
    image: str | None
    version: tuple[int | str | None, ...] | None
    cycle: int | None
    cycle_build: int | None
    rsp: int | None
    extra: str | None
    architecture: str | None
    display_name: str
    reason: str | None
    parts: dict[str, int | str] | UnsetType = UNSET


Tags = list[TagAnswer]
SortedTags = list[str]


def tag_answers(tags: Iterable[Tag]) -> Tags:
    """What each tag means."""
    return [
        TagAnswer(
            input=each.input,
            grammar=each.grammar,
            parsed=each.parsed,
            kind=each.kind,
            git=each.git,
            eups=each.eups,
            image=each.image,
            version=None if each.version is None else tuple(each.version),
            cycle=each.cycle,
            cycle_build=each.cycle_build,
            rsp=each.rsp,
            extra=each.extra,
            architecture=each.architecture,
            display_name=each.display_name,
            reason=each.reason,
            parts=dict(each.parts) if each.parts else UNSET,
        )
        for each in tags
    ]
