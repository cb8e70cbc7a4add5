"""From the bytes of an envelope to the fact that a decision rests on: counted, or seen with its code.

Nothing in here raises, whatever the bytes are: hostile evidence is a fact like any other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain import canonical
from ldmrelease.domain.facts import StatementFact
from ldmrelease.domain.predicates.observed import read_observed
from ldmrelease.domain.predicates.provenance import repository_of
from ldmrelease.domain.predicates.registry import statement_type
from ldmrelease.domain.predicates.test_result import ERRORED
from ldmrelease.domain.statements import PAYLOAD_TYPE, Statement, Unreadable, read_statement
from ldmrelease.trust.authorize import authorize
from ldmrelease.trust.dsse import Envelope, Malformed, read_wrapped
from ldmrelease.trust.identities import CertificateIdentity, Signatory
from ldmrelease.trust.keyring import Keyring, Role
from ldmrelease.trust.statement_signers import UnknownSigner, statement_signers
from ldmrelease.trust.verify import Rejected, named

UNREADABLE = "unreadable"
NO_SUBJECTS: Mapping[str, Sequence[str]] = MappingProxyType({})


class EvaluatedStatement(Struct, frozen=True):
    """A statement as it stands in a fact, and why it does not count, where it does not.

    certificate: the identity that signed it, verified, where a certificate says who it was.
    """

    fact: StatementFact
    refusal: Rejected | None
    certificate: CertificateIdentity | None = None


def statement_fact(
    envelope: bytes,
    *,
    blob: str,
    keyring: Keyring,
    received: datetime,
    now: datetime,
    repository: str | None,
    checks: Mapping[str, Sequence[str]],
    subjects: Mapping[str, Sequence[str]] = NO_SUBJECTS,
) -> StatementFact:
    """The fact of one envelope, bare or in a sigstore bundle.

    `blob` is the digest of these bytes, `received` their intake; `repository` is where the image stands at
    which it was found, None for a release or a content; `checks` gives the declared tests by name of check.
    `subjects` gives the repositories of every digest that belongs to the release: an image's is its own, those of
    the release and of its content are all its images'. A statement counts only if its signer may speak of the
    repositories of everything that it names, wherever it was found.
    `signer` of the fact is the key's or the identity's name in the trust document. A result that contradicts itself,
    or that claims to come from the future, has result ERRORED.
    """
    return evaluate_statement(
        envelope,
        blob=blob, keyring=keyring, received=received, now=now, repository=repository, checks=checks,
        subjects=subjects,
    ).fact  # fmt: skip


def evaluate_statement(
    envelope: bytes,
    *,
    blob: str,
    keyring: Keyring,
    received: datetime,
    now: datetime,
    repository: str | None,
    checks: Mapping[str, Sequence[str]],
    subjects: Mapping[str, Sequence[str]] = NO_SUBJECTS,
) -> EvaluatedStatement:
    """As `statement_fact`, with the values of the refusal (role, scope, time) for people."""
    read = read_wrapped(envelope)
    if isinstance(read, Malformed):
        return _refused(_unreadable(canonical.digest(envelope), blob, received), Rejected.because(read))
    statement = _statement(read)
    if isinstance(statement, Rejected):
        return _refused(_unreadable(canonical.digest(read.payload), blob, received), statement)
    fact = _by_persons(_described(statement, blob, received, checks), keyring)
    signers = statement_signers(read, keyring, at=received)
    if isinstance(signers, UnknownSigner):
        return replace(_refused(fact, signers.refusal), certificate=signers.certificate)
    repositories = _repositories(fact, repository, subjects)
    judged = []
    for signer in signers.found:
        own = replace(fact, signer=signer.id)
        roles = authorize(
            statement, signer, keyring,
            received=received, now=now, environment=fact.environment, repositories=repositories,
        )  # fmt: skip
        foreign = _foreign(statement, signer, repository) or _other_build(fact, signer, signers.certificate)
        judged.append(_judged(own, roles, foreign))
    # Of several identities that fit one certificate, one by which it counts is enough.
    found = next((each for each in judged if each.fact.counted), judged[0])
    return replace(found, certificate=signers.certificate)


def _judged(
    fact: StatementFact, roles: tuple[Role, ...] | Rejected, foreign: Rejected | None
) -> EvaluatedStatement:
    if isinstance(roles, Rejected):
        return _refused(fact, roles)
    if foreign is not None:
        return _refused(fact, foreign)
    return EvaluatedStatement(replace(fact, counted=True, roles=tuple(each.name for each in roles)), None)


def _statement(envelope: Envelope) -> Statement | Rejected:
    if envelope.payload_type != PAYLOAD_TYPE:
        return Rejected("wrong-type", {"found": envelope.payload_type, "expected": PAYLOAD_TYPE})
    statement = read_statement(envelope.payload)
    if isinstance(statement, Unreadable):
        return Rejected(statement.code, {"detail": statement.detail})
    return statement


def _unreadable(evidence: str, blob: str, received: datetime) -> StatementFact:
    return StatementFact(evidence, blob, UNREADABLE, (), None, (), False, None, received)


def _described(
    statement: Statement, blob: str, received: datetime, checks: Mapping[str, Sequence[str]]
) -> StatementFact:
    kind = statement_type(statement.predicate_type)
    fact = StatementFact(
        evidence=statement.evidence,
        blob=blob,
        type=kind.name,
        subjects=tuple(sorted({each.digest for each in statement.subjects})),
        signer=None,
        roles=(),
        counted=False,
        code=None,
        received=received,
        claimed=_claimed(statement),
        environment=kind.environment(statement.predicate),
        observed=read_observed(statement.predicate),
    )
    return replace(fact, **kind.facts(statement.predicate, checks))


def _by_persons(fact: StatementFact, keyring: Keyring) -> StatementFact:
    """Accounts of a review's system as the persons that the trust document says they are of; others as they are."""
    review = fact.review
    if review is None:
        return fact

    by_account = {name.casefold(): each for name, each in keyring.accounts.items()}

    def person(account: str) -> str:
        # To a forge, two spellings that differ by case are one account.
        return by_account.get(f"{review.system}:{account.removeprefix('@')}".casefold(), account)

    named = replace(
        review,
        author=None if review.author is None else person(review.author),
        reviewers=tuple(replace(each, person=person(each.person)) for each in review.reviewers),
        owners=tuple(replace(each, owners=tuple(map(person, each.owners))) for each in review.owners),
    )
    return replace(fact, review=named)


