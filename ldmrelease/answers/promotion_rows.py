"""The list of promotions."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.overlays import OverlayAnswer, overlay_answer
from ldmrelease.answers.people import with_people
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText, time_text
from ldmrelease.domain.facts import Intent
from ldmrelease.ledger import LedgerReader
from ldmrelease.services.inventory.promotions import PromotionSummary
from ldmrelease.services.promotions.wait_reasons import pending_requirements
from ldmrelease.trust.keyring import Keyring


class PromotionRowAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion in a list. `done` are the places that it is through with; it waits `until` a time, for `who`,
    roles with their people;
    `pending` are the requirements that it waits for, or what it waits for in the cluster. `overlay`: it asks for less
    than everybody is asked.

    It is `untrusted` where one of its events does not count; what a signed request would have said is null then.
    """

    promotion: str
    state: str
    intent: Intent | None
    release: ReleaseName | None
    release_digest: DigestText | None
    target: str | None
    alias: str | None
    places: tuple[PlaceName, ...]
    done: tuple[PlaceName, ...]
    by: str | None
    requested: TimeText
    last: TimeText
    until: TimeText | None
    who: tuple[str, ...]
    pending: tuple[str, ...]
    overlay: OverlayAnswer | None = None


Promotions = list[PromotionRowAnswer]


def promotion_rows(ledger: LedgerReader, keyring: Keyring, found: Iterable[PromotionSummary]) -> Promotions:
    """The list of promotions; of one that is untrusted, what its signed request says, if it has one."""
    return [_row(ledger, keyring, each) for each in found]


def _row(ledger: LedgerReader, keyring: Keyring, summary: PromotionSummary) -> PromotionRowAnswer:
    asked = summary.request.body if summary.request is not None else None
    left, journal = summary.left(), summary.journal
    return PromotionRowAnswer(
        promotion=summary.promotion,
        state=str(summary.state),
        intent=asked.intent if asked is not None else None,
        release=f"{asked.product}/{asked.tag}" if asked is not None else None,
        release_digest=asked.release if asked is not None else None,
        target=asked.target if asked is not None else None,
        alias=asked.alias if asked is not None else None,
        places=tuple(map(str, summary.places)),
        done=tuple(str(each) for each in summary.places if each not in left),
        by=summary.by or None,
        requested=time_text(summary.first.time) or "",
        last=time_text(summary.last) or "",
        until=time_text(journal.until) if journal is not None else None,
        who=with_people(keyring, journal.who) if journal is not None else (),
        pending=pending_requirements(ledger, summary),
        overlay=overlay_answer(asked.overlay) if asked is not None else None,
    )
