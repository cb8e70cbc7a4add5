"""Approvals: what was given, what of it counts, what is still owed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from ldmrelease.answers.decisions import RequirementFindingAnswer, decision_answer
from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.sentences.approvals import not_counted_words
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText, time_text
from ldmrelease.domain.decision import Outcome, Verdict
from ldmrelease.domain.events.acts import Approval, ApprovalWithdrawn, ObservedApproval
from ldmrelease.domain.facts import Intent

if TYPE_CHECKING:
    from ldmrelease.services.acts.approvals import GivenApproval
    from ldmrelease.services.acts.release_acts import SeenApproval
    from ldmrelease.services.governance.approve import Drafted
    from ldmrelease.services.governance.overview import PlaceApprovals


class BasisAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement as it stood when somebody approved."""

    requirement: str
    definition: str
    outcome: Outcome


class GivenApprovalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An approval. `scope` is a place, an environment or a level; `promotion` asked for it, null where none had;
    `source` is where else it was given. `counted` or `code` and `sentence` say whether it counts now, and why not; null
    where nothing speaks against it and no decision is at hand that says so.
    """

    approval: str
    persons: tuple[str, ...]
    roles: tuple[str, ...]
    scope: str | None
    subject: DigestText | None
    given: TimeText | None
    expires: TimeText | None
    promotion: str | None
    source: str | None
    reason: str | None
    basis: tuple[BasisAnswer, ...]
    counted: bool | None
    code: str | None
    sentence: str | None


class PlaceApprovalsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is approved of a release at a place, and what is still owed: the findings of its `requirements`. `promotion`
    asks for it, in the name of `requester`; null where nobody does.
    """

    release: ReleaseName
    release_digest: DigestText
    place: PlaceName
    intent: Intent
    alias: str | None
    promotion: str | None
    requester: str | None
    verdict: Verdict
    requirements: tuple[RequirementFindingAnswer, ...]
    approvals: tuple[GivenApprovalAnswer, ...]


Approvals = list[PlaceApprovalsAnswer]


class ApproveAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What `approve` did: approvals that were `given` or are `withdrawn`; nothing of both where it was so already."""

    release: ReleaseName
    action: Literal["given", "withdrawn", "nothing"]
    approvals: tuple[GivenApprovalAnswer, ...]

    @property
    def exit_code(self) -> ExitCode:
        """It is done, or was."""
        return ExitCode.OK


def approvals_answer(found: Iterable[PlaceApprovals]) -> Approvals:
    """The approvals of releases at places."""
    return [_place(each) for each in found]


def _place(found: PlaceApprovals) -> PlaceApprovalsAnswer:
    decision = decision_answer(found.decided.decision, found.decided.digest)
    names = {each.requirement for each in found.findings}
    return PlaceApprovalsAnswer(
        release=decision.release,
        release_digest=decision.release_digest,
        place=decision.place,
        intent=found.asked.intent,
        alias=found.asked.alias,
        promotion=found.promotion,
        requester=found.requester,
        verdict=decision.verdict,
        requirements=tuple(each for each in decision.findings if each.requirement in names),
        approvals=tuple(map(seen_approval, found.given)),
    )


def seen_approval(found: SeenApproval) -> GivenApprovalAnswer:
    """An approval, and whether it counts."""
    given, why = found.given, found.why
    counted = None if why is None and not found.judged else why is None
    return _approval(
        given.body,
        given.name,
        given,
        counted=counted,
        code=None if why is None else str(why["code"]),
        sentence=None if why is None else not_counted_words(why),
    )


def _approval(
    body: Approval | ObservedApproval | None,
    name: str,
    given: GivenApproval | None,
    *,
    persons: tuple[str, ...] = (),
    counted: bool | None = True,
    code: str | None = None,
    sentence: str | None = None,
) -> GivenApprovalAnswer:
    own = body if isinstance(body, Approval) else None
    seen = body if isinstance(body, ObservedApproval) else None
    return GivenApprovalAnswer(
        approval=name,
        persons=given.persons if given is not None else persons,
        roles=given.roles if given is not None else (),
        scope=body.scope if body is not None else None,
        subject=body.subject if body is not None else None,
        given=time_text(given.event.time if given is not None else own.time if own is not None else None),
        expires=time_text(body.expires) if body is not None else None,
        promotion=own.request if own is not None else None,
        source=f"{seen.source.system}:{seen.source.reference}" if seen is not None else None,
        reason=own.reason if own is not None else None,
        basis=tuple(
            BasisAnswer(requirement=each.requirement, definition=each.definition, outcome=each.outcome)
            for each in (own.basis if own is not None else ())
        ),
        counted=counted,
        code=code,
        sentence=sentence,
    )


def given_answer(release: str, drafts: Iterable[Drafted], person: str) -> ApproveAnswer:
    """What was given by a person; nothing where they had approved already."""
    found = tuple(_approval(each.body, each.body.approval, None, persons=(person,)) for each in drafts)
    return ApproveAnswer(release=release, action="given" if found else "nothing", approvals=found)


def withdrawn_answer(release: str, withdrawn: Iterable[ApprovalWithdrawn], person: str) -> ApproveAnswer:
    """What a person took back."""
    found = tuple(
        GivenApprovalAnswer(
            approval=each.approval,
            persons=(person,),
            roles=(),
            scope=each.scope,
            subject=each.subject,
            given=None,
            expires=None,
            promotion=None,
            source=None,
            reason=each.reason,
            basis=(),
            counted=False,
            code="withdrawn",
            sentence=not_counted_words({"code": "withdrawn"}),
        )
        for each in withdrawn
    )
    return ApproveAnswer(release=release, action="withdrawn" if found else "nothing", approvals=found)
