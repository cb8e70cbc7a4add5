"""A release's dossier: everything that is known of it, for whoever decides about it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from ldmrelease.answers.acts import ReleaseActsAnswer, release_acts_answer
from ldmrelease.answers.decisions import DecisionAnswer, RequirementFindingAnswer, decision_answer
from ldmrelease.answers.evidence import StatementAnswer, statement_answers
from ldmrelease.answers.findings import FindingAnswer, PlaceRefusalAnswer, preflight_refusals
from ldmrelease.answers.places import HistoryAnswer, WhereAnswer, history_answers, where_answers
from ldmrelease.answers.releases import (
    ComparisonAnswer,
    ReleaseAnswer,
    comparison_answer,
    release_answer,
    revision_answers,
)
from ldmrelease.answers.reports import ReportAnswer, report_answer
from ldmrelease.answers.sentences.dossiers import gap_words, issue_words
from ldmrelease.answers.sentences.rejected import why_not
from ldmrelease.answers.spellings import DigestText, PlaceName, ReleaseName, TimeText, plain_values, time_text
from ldmrelease.domain.decision import Outcome
from ldmrelease.services.dossier.dossier import Dossier, EnvironmentDossier
from ldmrelease.services.dossier.gaps import Remark, gaps, known_issues, schema_products
from ldmrelease.services.evidence.manual import EvaluatedEvidence
from ldmrelease.services.inventory.receipts import StoredReceipt

EXCUSES = (Outcome.WAIVED, Outcome.REPORTED)
_APPROVAL = "approval"
"""The rule that asks for an approval."""


class ReleaseChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What changes at places where one other release runs."""

    places: tuple[PlaceName, ...]
    comparison: ComparisonAnswer


class EnvironmentDossierAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An environment with its `places` that run the product, as if a promotion to it were asked for now: what was seen
    there last (`running`), what changes beside that, places where the release runs already (`same`), the decision for
    each place, and what places would not take or nobody could be asked about. `hypothetical`: nothing acts on these
    decisions, as policies, targets, products or checks are not those of the trust document. `menus` keep several
    releases beside each other; such a one is compared with the newest that it shows.
    """

    environment: str
    places: tuple[PlaceName, ...]
    running: tuple[WhereAnswer, ...]
    changes: tuple[ReleaseChangeAnswer, ...]
    same: tuple[PlaceName, ...]
    menus: tuple[PlaceName, ...]
    decisions: tuple[DecisionAnswer, ...]
    refusals: tuple[PlaceRefusalAnswer, ...]
    hypothetical: bool


class ExcuseAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement that let a release through although it is not met: `waived`, or only `reported` as it is not
    enforced. `unmet` is what it would have been. `promotion` is null of a decision that was made for the dossier.
    """

    place: PlaceName
    level: str
    requirement: str
    outcome: Outcome
    unmet: Outcome | None
    sentence: str
    evidence: tuple[str, ...]
    time: TimeText
    promotion: str | None


class ApprovalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An approval that a decision counted, by the requirement that asked for it."""

    place: PlaceName
    requirement: str
    sentence: str
    evidence: tuple[str, ...]
    time: TimeText
    promotion: str | None


class DossierReceiptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt of a deployment: who was let in where, signed when. `digest` is that of its envelope."""

    place: PlaceName
    component: str
    promotion: str
    signed: TimeText
    subject: DigestText
    digest: DigestText


class SignedDocumentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A document about the release as somebody signed it, by its kind (`release-notes`) and the digest of its bytes.
    `sentence` says why the signature does not count, where it does not.
    """

    kind: str
    digest: DigestText
    signer: str | None
    roles: tuple[str, ...]
    received: TimeText
    counted: bool
    sentence: str | None
    evidence: str


class DossierAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a release, as of `now`; of one `target` alone (a level, an environment or a
    place) where that was asked for.

    `pin` says what it is, `by` whose key pinned it and `pinned` when, null where nobody has. `schema_products` are EUPS
    products with schemas that differ from what runs somewhere. `promotions` have the decisions that were recorded,
    `history` and `receipts` where it ran. `acts` is what people did about it, `approvals` what decisions counted of
    that, `documents` what was written about it and signed. `known_issues` is what speaks against it, `gaps` what
    is not known.
    """

    release: ReleaseName
    now: TimeText
    target: str | None
    pin: ReleaseAnswer
    pinned: TimeText | None
    by: str | None
    environments: tuple[EnvironmentDossierAnswer, ...]
    schema_products: tuple[str, ...]
    evidence: tuple[StatementAnswer, ...]
    promotions: tuple[ReportAnswer, ...]
    excuses: tuple[ExcuseAnswer, ...]
    approvals: tuple[ApprovalAnswer, ...]
    acts: ReleaseActsAnswer
    documents: tuple[SignedDocumentAnswer, ...]
    history: tuple[HistoryAnswer, ...]
    receipts: tuple[DossierReceiptAnswer, ...]
    known_issues: tuple[FindingAnswer, ...]
    gaps: tuple[FindingAnswer, ...]