def _claimed(statement: Statement) -> datetime | None:
    try:
        return statement_type(statement.predicate_type).claimed_time(statement.predicate)
    except ValueError:
        return None


def _repositories(
    fact: StatementFact, own: str | None, subjects: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    named = {repository for each in fact.subjects for repository in subjects.get(each, ())}
    return tuple(sorted(named if own is None else named | {own}))


def _foreign(statement: Statement, signer: Signatory, repository: str | None) -> Rejected | None:
    """A receipt found where its own resource is not: copying an image never copies its receipts."""
    kind = statement_type(statement.predicate_type)
    if not kind.local or repository is None:
        return None
    own = kind.repository(statement.predicate)
    if own == repository.removeprefix("oci:"):
        return None
    return Rejected("other-resource", {**named(signer), "resource": own, "repository": repository})


def _other_build(
    fact: StatementFact, signer: Signatory, certificate: CertificateIdentity | None
) -> Rejected | None:
    """Provenance that tells of another source than its certificate does: a workflow speaks for its own builds alone.

    Otherwise whoever may run workflows in one repository could say that he has built what another one is trusted with.
    """
    if certificate is None or certificate.repository is None or fact.build is None or not fact.build.sources:
        return None
    own = repository_of(certificate.repository)
    for each in fact.build.sources:
        if each.uri == own and certificate.commit in (None, each.commit):
            return None
    told = {
        "repository": own,
        "commit": certificate.commit,
        "claimed": [each.uri for each in fact.build.sources],
    }
    return Rejected("other-build", {**named(signer), **told})


def _refused(fact: StatementFact, refusal: Rejected) -> EvaluatedStatement:
    result = ERRORED if refusal.code == "future" and fact.result else fact.result
    return EvaluatedStatement(replace(fact, code=refusal.code, result=result), refusal)
