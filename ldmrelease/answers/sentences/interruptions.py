"""Words for why a promotion stands still, though nothing speaks against it: who is in the way, or does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.text import moment, said

if TYPE_CHECKING:
    from ldmrelease.domain.errors import Unavailable
    from ldmrelease.services.promotions.work import PlaceBusy


def busy_words(busy: PlaceBusy) -> str:
    """Who claims a place, has written it and waits, or has proposed a change of it that is open."""
    if busy.proposal is not None:
        at = f" ({said(busy.proposal)})" if busy.proposal else ""
        return (
            f"{busy.promotion} ({said(busy.holder)}) has proposed a change of {busy.place}{at} that is open since "
            f"{moment(busy.since)}; once it is merged: `ldmrelease resume {busy.promotion}`; to take it back: "
            f"`ldmrelease abort {busy.promotion}`"
        )
    if busy.waits:
        return (
            f"{busy.promotion} ({said(busy.holder)}) has written {busy.place} and waits there since "
            f"{moment(busy.since)}; what it waits for: `ldmrelease promotions show {busy.promotion}`; to put back what "
            f"was there before: `ldmrelease abort {busy.promotion}`"
        )
    claimed = f"{busy.place or 'a place of it'} is claimed by {busy.promotion} ({said(busy.holder)}) since "
    if busy.left:
        return (
            f"{claimed}{moment(busy.since)}, and nobody is at work on it any more; carry it on with `ldmrelease resume "
            f"{busy.promotion}`, or put back what was there before: `ldmrelease abort {busy.promotion}`"
        )
    return (
        f"{claimed}"
        f"{moment(busy.since)}; wait for it, or take it over with `ldmrelease resume {busy.promotion} --take-over`"
    )


def interrupted_words(interrupted: Unavailable) -> str:
    """Who could not be reached in the middle of a promotion."""
    return f"{said(interrupted.where)} could not be reached: {said(interrupted.reason)}"
