"""Receipt: sign that the release was allowed here and passed, once, stored before anybody else sees it."""

from ldmrelease import __version__
from ldmrelease.cluster.client.errors import BadAccess, ClusterError
from ldmrelease.domain import canonical
from ldmrelease.domain.decision import FOUND, Decision, Finding
from ldmrelease.domain.events.evidence import ReceiptSigned, ReceiptSkipped
from ldmrelease.domain.events.promotion import DecisionStage
from ldmrelease.domain.events.registry import new_event
from ldmrelease.domain.overlays import EMERGENCY, is_emergency
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.predicates.summary import Input, Receipt, Resource, write_receipt
from ldmrelease.domain.statements import PAYLOAD_TYPE
from ldmrelease.policy.waivers import waivers_in_use
from ldmrelease.services.deployments.clusters import cluster_uid
from ldmrelease.services.deployments.desired import snapshot
from ldmrelease.services.promotions import writes
from ldmrelease.services.promotions.scaled_to_zero import SCALED_TO_ZERO
from ldmrelease.services.promotions.work import StepDone, StepFailed, StepResult, Work, step_failure
from ldmrelease.targets.results import Snapshot


def act(work: Work) -> StepResult:
    """One receipt per component and one for the release (trust.md section 1); none for what nothing runs, none for
    what was only found there before: nobody has decided about it; and none for an emergency: it passed too little.
    """
    if work.journal.step(work.here.step(StepKind.SETTLE).id).result.get("state") == SCALED_TO_ZERO:
        return _skipped(work, SCALED_TO_ZERO)
    ruling = work.journal.ruling(work.step.place, DecisionStage.ENTER)
    if ruling is None:
        return StepFailed("no-decision", {"place": str(work.step.place)})
    try:
        cluster = cluster_uid(work.context.clusters, work.application)
    except (BadAccess, ClusterError) as error:
        return error.unavailable
    # A receipt says what is there now: somebody may have written since it was applied.
    there = snapshot(work.context, work.application)
    if not isinstance(there, Snapshot):
        return step_failure(there)
    if not writes.is_written(work):
        return StepFailed("not-there", {"place": str(work.step.place)})
    decision = canonical.decode(work.context.ledger.blob(ruling.decision), Decision)
    if decision.only_found:
        return _skipped(work, FOUND)
    if is_emergency(work.request.overlay):
        return _skipped(work, EMERGENCY)
    receipt = _receipt(work, decision, ruling.decision, cluster)
    signer = work.context.signers.receipts(work.here.level)
    events, blobs = [], {}
    for name, resource in _resources(work):
        envelope = signer.sign(PAYLOAD_TYPE, write_receipt(receipt, resource)).to_bytes()
        digest = canonical.digest(envelope)
        blobs[digest] = envelope
        events.append(
            new_event(
                ReceiptSigned(
                    place=work.step.place,
                    promotion=work.promotion,
                    release=work.pinned.digest,
                    name=work.pinned.release.name,
                    component=name,
                    subject=resource.digest,
                    repository=resource.repository,
                    envelope=digest,
                    applied=_applied(work),
                    clock=receipt.clock,
                )
            )
        )
    return StepDone({"receipts": sorted(blobs)}, tuple(events), blobs)


def _skipped(work: Work, reason: str) -> StepDone:
    skipped = ReceiptSkipped(
        work.step.place,
        work.promotion,
        work.pinned.digest,
        work.pinned.release.name,
        reason,
        _applied(work),
        work.context.workspace.clock is not None,
    )
    return StepDone({"receipts": [], "skipped": reason}, (new_event(skipped),))


def _applied(work: Work) -> int:
    return work.journal.step(work.here.step(StepKind.APPLY).id).sequence


def _receipt(work: Work, decision: Decision, decision_digest: str, cluster: str | None) -> Receipt:
    context = work.context
    confirmed = work.journal.ruling(work.step.place, DecisionStage.CONFIRM)
    rulings = [decision]
    if confirmed is not None:
        rulings.append(canonical.decode(context.ledger.blob(confirmed.decision), Decision))
    evidence = sorted(
        {each for ruling in rulings for finding in ruling.findings for each in finding.evidence}
    )
    level = context.levels[work.here.level]
    return Receipt(
        base_uri=context.topology.base_uri,
        program=__version__,
        level=level.name,
        policy_version=level.version,
        policy_digest=level.digest,
        environment=work.step.place.environment,
        cluster_uid=cluster,
        release=work.pinned.digest,
        decision=decision_digest,
        trust=context.keyring.digest,
        promotion=work.promotion,
        head=context.ledger.head(),
        verified=context.now(),
        valid_until=min((each.valid_until for each in rulings if each.valid_until), default=None),
        waivers=tuple(each.waiver for each in waivers_in_use(_findings(rulings))),
        compressed=work.request.overlay is not None,
        clock=context.workspace.clock is not None,
        inputs=tuple(Input(f"{context.topology.base_uri}/evidence/{each}", each) for each in evidence),
    )


def _findings(rulings: list[Decision]) -> list[Finding]:
    return [finding for ruling in rulings for finding in ruling.findings]


def _resources(work: Work) -> list[tuple[str, Resource]]:
    release = work.pinned.release
    found = [
        (each.name, Resource(each.source, each.digest, each.platforms))
        for each in release.images
        if each.name in work.step.parameters["components"]
    ]
    return [*found, ("release", Resource(work.context.workspace.releases, work.pinned.digest))]
