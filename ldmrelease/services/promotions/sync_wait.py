"""Wait until the GitOps controllers of a place have synced what a promotion committed, and ask for it where we may."""

from __future__ import annotations

import time
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.cluster.client.errors import BadAccess, ClusterError, Forbidden
from ldmrelease.cluster.gitops.sync_request import ask_for_sync
from ldmrelease.cluster.gitops.sync_status import SyncStatus
from ldmrelease.cluster.objects.workloads import find
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.plan import StepKind
from ldmrelease.domain.targets import GitFile
from ldmrelease.domain.topology import Application
from ldmrelease.domain.workload_selection import Workloads
from ldmrelease.services.deployments.desired import access
from ldmrelease.services.inventory.controllers import Controllers, KeptBy, PlaceControllers, argo_cd_of
from ldmrelease.services.inventory.drift import Drift
from ldmrelease.services.inventory.same_files import same_files
from ldmrelease.services.inventory.sync_drift import source_of, sync_drifts
from ldmrelease.services.promotions.work import Work
from ldmrelease.targets import registry

PAUSE = 2.0
"""Seconds between two looks at what a controller does."""
_BLOCKS = ("other-revision", "not-read", "overridden", "sync-paused")
"""What no waiting ends."""
_UNDER_WAY = ("Progressing", "Missing")


class Synced(Struct, frozen=True):
    """What came of the wait. left: how many seconds of the deadline remain. why: why something is not synced, for
    whoever reads it; None where all is. controllers: what they said last."""

    left: float
    why: dict[str, Any] | None = None
    controllers: tuple[SyncStatus, ...] = ()

    @property
    def seen(self) -> list[dict[str, Any]]:
        """What is recorded of them."""
        return [
            {
                "object": each.object,
                "sync": each.synced,
                "health": each.health,
                "revisions": list(each.revisions),
            }
            for each in self.controllers
        ]


