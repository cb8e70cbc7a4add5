"""The holds that could apply to the release at the place: freezes of it, and recalls of what the release is.

They are read through the inquiry's reader, so that a decision that races with a recall is made again.
"""

from ldmrelease.domain.facts import HoldFact
from ldmrelease.services.acts.hold_facts import HeldQuestion, UnknownCondition, hold_facts
from ldmrelease.services.acts.holds import KnownHold, known_holds
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry


def gather(inquiry: Inquiry) -> tuple[HoldFact, ...]:
    """Those that stand, and those that will begin."""
    about, asked = inquiry.release, inquiry.question
    application = about.context.topology.application(asked.place)
    level = application.level if application is not None else ""
    question = HeldQuestion(asked.place, level, asked.intent, about.pinned.release, about.pinned.digest)
    return hold_facts(about.once(_known), question, lambda hold: _judged(inquiry, hold), about.now)


def _known(about: ReleaseInquiry) -> tuple[KnownHold, ...]:
    return known_holds(about.context)


def _judged(inquiry: Inquiry, hold: KnownHold) -> bool | UnknownCondition:
    about, place = inquiry.release, inquiry.question.place
    application = about.context.topology.application(place)
    if application is None or hold.body.predicate is None:
        return UnknownCondition(f"there is no place {place}")
    # The expression language, registries and threads: who has no conditional recall goes without.
    from ldmrelease.services.acts.conditions import judge_release  # noqa: PLC0415

    return judge_release(about.context, about.pinned, application, hold.body.predicate, about.now)
