"""Words for a command that is not advised, since it would be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldmrelease.answers.sentences.findings import sentence
from ldmrelease.answers.sentences.text import command_line

if TYPE_CHECKING:
    from ldmrelease.services.inventory.drift_report import Blocked


def not_advised_words(found: Blocked) -> str:
    """That a command would not be let through, and why; or from when on it would be."""
    if found.once:
        return f"once {found.once}: {command_line(found.command)}"
    return f"no command is advised: `{command_line(found.command)}` would not be let through: {blocked_words(found)}"


def blocked_words(found: Blocked) -> str:
    """What stands in the way of a command."""
    if found.decision is not None:
        return "; ".join(sentence(each) for each in found.decision.unmet())
    from ldmrelease.answers.sentences.target_refusals import refusal_words  # noqa: PLC0415 - where something is refused

    return found.reason or "; ".join(refusal_words(each) for each in found.refusals)