class SyncWait:
    """The controllers of one place, and one promotion that waits for them."""

    def __init__(self, work: Work, workloads: Workloads) -> None:
        self._work = work
        self._workloads = workloads
        self._controllers: Controllers | None = None
        self._asked = False
        self._refused = ""
        self._told: dict[str, dict[str, Any]] = {}
        self._applied = work.journal.step(work.here.step(StepKind.APPLY).id).result

    def synced(self, left: float) -> Synced | Unavailable:
        """Wait until all controllers have synced the commit, for at most `left` seconds."""
        while True:
            found = self._look()
            if found.unheard:
                if left <= 0:
                    return found.unheard[0]
            else:
                outcome = self._judged(found, left)
                if outcome is not None:
                    return outcome
            left = self._pause(left)

    def healthy(self, left: float) -> Synced | Unavailable:
        """Wait until none of them says that what it keeps is under way; what is not ours may stay so."""
        while True:
            found = self._look()
            statuses = tuple(each.status for each in found.kept)
            if left <= 0 or not any(each.health in _UNDER_WAY for each in statuses):
                return found.unheard[0] if found.unheard else Synced(left, None, statuses)
            self._tell(found)
            left = self._pause(left)

    def _judged(self, found: PlaceControllers, left: float) -> Synced | None:
        statuses = tuple(each.status for each in found.kept)
        waiting = [each for each in found.kept if not self._has_synced(each)]
        if not waiting:
            return Synced(left, None, statuses)
        blocked = [drift for each in waiting for drift in self._drifts(each) if drift.code in _BLOCKS]
        if blocked or left <= 0:
            return Synced(0.0, self._why(waiting[0].status, blocked), statuses)
        self._tell(found)
        self._ask(waiting)
        return None

    def _has_synced(self, kept: KeptBy) -> bool:
        """By the controller's word: the commit, or one that has the same settings, is what was applied, and none of our
        workloads is out of sync."""
        status = kept.status
        if status.operation == "Running":
            return False
        if status.synced == "Synced" and not status.revisions:
            return True  # a chart from elsewhere has no commit of the tree's
        ours = {each.name for each in status.unsynced} & set(kept.workloads)
        named = (*status.applied, *(status.revisions if status.synced in ("Synced", "OutOfSync") else ()))
        return status.synced != "Unknown" and not ours and any(map(self._has_commit, named))

    def _has_commit(self, revision: str) -> bool:
        ours = str(self._applied.get("revision", ""))
        reach = access(self._work.context)
        if same_files(reach, self._work.application, ours, revision):
            return True
        # Somebody may have pushed since: then the revision is of the branch as it is now.
        registry.read(self._work.application.target, reach)
        return same_files(reach, self._work.application, ours, revision)

    def _drifts(self, kept: KeptBy) -> list[Drift]:
        return list(sync_drifts(self._work.application, (), kept.status, _not_compared))

    def _why(self, status: SyncStatus, blocked: list[Drift]) -> dict[str, Any]:
        told: dict[str, Any] = {"object": status.object, "sync": status.synced, "automated": status.automated}
        if status.revisions:
            told["at"] = status.revisions[0]
        if blocked:
            told["because"] = {"code": blocked[0].code, **blocked[0].values}
        elif status.has_failed:
            told["because"] = {"code": "sync-failed", "object": status.object, "reason": status.reason}
        return told | ({"refused": self._refused} if self._refused else {})

    def _ask(self, waiting: list[KeptBy]) -> None:
        argo_cd = argo_cd_of(self._work.application)
        if not argo_cd.asked or self._asked:
            return
        for each in waiting:
            status = each.status
            if status.controller != "argo-cd" or status.paused or status.operation == "Running":
                continue
            if not keeps_place(self._work.application, each):
                self._refused = (
                    f"{status.object} does not say that it brings the place's workloads from its tree"
                )
                continue
            try:
                api = self._work.context.clusters.open(argo_cd.cluster)
                self._asked = ask_for_sync(api, status, self._work.promotion) or self._asked
            except Forbidden as error:
                self._asked, self._refused = True, str(error)
            except (ClusterError, BadAccess):
                continue  # it is asked at the next look

    def _look(self) -> PlaceControllers:
        if self._controllers is None:
            self._controllers = Controllers(self._work.context.clusters)
        self._controllers.forget()
        try:
            api = self._work.context.clusters.open(self._workloads.cluster)
            return self._controllers.of(self._work.application, find(api, self._workloads).workloads)
        except (ClusterError, BadAccess):
            return PlaceControllers()  # the wait for pods says why

    def _tell(self, found: PlaceControllers) -> None:
        for each in found.kept:
            status = each.status
            values = {"workload": status.object, "sync": status.synced, "health": status.health}
            if self._told.get(status.object) != values:
                self._told[status.object] = values
                place = str(self._work.step.place)
                self._work.progress("rollout", {"place": place, "code": "syncing", **values})

    def _pause(self, left: float) -> float:
        span = min(PAUSE, max(left, 0.1))
        time.sleep(span)
        self._work.heartbeat()
        return left - span


def sync_wait(work: Work, workloads: Workloads) -> SyncWait | None:
    """The wait for a place's controllers; None where we write to the cluster ourselves, or to no tree."""
    is_tree = isinstance(work.application.target.location, GitFile)
    return SyncWait(work, workloads) if is_tree else None


def keeps_place(application: Application, kept: KeptBy) -> bool:
    """Whether an object says itself that it brings these workloads, from the repository of the place. A workload is
    annotated by whoever may write in its namespace, and would have us sync what is not the place's."""
    where, workloads = application.target.location, application.workloads
    if not isinstance(where, GitFile) or workloads is None:
        return False
    is_from_tree = source_of(kept.status, where) is not None
    return is_from_tree and kept.status.keeps(workloads.namespace, kept.workloads)


def for_pods(workloads: Workloads, left: float) -> Workloads:
    """The same workloads, with what remains of the deadline: at least as long as a pod may be in trouble."""
    return replace(workloads, deadline=max(left, min(workloads.patience, workloads.deadline)))


def _not_compared(revision: str) -> bool:
    del revision
    return True
