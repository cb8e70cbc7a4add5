"""When the windows of time are open that requirements ask for."""

from ldmrelease.config.policies.windows import windows
from ldmrelease.domain.facts import Interval
from ldmrelease.services.decisions.facts.inquiry import Inquiry


def gather(inquiry: Inquiry) -> dict[str, tuple[Interval, ...]]:
    """The intervals of each requirement of rule `window`, in UTC."""
    return {each.id: windows(each, inquiry.now) for each in inquiry.requirements if each.rule == "window"}
