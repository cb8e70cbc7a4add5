"""What a file of cases may say of approvals and waivers, and what that means."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from ldmrelease.config.yaml.fields import Duration, Name, Names, Strict, Text
from ldmrelease.policy.cases.acts import ScenarioActs, ScenarioApproval, ScenarioWaiver

WhatOutcome = Literal["satisfied", "waived", "reported", "pending", "errored", "missing", "failed"]


class ActEntry(Strict):
    """What a person signed."""

    person: Text | None = Field(None, description="Who signed it. Left out: somebody of its name.")
    roles: Names | None = Field(None, description="The roles in which it counts.")
    given: Duration | None = Field(None, description="When, as a time before `at`. Left out: at `at`.")
    lasts: Duration | None = Field(None, description="How long from then. Left out: as long as it may.")
    rejected: Text | None = Field(
        None, description="The code for which it does not count. Left out: it does."
    )


class ApprovalEntry(ActEntry):
    """An approval, on what is found there without it."""

    about: Literal["release", "content"] | None = Field(None, description="Left out: the release.")
    source: Text | None = Field(
        None, description="Where else it was given, such as jira:RFC-1. Left out: with us."
    )
    was: dict[Name, WhatOutcome] | None = Field(
        None, description="Outcomes of requirements as it was given, where they are others now."
    )


class WaiverEntry(ActEntry):
    """A waiver of a requirement."""

    requirement: Name | None = Field(None, description="Which. Left out: its name is the requirement.")
    covers: list[Text] | None = Field(
        None,
        description="What it covers: the outcome and names, such as `failed` and `test:plot`. Left out: all that "
        "stands in the way now.",
    )


def acts_of(
    approvals: Mapping[str, ApprovalEntry | None] | None,
    waivers: Mapping[str, WaiverEntry | None] | None,
    at: datetime,
) -> ScenarioActs:
    """What is written of approvals and waivers, as of the time of the decision."""
    return ScenarioActs(
        tuple(
            _approval(name, each or ApprovalEntry.model_validate({}), at)
            for name, each in (approvals or {}).items()
        ),
        tuple(
            _waiver(name, each or WaiverEntry.model_validate({}), at)
            for name, each in (waivers or {}).items()
        ),
    )


def _approval(name: str, entry: ApprovalEntry, at: datetime) -> ScenarioApproval:
    given, ends = _times(entry, at)
    return ScenarioApproval(
        name=name,
        person=entry.person or name,
        roles=tuple(entry.roles or ()),
        given=given,
        expires=ends,
        about=entry.about or "release",
        source=entry.source,
        was=dict(entry.was or {}),
        rejected=entry.rejected,
    )


def _waiver(name: str, entry: WaiverEntry, at: datetime) -> ScenarioWaiver:
    given, ends = _times(entry, at)
    return ScenarioWaiver(
        name=name,
        requirement=entry.requirement or name,
        person=entry.person or "somebody",
        roles=tuple(entry.roles or ()),
        given=given,
        expires=ends,
        covers=None if entry.covers is None else tuple(entry.covers),
        rejected=entry.rejected,
    )


def _times(entry: ActEntry, at: datetime) -> tuple[datetime, datetime | None]:
    given = at - timedelta(seconds=entry.given or 0)
    return given, None if entry.lasts is None else given + timedelta(seconds=entry.lasts)