def dossier_answer(found: Dossier, target: str | None) -> DossierAnswer:
    """A dossier; `target` is what was asked for."""
    pinned = next((each for each in found.pins if each.body.revision == found.pinned.revision), None)
    environments = tuple(map(_environment, found.environments))
    promotions = tuple(report_answer(each) for each in found.promotions)
    places = {str(each) for one in found.environments for each in one.places}
    recorded = [(each, promotion) for each, promotion in _recorded(promotions) if each.place in places]
    decisions = [*_fresh(environments), *recorded]
    return DossierAnswer(
        release=found.pinned.release.name,
        now=time_text(found.now) or "",
        target=target,
        pin=release_answer(
            found.pinned,
            "already-pinned" if found.pinned.stored else "pinned",
            revision_answers(found.pins),
            found.second_spelling,
        ),
        pinned=time_text(pinned.event.time) if pinned is not None else None,
        by=pinned.person if pinned is not None else None,
        environments=environments,
        schema_products=schema_products(found),
        evidence=tuple(statement_answers(found.evidence)),
        promotions=promotions,
        excuses=tuple(_excuses(decisions)),
        approvals=tuple(_approvals(decisions)),
        acts=release_acts_answer(found.pinned.release.name, found.acts, found.now),
        documents=tuple(_documents(found.evidence)),
        history=tuple(history_answers(found.history)),
        receipts=tuple(map(_receipt, found.receipts)),
        known_issues=_remarks(known_issues(found), issue_words),
        gaps=_remarks(gaps(found), gap_words),
    )


def _environment(found: EnvironmentDossier) -> EnvironmentDossierAnswer:
    return EnvironmentDossierAnswer(
        environment=found.environment,
        places=tuple(map(str, found.places)),
        running=tuple(where_answers(found.running)),
        changes=tuple(
            ReleaseChangeAnswer(
                places=tuple(map(str, each.places)), comparison=comparison_answer(each.comparison)
            )
            for each in found.changes
        ),
        same=tuple(map(str, found.same)),
        menus=tuple(map(str, found.menus)),
        decisions=tuple(decision_answer(each.decision, each.digest) for each in found.decided),
        refusals=preflight_refusals(found.left_out),
        hypothetical=bool(found.unagreed),
    )


_Made = tuple[DecisionAnswer, str | None]
"""A decision, and the promotion that it was made for."""


def _fresh(environments: Iterable[EnvironmentDossierAnswer]) -> list[_Made]:
    return [(decision, None) for each in environments for decision in each.decisions]


def _recorded(promotions: Iterable[ReportAnswer]) -> list[_Made]:
    return [(stage.decision, each.promotion) for each in promotions for stage in each.decisions]


def _excuses(decisions: Iterable[_Made]) -> Iterable[ExcuseAnswer]:
    for decision, promotion in decisions:
        for each in decision.findings:
            if each.outcome in EXCUSES:
                yield ExcuseAnswer(
                    place=decision.place,
                    level=decision.level,
                    requirement=each.requirement,
                    outcome=each.outcome,
                    unmet=each.unmet,
                    sentence=each.sentence,
                    evidence=each.evidence,
                    time=decision.now,
                    promotion=promotion,
                )


def _approvals(decisions: Iterable[_Made]) -> Iterable[ApprovalAnswer]:
    for decision, promotion in decisions:
        for each in decision.findings:
            if _approves(each):
                yield ApprovalAnswer(
                    place=decision.place,
                    requirement=each.requirement,
                    sentence=each.sentence,
                    evidence=each.evidence,
                    time=decision.now,
                    promotion=promotion,
                )


def _approves(found: RequirementFindingAnswer) -> bool:
    return found.rule == _APPROVAL and found.outcome is Outcome.SATISFIED


def _documents(evidence: Iterable[EvaluatedEvidence]) -> Iterable[SignedDocumentAnswer]:
    for each in evidence:
        fact = each.seen.fact
        if fact.document is not None:
            yield SignedDocumentAnswer(
                kind=fact.document.kind,
                digest=fact.document.digest,
                signer=fact.signer,
                roles=fact.roles,
                received=time_text(fact.received) or "",
                counted=fact.counted,
                sentence=why_not(fact.code) if fact.code is not None and not fact.counted else None,
                evidence=fact.evidence,
            )


def _receipt(stored: StoredReceipt) -> DossierReceiptAnswer:
    return DossierReceiptAnswer(
        place=stored.place,
        component=stored.component,
        promotion=stored.promotion,
        signed=stored.time,
        subject=stored.subject,
        digest=stored.digest,
    )


def _remarks(
    found: Iterable[Remark], words: Callable[[str, Mapping[str, Any]], str]
) -> tuple[FindingAnswer, ...]:
    """Each with its sentence."""
    told = ((each.code, plain_values(each.values)) for each in found)
    return tuple(
        FindingAnswer(code=code, values=values, sentence=words(code, values)) for code, values in told
    )
