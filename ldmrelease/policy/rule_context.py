"""What a rule judges by, and how it writes down what it found."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from ldmrelease.domain.decision import Finding, Outcome, Phase
from ldmrelease.domain.facts import Facts
from ldmrelease.domain.level import Requirement
from ldmrelease.policy.index import Index


class RuleContext(Struct, frozen=True):
    """Facts, their index and the time of the decision.

    `platforms` are those that the level's `images` requirements name: evidence about an image is required for
    each of them, and where the level names none, for each platform that the image has. `findings` are those of
    everything else, for a rule that judges last.
    """

    facts: Facts
    index: Index
    now: datetime
    phase: Phase
    platforms: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    def finding(  # noqa: PLR0913 - the fields of a finding
        self,
        requirement: Requirement,
        outcome: Outcome,
        code: str,
        values: dict[str, Any] | None = None,
        *,
        evidence: tuple[str, ...] = (),
        who: tuple[str, ...] = (),
        next: tuple[str, ...] = (),
        when: datetime | None = None,
        until: datetime | None = None,
    ) -> Finding:
        """What became of a requirement, with the requirement's own fields filled in."""
        return Finding(
            requirement=requirement.id,
            rule=requirement.rule,
            phase=self.phase,
            outcome=outcome,
            code=code,
            values=values or {},
            definition=requirement.definition,
            evidence=evidence,
            who=who,
            next=next,
            when=when,
            until=until,
            source=requirement.source,
        )


def command(name: str, *words: str) -> tuple[str, ...]:
    """The words of a command to try next."""
    return ("ldmrelease", name, *words)
