"""Evidence: statements, what they are about, and whether they count."""

from collections.abc import Iterable

import msgspec

from ldmrelease.answers.exit_codes import ExitCode
from ldmrelease.answers.findings import FindingAnswer
from ldmrelease.answers.sentences.rejected import why_not
from ldmrelease.answers.spellings import DigestText, ReleaseName, TimeText, plain_values, time_text
from ldmrelease.policy.demands import Demand
from ldmrelease.services.evidence.manual import AddedEvidence, EvaluatedEvidence
from ldmrelease.trust.evaluate import EvaluatedStatement


class DemandAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement that asks for such a statement, by one of the roles `by` (empty: by any).

    `rejected` says why this one does not count for it.
    """

    level: str
    requirement: str
    by: tuple[str, ...]
    counted: bool
    rejected: str | None


class CertificateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who a statement's certificate was issued to, verified: by which issuer, for which subject. `repository`,
    `workflow`, `ref` and `commit` are those of the source, where it says them.
    """

    issuer: str
    subject: str
    repository: str | None
    workflow: str | None
    ref: str | None
    commit: str | None


class StatementAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A statement about `subject`, which is an image's (`component`), the release's or its content's digest.

    `signer` is the name of a key or an identity in the trust document, and `certificate` what the identity's says.
    `rejected` says why it does not count; `demands` are the requirements that ask for it. `check`,
    `result`, `failed_tests` and `run` are those of a check's result.
    """

    type: str
    subject: DigestText
    subjects: tuple[DigestText, ...]
    component: str | None
    signer: str | None
    certificate: CertificateAnswer | None
    roles: tuple[str, ...]
    counted: bool
    rejected: FindingAnswer | None
    demands: tuple[DemandAnswer, ...]
    taken_in: bool
    received: TimeText
    claimed: TimeText | None
    check: str | None
    check_digest: DigestText | None
    result: str | None
    failed_tests: tuple[str, ...]
    run: str | None
    environment: str | None
    platform: str | None
    cluster_uid: str | None
    evidence: str
    digest: DigestText


class AddedStatementAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that was taken in; `new` is false where the ledger had it before. `referrers` are what it is
    attached as.
    """

    type: str
    release: ReleaseName
    new: bool
    counted: bool
    rejected: FindingAnswer | None
    subjects: tuple[DigestText, ...]
    referrers: tuple[DigestText, ...]
    digest: DigestText


Statements = list[StatementAnswer]
AddedStatements = list[AddedStatementAnswer]


def statement_answers(found: Iterable[EvaluatedEvidence]) -> Statements:
    """Statements, judged."""
    return [_statement(each) for each in found]


def _statement(each: EvaluatedEvidence) -> StatementAnswer:
    fact, subject = each.seen.fact, each.taken.subject
    return StatementAnswer(
        type=fact.type,
        subject=subject.digest,
        subjects=fact.subjects,
        component=subject.component,
        signer=fact.signer,
        certificate=_certificate(each.seen),
        roles=fact.roles,
        counted=fact.counted,
        rejected=_rejected(each.seen),
        demands=tuple(map(_demand, each.demands)),
        taken_in=each.taken_in,
        received=time_text(fact.received) or "",
        claimed=time_text(fact.claimed),
        check=fact.check,
        check_digest=fact.check_digest,
        result=fact.result,
        failed_tests=fact.failed_tests,
        run=fact.run,
        environment=fact.environment,
        platform=fact.platform,
        cluster_uid=fact.cluster_uid,
        evidence=fact.evidence,
        digest=fact.blob,
    )


def _certificate(seen: EvaluatedStatement) -> CertificateAnswer | None:
    found = seen.certificate
    return None if found is None else CertificateAnswer(**msgspec.structs.asdict(found))


def _demand(each: Demand) -> DemandAnswer:
    return DemandAnswer(
        level=each.level,
        requirement=each.requirement,
        by=each.by,
        counted=each.code is None,
        rejected=each.code,
    )


def _rejected(seen: EvaluatedStatement) -> FindingAnswer | None:
    if seen.fact.counted:
        return None
    code, values = seen.fact.code or "not-counted", {}
    if seen.refusal is not None:
        code, values = seen.refusal.code, plain_values(seen.refusal.values)
    return FindingAnswer(code=code, values=values, sentence=why_not(code, values))


def added_answers(found: Iterable[AddedEvidence]) -> AddedStatements:
    """What became of statements that were added."""
    return [
        AddedStatementAnswer(
            type=each.type,
            release=each.release,
            new=each.new,
            counted=each.seen.fact.counted,
            rejected=_rejected(each.seen),
            subjects=each.subjects,
            referrers=each.referrers,
            digest=each.blob,
        )
        for each in found
    ]


def statements_code(found: Statements | AddedStatements) -> ExitCode:
    """Refused where one of them does not count."""
    return ExitCode.OK if all(each.counted for each in found) else ExitCode.REFUSED
