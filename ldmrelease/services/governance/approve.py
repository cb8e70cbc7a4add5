"""Approve a release where it is to go, and take an approval back: one record for each place (trust.md section 2).

What would not count is not signed: whoever asks is told why.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.decision import Decision, Outcome, Phase
from ldmrelease.domain.errors import InputError
from ldmrelease.domain.events.acts import Approval, ApprovalWithdrawn, Basis
from ldmrelease.domain.events.promotion import Request
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.facts import ApprovalFact, Facts, Intent
from ldmrelease.domain.level import Level
from ldmrelease.domain.topology import Application
from ldmrelease.ledger.expectation import Expectation
from ldmrelease.policy.basis import basis_of
from ldmrelease.policy.engine import asked_requirements, evaluate
from ldmrelease.policy.rules import approval
from ldmrelease.policy.waivers import waivers_in_use
from ldmrelease.services.acts.approvals import ApprovedRelease, GivenApproval, approvals_of, signed_by
from ldmrelease.services.acts.requests import acts_ledger, open_request
from ldmrelease.services.decisions.decide import Decided, decide, level_at, require_agreed
from ldmrelease.services.decisions.facts.inquiry import DecisionRequest
from ldmrelease.services.needs import Governing
from ldmrelease.services.releases.pin import Pinned
from ldmrelease.trust.authorize import entitled_roles
from ldmrelease.trust.keyring import Key
from ldmrelease.trust.records import EventRecord
from ldmrelease.trust.verify import Rejected

ALREADY = "approved-already"
"""The code for whoever has approved it, and whose approval holds."""


class LedgerMoved(InputError):
    """Somebody wrote what an act rests on meanwhile: what is to be signed has to be looked at again."""


class ApprovalRequest(Struct, frozen=True):
    """What is approved: a release, for an intent; `alias` is the name of a menu that is to move."""

    pinned: Pinned
    intent: Intent = Intent.PROMOTE
    alias: str | None = None


class Terms(Struct, frozen=True):
    """How it is approved: `about` is `release` or `content`, None for what the policy asks; `expires` None for as late
    as it may be.
    """

    about: str | None = None
    expires: datetime | None = None
    reason: str | None = None


class Drafted(Struct, frozen=True):
    """An approval that would count at a place, and the decision that it rests on."""

    application: Application
    decided: Decided
    body: Approval
    promotion: str | None


class NotApproved(Struct, frozen=True):
    """Why an approval would not count at a place: a code and values, as findings have them."""

    application: Application
    decided: Decided
    reasons: tuple[dict[str, Any], ...]


def draft(
    context: Governing, asked: ApprovalRequest, applications: Iterable[Application], terms: Terms
) -> tuple[Drafted | NotApproved, ...]:
    """What an approval by the key `me` would be at each place, and why it would not count. Writes nothing.

    Raises `Hypothetical` where the policy is not the one that was agreed.
    """
    applications = tuple(applications)
    require_agreed(context.workspace, [each.place for each in applications])
    found: list[Drafted | NotApproved] = []
    for application in applications:
        found += _at(context, asked, application, terms, len(found))
    return tuple(found)


def _at(
    context: Governing, asked: ApprovalRequest, application: Application, terms: Terms, number: int
) -> list[Drafted | NotApproved]:
    looked = look_at(context, asked, application)
    decided, request = looked.decided, looked.request
    rules = _rules(level_at(context, application.place), application, decided.gathered.facts)
    if not rules:
        return [NotApproved(application, decided, ({"code": "not-asked"},))]
    promotion = request.body.promotion if request is not None else None
    subjects = [terms.about] if terms.about else sorted({each.about for each in rules.values()})
    return [
        _about(context, asked, _Place(application, decided, rules, promotion), subject, terms, number + index)
        for index, subject in enumerate(subjects)
    ]


class _Place(Struct, frozen=True):
    """What is found at a place: the decision, the approvals that are asked for, and the promotion that asks."""

    application: Application
    decided: Decided
    rules: dict[str, approval.Parameters]
    promotion: str | None


class Looked(Struct, frozen=True):
    """A decision about what is asked at a place, and the request that stands, None where nobody has asked yet."""

    decided: Decided
    request: EventRecord[Request] | None


def look_at(context: Governing, asked: ApprovalRequest, application: Application) -> Looked:
    """Decide as for whoever has asked; where nobody has, nobody is excluded as the one who did. Writes nothing."""
    place = application.place
    request = open_request(context, asked.pinned.digest, place, asked.intent, asked.alias)
    question = DecisionRequest(
        place,
        asked.intent,
        request.person if request is not None else "",
        alias=asked.alias,
        requested=request.event.time if request is not None else None,
    )
    return Looked(decide(context, asked.pinned, question), request)


def _about(
    context: Governing, asked: ApprovalRequest, there: _Place, subject: str, terms: Terms, number: int
) -> Drafted | NotApproved:
    """An approval of the release or of its content at a place."""
    wanted = {name: each for name, each in there.rules.items() if each.about == subject}
    release = asked.pinned.release
    digest = asked.pinned.digest if subject == "release" else release.content
    if not wanted or digest is None:
        code = "other-subject" if not wanted else "no-content"
        return NotApproved(there.application, there.decided, ({"code": code},))
    findings, now = there.decided.decision.findings, context.now()
    longest = now + timedelta(seconds=max(each.max_age for each in wanted.values()))
    body = Approval(
        approval=f"A-{context.ledger.head().size + 1 + number}",
        product=release.product,
        tag=release.tag,
        subject=digest,
        scope=str(there.application.place),
        basis=_basis(there.decided.decision),
        time=now,
        expires=longest if terms.expires is None else min(terms.expires, longest),
        intent=asked.intent,
        alias=asked.alias,
        request=there.promotion,
        waivers=tuple(each.waiver for each in waivers_in_use(findings)),
        reason=terms.reason,
    )
    against = _against(context, body, there, wanted, release.repositories)
    if against:
        return NotApproved(there.application, there.decided, against)
    return Drafted(there.application, there.decided, body, there.promotion)


def _rules(level: Level, application: Application, facts: Facts) -> dict[str, approval.Parameters]:
    """The approvals that are asked for, by requirement."""
    asked = asked_requirements(level, application.place, facts.intent, Phase.ENTER)
    read = {each.id: each.read(approval.Parameters) for each in asked if each.rule == "approval"}
    return {name: each for name, each in read.items() if each.applies(facts)}


def _basis(decision: Decision) -> tuple[Basis, ...]:
    return tuple(
        Basis(name, definition, Outcome(outcome))
        for name, (definition, outcome) in sorted(basis_of(decision.findings).items())
    )


def _against(
    context: Governing,
    body: Approval,
    there: _Place,
    rules: dict[str, approval.Parameters],
    repositories: tuple[str, ...],
) -> tuple[dict[str, Any], ...]:
    """Why it would count for none of the requirements; nothing where it counts for one."""
    key = context.keyring.find(context.signers.me.keyid)
    if key is None:
        return ({"code": "unknown-key"},)
    roles = _roles(context, key, there.application, repositories)
    if isinstance(roles, Rejected):
        return ({"code": roles.code, **roles.values},)
    decided = there.decided
    before = {each.requirement: each for each in decided.decision.findings}
    if all(key.person in before[name].values.get("approved", ()) for name in rules):
        return ({"code": ALREADY},)
    facts = decided.gathered.facts
    known = replace(facts, approvals=(*facts.approvals, _fact(body, key, roles)))
    level = level_at(context, there.application.place)
    after = evaluate(level, known, decided.decision.now, facts_digest=decided.gathered.digest)
    told = [_told(each.values, body.approval) for each in after.findings if each.requirement in rules]
    return () if any(not each for each in told) else tuple(each[0] for each in told[:1])


def _told(values: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [each for each in values.get("not_counted", ()) if each["approval"] == name]


def _roles(
    context: Governing, key: Key, application: Application, repositories: tuple[str, ...]
) -> tuple[str, ...] | Rejected:
    environments = (application.place.environment,)
    found = entitled_roles(
        "approval", key, context.keyring, environments=environments, repositories=repositories
    )
    return found if isinstance(found, Rejected) else tuple(each.name for each in found)


def _fact(body: Approval, key: Key, roles: tuple[str, ...]) -> ApprovalFact:
    return ApprovalFact(
        approval=body.approval,
        persons=(key.person,),
        roles=roles,
        subject=body.subject,
        scope=body.scope,
        basis={each.requirement: (each.definition, str(each.outcome)) for each in body.basis},
        received=body.time,
        expires=body.expires,
        counted=True,
        waivers=body.waivers,
    )


def give(context: Governing, drafts: Iterable[Drafted]) -> None:
    """Sign and record approvals, all or none. Raises `LedgerMoved` where what they rest on is another now."""
    drafts = tuple(drafts)
    expect = Expectation()
    for each in drafts:
        expect = joined(expect, each.decided.gathered.expect)
    if context.append([new_event(each.body) for each in drafts], expect=expect) is not None:
        raise LedgerMoved(
            "somebody wrote to the ledger meanwhile: look again, and approve what is there then"
        )


def joined(one: Expectation, other: Expectation) -> Expectation:
    """Both; of a stream the older version, of a state the first reading."""
    both = one.and_streams(other.streams)
    return Expectation(both.streams, {**other.states, **both.states})


def _approvals(context: Governing, pinned: Pinned) -> tuple[GivenApproval, ...]:
    return approvals_of(acts_ledger(context), ApprovedRelease.of(pinned.release, pinned.digest))


def withdraw(
    context: Governing, pinned: Pinned, applications: Iterable[Application], reason: str | None
) -> tuple[ApprovalWithdrawn, ...]:
    """Take back what the key `me` approved of a release at these places; what was taken back."""
    key = context.keyring.find(context.signers.me.keyid)
    scopes = {str(each.place) for each in applications}
    mine = signed_by(_approvals(context, pinned), key.person) if key is not None else ()
    found = tuple(
        ApprovalWithdrawn(each.body.approval, each.body.subject, each.body.scope, context.now(), reason)
        for each in mine
        if isinstance(each.body, Approval) and each.body.scope in scopes
    )
    if found and context.append([new_event(each) for each in found]) is not None:
        raise LedgerMoved("somebody wrote to the ledger meanwhile: ask again")
    return found
