"""Which step is carried out how."""

from collections.abc import Callable

from ldmrelease.domain.plan import StepKind
from ldmrelease.services.promotions.steps import (
    apply,
    check,
    claim,
    copy,
    free,
    merge,
    propose,
    publish,
    pull,
    receipt,
    restore,
    settle,
    withdraw,
)
from ldmrelease.services.promotions.work import StepResult, Work

STEPS: dict[StepKind, Callable[[Work], StepResult]] = {
    StepKind.CLAIM: claim.act,
    StepKind.COPY: copy.act,
    StepKind.PULL: pull.act,
    StepKind.PROPOSE: propose.act,
    StepKind.MERGE: merge.act,
    StepKind.WITHDRAW: withdraw.act,
    StepKind.APPLY: apply.act,
    StepKind.SETTLE: settle.act,
    StepKind.CHECK: check.act,
    StepKind.RECEIPT: receipt.act,
    StepKind.PUBLISH: publish.act,
    StepKind.FREE: free.act,
    StepKind.RESTORE: restore.act,
}
