"""`approval`: enough persons of the right roles have approved it, and what they approved still holds.

Persons are counted, never keys: whoever asked for it, pinned it, or signed a waiver that is in use is none of them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Literal

from msgspec import Struct, field

from ldmrelease.domain import times
from ldmrelease.domain.decision import Finding, Outcome
from ldmrelease.domain.facts import ApprovalFact, Facts, Intent
from ldmrelease.domain.level import Requirement
from ldmrelease.policy.basis import void
from ldmrelease.policy.quorum import Group, lacking
from ldmrelease.policy.rule_context import RuleContext, command
from ldmrelease.policy.waivers import waivers_in_use

ALSO_ASKED_OF = (Intent.ALIAS,)
JUDGES_LAST = True
"""It looks at what became of everything else."""

WEEK = 7 * 24 * 3600


class Parameters(Struct, frozen=True):
    """`quorum` persons, each with one of the roles `by`, and of each role in `each` as many as it says.

    `about` is what is approved; `observed` names the systems (`jira`, `github`) of which approvals count that a bridge
    saw there; an approval ends `max_age` seconds after its intake. Asked of releases of the `kinds`, for the `intents`,
    and of the `aliases` (patterns) that move; of all where nothing is named.
    """

    by: tuple[str, ...] = ()
    quorum: int = 1
    each: dict[str, int] = field(default_factory=dict)
    about: Literal["release", "content"] = "release"
    observed: tuple[str, ...] = ()
    max_age: int = WEEK
    kinds: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def groups(self) -> tuple[Group, ...]:
        """Who is asked for."""
        group = (Group(self.by, self.quorum),) if self.by else ()
        return (*group, *(Group((role,), number) for role, number in sorted(self.each.items())))

    def applies(self, facts: Facts) -> bool:
        """Whether it is asked of what the facts are about."""
        return (
            facts.release.kind in (self.kinds or (facts.release.kind,))
            and str(facts.intent) in (self.intents or (str(facts.intent),))
            and (not self.aliases or any(fnmatchcase(facts.alias or "", each) for each in self.aliases))
        )


class _Vote(Struct, frozen=True):
    """An approval as it counts here: `persons` with `roles`, until it ends; or why it does not."""

    approval: ApprovalFact
    persons: tuple[str, ...]
    until: datetime
    refusals: tuple[dict[str, Any], ...] = ()


_Persons = dict[str, dict[str, datetime]]
"""By person: the roles in which they count, each with its end."""


def judge(requirement: Requirement, parameters: Parameters, context: RuleContext) -> Finding:
    """Pending until all seats are taken, and as soon as one of those who took them has no say any more."""
    groups, facts = parameters.groups(), context.facts
    values: dict[str, Any] = {"about": parameters.about}
    if not groups or any(each.number < 1 or not all(each.roles) for each in groups):
        return context.finding(requirement, Outcome.ERRORED, "bad-parameters", values)
    if not parameters.applies(facts):
        return context.finding(requirement, Outcome.SATISFIED, "not-asked", values)
    if parameters.about == "content" and not facts.release.content:
        return context.finding(requirement, Outcome.MISSING, "no-content", values)
    votes = [_vote(each, parameters, context) for each in _in_order(facts.approvals)]
    persons = _counted(votes, parameters)
    left = lacking(groups, persons)
    values |= {"quorum": [_group(each) for each in groups], "approved": sorted(persons)}
    refused = [told for each in votes for told in each.refusals]
    if refused:
        values["not_counted"] = refused
    if not left:
        values["approvals"] = sorted(each.approval.approval for each in votes if each.persons)
        return context.finding(
            requirement,
            Outcome.SATISFIED,
            "approved",
            values,
            until=_until(groups, persons),
        )
    values["lacking"] = [_group(each) for each in left]
    return context.finding(
        requirement,
        Outcome.PENDING,
        "not-approved",
        values,
        who=tuple(sorted({role for each in left for role in each.roles})),
        next=_next(facts),
    )


def _next(facts: Facts) -> tuple[str, ...]:
    alias = ("--alias", facts.alias) if facts.intent is Intent.ALIAS and facts.alias else ()
    return command("approve", facts.release.tag, "--target", str(facts.place), *alias)


def _group(group: Group) -> dict[str, Any]:
    return {"roles": list(group.roles), "number": group.number}


def _in_order(approvals: Iterable[ApprovalFact]) -> list[ApprovalFact]:
    return sorted(approvals, key=lambda each: (each.received, each.approval, each.persons, each.roles))


def _counted(votes: Iterable[_Vote], parameters: Parameters) -> _Persons:
    """The persons who count, with all their roles, and when each does not count in one any more."""
    asked = {role for each in parameters.groups() for role in each.roles}
    persons: _Persons = {}
    for vote in votes:
        for person in vote.persons:
            held = persons.setdefault(person, {})
            for role in asked.intersection(vote.approval.roles):
                held[role] = max(held.get(role, vote.until), vote.until)
    return persons


def _until(groups: tuple[Group, ...], persons: _Persons) -> datetime | None:
    """When too few are left of those who approved."""
    for end in sorted({each for roles in persons.values() for each in roles.values()}):
        left = {name: [role for role, at in roles.items() if at > end] for name, roles in persons.items()}
        if lacking(groups, left):
            return end
    return None


def _vote(approval: ApprovalFact, parameters: Parameters, context: RuleContext) -> _Vote:
    until = min(approval.expires, approval.received + timedelta(seconds=parameters.max_age))
    against = _against(approval, parameters, context, until)
    if against is not None:
        return _Vote(approval, (), until, (_told(approval, approval.persons, against),))
    excluded = _excluded(context)
    refused = tuple(
        _told(approval, (each,), {"code": excluded[each]}) for each in approval.persons if each in excluded
    )
    return _Vote(approval, tuple(each for each in approval.persons if each not in excluded), until, refused)


def _against(
    approval: ApprovalFact, parameters: Parameters, context: RuleContext, until: datetime
) -> dict[str, Any] | None:
    """Why an approval does not count, whoever gave it."""
    release = context.facts.release
    if not approval.counted:
        return {"code": approval.code or "not-counted"}
    if approval.source is not None and approval.source.partition(":")[0] not in parameters.observed:
        return {"code": "other-source", "source": approval.source}
    if approval.subject != (release.digest if parameters.about == "release" else release.content):
        return {"code": "other-subject"}
    roles = {role for each in parameters.groups() for role in each.roles}
    if roles.isdisjoint(approval.roles):
        return {"code": "wrong-role", "roles": sorted(approval.roles)}
    if until <= context.now:
        return {"code": "expired", "since": times.spell(until)}
    return void(approval, context.findings)


def _excluded(context: RuleContext) -> dict[str, str]:
    """Persons who have no say here, each with the code that says why."""
    found = {each.person: "signed-waiver" for each in waivers_in_use(context.findings)}
    if context.facts.pinned_by is not None:
        found[context.facts.pinned_by] = "pinned"
    if context.facts.requester:
        found[context.facts.requester] = "requester"
    return found


def _told(approval: ApprovalFact, persons: Iterable[str], why: dict[str, Any]) -> dict[str, Any]:
    return {"approval": approval.approval, "persons": list(persons), **why}
