"""What rests on what a key has signed, as it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText
from ldmrelease.domain import times

if TYPE_CHECKING:
    from ldmrelease.services.governance.impact import KeyImpact, RestingImage


class SignedGroupAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Things of one kind that a key has signed about a place and a release, where they name one: how many, and when the
    ledger took in the first and the last.
    """

    kind: str
    place: PlaceName | None
    release: ReleaseName | None
    number: int
    first: TimeText
    last: TimeText


class RestingImageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An image that runs, since when, and the kinds of what the key has signed about it."""

    place: PlaceName
    product: str
    component: str
    release: ReleaseName | None
    digest: DigestText | None
    since: TimeText
    kinds: tuple[str, ...]


class KeyImpactAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What would stop counting if nothing of a key counted that the ledger took in `since` (null: ever), and what runs
    and rests on it; `compromised_since` is what the trust document says.
    """

    key: str
    keyid: str
    person: str
    since: TimeText | None
    compromised_since: TimeText | None
    number: int
    signed: tuple[SignedGroupAnswer, ...]
    running: tuple[RestingImageAnswer, ...]


def key_impact_answer(found: KeyImpact) -> KeyImpactAnswer:
    """The same as plain values."""
    since, compromised = found.since, found.key.compromised_since
    return KeyImpactAnswer(
        key=found.key.id,
        keyid=found.key.keyid,
        person=found.key.person,
        since=None if since is None else times.spell(since),
        compromised_since=None if compromised is None else times.spell(compromised),
        number=found.number,
        signed=tuple(
            SignedGroupAnswer(
                kind=each.kind,
                place=each.place,
                release=each.release,
                number=each.number,
                first=times.spell(each.first),
                last=times.spell(each.last),
            )
            for each in found.groups
        ),
        running=tuple(map(_resting, found.running)),
    )


def _resting(each: RestingImage) -> RestingImageAnswer:
    row = each.row
    return RestingImageAnswer(
        place=str(row.place),
        product=row.product,
        component=row.component,
        release=row.release,
        digest=row.digest or None,
        since=row.since,
        kinds=each.kinds,
    )
