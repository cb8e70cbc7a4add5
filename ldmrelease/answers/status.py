"""Where each release stands in each environment."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from ldmrelease.answers.overlays import OverlayAnswer, overlay_answer
from ldmrelease.answers.people import with_people
from ldmrelease.answers.sentences.text import command_line
from ldmrelease.answers.spellings import DigestText, ReleaseName, TimeText, time_text
from ldmrelease.domain.decision import Verdict
from ldmrelease.domain.events.promotion import PromotionState
from ldmrelease.services.reports.release_status import ReleaseStatus
from ldmrelease.trust.keyring import Keyring

PresenceName = Literal["running", "partly", "unobserved", "gone", "never"]


class StatusAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A release in an environment. `presence`: it runs at all of its places there, at `running` of them (`partly`), was
    there when somebody looked last, was there once, or never; `since` is from when that holds as far as it was seen,
    and without any of it when it was decided or asked. `promotion` is the latest one there, with its state; `verdict`
    is its latest decision there, and `decision` its digest. `next` is a command to go on with; it waits `until` a time,
    for `who`, roles with their people. `overlay`: the promotion asked for less than everybody is asked.
    """

    release: ReleaseName
    environment: str
    presence: PresenceName
    running: int
    places: int
    since: TimeText | None
    verdict: Verdict | None
    decision: DigestText | None
    promotion: str | None
    state: PromotionState | None
    by: str | None
    until: TimeText | None
    who: tuple[str, ...]
    next: str | None
    overlay: OverlayAnswer | None = None


Status = list[StatusAnswer]


def status_answers(keyring: Keyring, rows: Iterable[ReleaseStatus]) -> Status:
    """Every release that is asked about, in every environment."""
    return [
        StatusAnswer(
            release=each.release,
            environment=each.environment,
            presence=each.presence.value,
            running=each.running,
            places=each.places,
            since=time_text(each.since),
            verdict=each.verdict,
            decision=each.decision,
            promotion=each.promotion,
            state=each.state,
            by=each.by,
            until=time_text(each.until),
            who=with_people(keyring, each.who),
            overlay=overlay_answer(each.overlay),
            next=command_line(each.next) if each.next else None,
        )
        for each in rows
    ]
