"""Between a promotion and its targets: what is wanted there, our right to write it, and the write."""

import os
from collections.abc import Callable
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.events.promotion import DecisionStage
from ldmrelease.domain.facts import Intent
from ldmrelease.services.deployments.commit_rules import as_ruled
from ldmrelease.services.deployments.desired import access, after, edits, holds, snapshot
from ldmrelease.services.deployments.fences import grant_of
from ldmrelease.services.promotions.rendered_images import RenderedImages, rendered_refusal
from ldmrelease.services.promotions.work import Work
from ldmrelease.targets import registry
from ldmrelease.targets.fence import WriteGrant
from ldmrelease.targets.git.commits import Note
from ldmrelease.targets.results import Refusal, Snapshot, Value, Values, Written
from ldmrelease.targets.shared_parts import SharedParts

_VERBS = {
    Intent.PROMOTE: "promote",
    Intent.ROLLBACK: "roll back to",
    Intent.ALIAS: "name",
    Intent.RETIRE: "retire",
}
_RESTORE = "restore what was before"


def claim(work: Work) -> tuple[Snapshot, Written] | Refusal | Unavailable:
    """Move the fence to our claim, then read: from here on nobody older can write (design section 4)."""
    target, reach = work.application.target, access(work.context)
    fenced = registry.claim(target, reach, _grant(work, "claim"))
    if not isinstance(fenced, Written):
        return fenced
    there = registry.read(target, reach)
    return (there, fenced) if isinstance(there, Snapshot) else there


def is_written(work: Work) -> bool:
    """Whether the place holds already what this promotion wants there."""
    there = snapshot(work.context, work.application)
    if not isinstance(there, Snapshot) or not work.before:
        return False
    then = replace(there, values=registry.values_from_plain(work.before))
    wanted = edits(work.application.target, work.pinned.release, work.plan.intent, work.request.alias, then)
    return not isinstance(wanted, Refusal) and holds(wanted, there)


def write(work: Work, planned: "PlannedEdits") -> Written | Refusal | Unavailable:
    """Commit what is wanted, where the settings still are what they were when we claimed the place."""
    shared = SharedParts(work.context.topology)
    # Since it was planned, somebody may have changed what others read as well.
    refusal = shared.refusal(
        work.application, work.pinned.release, Snapshot("", "", planned.before, {}), planned.wanted
    )
    if refusal is not None:
        return refusal
    return registry.write(
        work.application.target,
        planned.wanted,
        access(work.context),
        expect=planned.before,
        grant=replace(_grant(work, verb_of(work)), examine=partial(_examine, work, planned)),
    )


def verb_of(work: Work) -> str:
    """What the promotion does, as commits say it."""
    return _VERBS[work.plan.intent]


def note_of(work: Work, *, restores: bool = False) -> Note:
    """What a commit says that proposes a change, or what puts it back."""
    return _note(work, _RESTORE if restores else verb_of(work))


def examiner(
    work: Work, wanted: Values, before: Values, there: Snapshot
) -> Callable[[str], Refusal | Unavailable | None]:
    """Why a commit may not be built upon a revision."""
    return partial(_examine, work, PlannedEdits(dict(wanted), dict(before), there))


def _examine(work: Work, planned: "PlannedEdits", revision: str) -> Refusal | Unavailable | None:
    """Why the commit may not be built upon a revision: since it was planned, the tree may have changed in what else
    decides an image (docs/decisions/0045)."""
    images = RenderedImages(work.context, work.pinned.release, os.environ)
    found = images.settings(work.application, planned.there, planned.wanted, revision)
    for each in getattr(found, "unrendered", ()):
        told = {"place": str(work.step.place), "where": each.where, "reason": each.reason}
        work.progress("not-rendered", told)
    return rendered_refusal(found)


def snapshots(work: Work) -> tuple[Snapshot, Snapshot] | Refusal | Unavailable | None:
    """What the place held when it was claimed, and what it holds by our write; None where that is not there."""
    there = snapshot(work.context, work.application)
    if not isinstance(there, Snapshot):
        return there
    then = replace(there, values=registry.values_from_plain(work.before))
    wanted = edits(work.application.target, work.pinned.release, work.plan.intent, work.request.alias, then)
    if isinstance(wanted, Refusal) or not holds(wanted, there):
        return None
    return then, there


def restore(work: Work) -> Written | Refusal | Unavailable:
    """Put back what the settings were when we claimed the place, where they still are ours."""
    there = snapshot(work.context, work.application)
    if isinstance(there, Snapshot) and holds(registry.values_from_plain(work.before), there):
        return Written(
            there.revision, {}, found=True
        )  # whatever stands beside them, nothing of ours is there
    planned = planned_edits(work)
    if not isinstance(planned, PlannedEdits):
        return planned
    return registry.restore(
        work.application.target,
        planned.before,
        planned.wanted,
        access(work.context),
        _grant(work, _RESTORE),
    )


class PlannedEdits(Struct, frozen=True):
    """What is wanted, what stood there when the place was claimed, and all that is there now."""

    wanted: dict[str, Value]
    before: dict[str, Value]
    there: Snapshot

    @property
    def then(self) -> Snapshot:
        """What is there once it is written."""
        return after(self.there, self.wanted)


def planned_edits(work: Work) -> PlannedEdits | Refusal | Unavailable:
    """The edits from what was there when the place was claimed: the same again after a kill."""
    there = snapshot(work.context, work.application)
    if not isinstance(there, Snapshot):
        return there
    before = registry.values_from_plain(work.before)
    then = replace(there, values=before)
    wanted = edits(work.application.target, work.pinned.release, work.plan.intent, work.request.alias, then)
    if isinstance(wanted, Refusal):
        return wanted
    return PlannedEdits(wanted, {path: before[path] for path in wanted}, there)


def _grant(work: Work, verb: str) -> WriteGrant:
    assert work.epoch is not None
    return grant_of(work.context, work.step.place, work.promotion, work.epoch, _note(work, verb))


def _note(work: Work, verb: str) -> Note:
    release = work.pinned.release
    ruling = work.journal.ruling(work.step.place, DecisionStage.ENTER) or work.journal.ruling(
        work.step.place, DecisionStage.ASK
    )
    # A restore takes the release out: what holds again afterwards, no release may have.
    trailers = {} if verb == _RESTORE else {"Release": f"{release.name}@{work.pinned.digest}"}
    if ruling is not None:
        trailers["Decision"] = ruling.decision
    trailers["Promotion"] = work.promotion
    note = Note(
        f"{verb} {release.name} at {work.step.place}", work.context.author, work.context.now(), trailers
    )
    return as_ruled(work.context, work.application, note)
