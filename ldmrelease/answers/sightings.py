"""What others say to have seen, among the rows of `where --at`."""

from collections.abc import Iterable

from ldmrelease.answers.places import WhereAnswer
from ldmrelease.domain.times import spell
from ldmrelease.services.audit.told_by_others import SeenByOthers

SEEN_BY_OTHERS = "seen-by-others"


def sighting_answers(seen: Iterable[SeenByOthers]) -> list[WhereAnswer]:
    """A row for each: no release, level or promotion is claimed for it."""
    return [
        WhereAnswer(
            place=str(each.place),
            level="",
            state=SEEN_BY_OTHERS,
            component=each.component,
            spelling=each.text,
            digest=each.digest,
            last=spell(each.time),
            by=each.by,
        )
        for each in seen
    ]
