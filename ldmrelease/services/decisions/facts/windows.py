"""When the windows of time are open that requirements ask for."""

from ldmrelease.domain.facts import Interval
from ldmrelease.services.decisions.facts.inquiry import Inquiry


def gather(inquiry: Inquiry) -> dict[str, tuple[Interval, ...]]:
    """The intervals of each requirement of rule `window`, in UTC."""
    asked = [each for each in inquiry.requirements if each.rule == "window"]
    if not asked:
        return {}
    from ldmrelease.config.policies.window_intervals import windows  # noqa: PLC0415 - knows the time zones

    return {each.id: windows(each, inquiry.release.now) for each in asked}
