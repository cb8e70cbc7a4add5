"""The workloads of a cluster as a target: image fields are written, each workload by one server-side apply.

What a write is fenced by is in `kubernetes_fence`. Others may change the same workloads at the same time (an
autoscaler, another controller): a write that meets such a change is tried again on what is there then.
"""

from collections.abc import Collection, Sequence

from msgspec import Struct

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import ClusterUnreachable, Conflict, ObjectNotFound
from ldmrelease.cluster.objects.owners import image_field, owners
from ldmrelease.cluster.objects.workloads import KubernetesObject, Workload, find
from ldmrelease.cluster.rollout.rollout_wait import unstick
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import KubernetesTarget
from ldmrelease.domain.topology import Place
from ldmrelease.targets.connections import TRIES, Access, answer
from ldmrelease.targets.editors import component_manifests, image_fields
from ldmrelease.targets.editors.image_fields import PROMOTION, RELEASE
from ldmrelease.targets.fence import WriteGrant
from ldmrelease.targets.guarded import GuardedObject
from ldmrelease.targets.results import (
    Change,
    Refusal,
    RefusedError,
    SettingItem,
    Snapshot,
    Values,
    Written,
    require_none,
)
from ldmrelease.targets.stores import kubernetes_fence, kubernetes_preflight
from ldmrelease.targets.stores.field_managers import IMAGES_MANAGER, MANIFESTS_MANAGER, OURS
from ldmrelease.targets.stores.revert import BEFORE, read_undo, undo_of


def name_of(target: KubernetesTarget) -> str:
    """The namespace and its cluster, for people."""
    return str(target)


def preflight(target: KubernetesTarget, access: Access) -> Refusal | Unavailable | None:
    """Why the workloads cannot be written, all of it at once; None where nothing is known against it."""
    return kubernetes_preflight.refused(target, access)


def read(
    target: KubernetesTarget,
    _paths: Sequence[str],
    access: Access,
    _optional: Collection[str] = (),
    _beside: Collection[str] = (),
    _shared: Collection[str] = (),
) -> Snapshot | Refusal | Unavailable:
    """The images that the workloads want now; one refusal with everything that is wrong with the selections."""
    return answer(lambda: image_fields.snapshot_of(_Session.open(target, access).workloads()))


def write(
    target: KubernetesTarget, edits: Values, access: Access, *, expect: Values, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Write the images where each field is as expected, or as wanted; `found` where all were as wanted.

    Nothing is written unless every field of every workload may be. Raises KeyError where `expect` lacks one.
    """
    release = grant.note.trailers.get("Release", "")
    return answer(lambda: _Session.open(target, access).write(_Wish(edits, expect, grant, release)))


def restore(
    target: KubernetesTarget, before: Values, ours: Values, access: Access, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Put back the images that were there before, where they still are ours; and what else a whole manifest has
    changed.

    Pods that hinder it are deleted: those of a StatefulSet that are in trouble by what we wrote.
    """
    return answer(lambda: _Session.open(target, access).restore(_Wish(before, ours, grant, "", back=True)))


def claim(target: KubernetesTarget, access: Access, grant: WriteGrant) -> Written | Refusal | Unavailable:
    """Move the fence to ours, then annotate every workload: from then on an earlier holder cannot write."""
    return answer(lambda: _Session.open(target, access).claim(grant))


def fence_of(target: KubernetesTarget, place: Place, access: Access) -> bytes | Refusal | Unavailable | None:
    """What is kept as the place's fence; None where nobody has claimed it yet."""
    workloads = target.workloads
    return answer(
        lambda: kubernetes_fence.read(access.cluster(workloads.cluster), workloads.namespace, place)
    )


def fence_removal(target: KubernetesTarget, place: Place) -> str:
    """The command that takes the place's fence away."""
    return kubernetes_fence.removal(target.workloads.cluster, target.workloads.namespace, place)


def changed_by(
    target: KubernetesTarget, asked: Sequence[SettingItem], access: Access
) -> dict[SettingItem, Change | Refusal] | Refusal | Unavailable:
    """The field manager that last wrote each image field."""

    def act() -> dict[SettingItem, Change | Refusal]:
        workloads = list(_Session.open(target, access).workloads())
        return {each: _changer(target, workloads, each.path) for each in asked}

    return answer(act)


class _Wish(Struct, frozen=True):
    """The fields that are to change, what each must say before, and in whose name; `back` to what was there."""

    edits: Values
    expect: Values
    grant: WriteGrant
    release: str
    back: bool = False

    @property
    def owner(self) -> str:
        """The promotion's name anywhere: those of two ledgers may have the same id."""
        return f"{self.grant.fence.promotion}.{self.grant.fence.ledger}"

    @property
    def annotations(self) -> dict[str, str]:
        """Whose promotion this is, and of what; a restore does not say of what."""
        own = {PROMOTION: self.grant.fence.promotion, RELEASE: self.release}
        return {key: value for key, value in own.items() if value}


class _Session(Struct, frozen=True):
    """The workloads of a target in an opened cluster; with whole manifests, if the target has any."""

    target: KubernetesTarget
    api: Api
    documents: tuple[component_manifests.Document, ...] | None

    @classmethod
    def open(cls, target: KubernetesTarget, access: Access) -> "_Session":
        folder = target.manifests
        documents = component_manifests.load(access.workspace, folder) if folder is not None else None
        return cls(target, access.cluster(target.workloads.cluster), documents)

    @property
    def namespace(self) -> str:
        return self.target.workloads.namespace

    @property
    def where(self) -> str:
        return str(self.target)

    @property
    def manager(self) -> str:
        return IMAGES_MANAGER if self.documents is None else MANIFESTS_MANAGER

    @property
    def _yielding(self) -> frozenset[str]:
        """The managers whose fields we may take."""
        return OURS | set(self.target.take_over)

    def workloads(self) -> tuple[Workload, ...]:
        """What is selected. Raises `Refused` with every problem."""
        found = find(self.api, self.target.workloads)
        refusals = [Refusal(each.code, {"file": self.where, **each.values}) for each in found.problems]
        if self.documents is not None:
            refusals += component_manifests.problems(self.documents, found.workloads, self.target.workloads)
        require_none(refusals)
        return found.workloads

    def claim(self, grant: WriteGrant) -> Written:
        workloads = self.workloads()
        moved = kubernetes_fence.hold(self.api, self.namespace, grant)
        marked = self._mark(workloads, grant)
        return Written(image_fields.snapshot_of(workloads).revision, {}, found=not (moved or marked))

    def write(self, spec: _Wish) -> Written:
        # First the workloads, then the fence: what is written is fenced by what was read before it.
        workloads = self.workloads()
        kubernetes_fence.hold(self.api, self.namespace, spec.grant)
        if self._mark(workloads, spec.grant):
            workloads = self.workloads()
            kubernetes_fence.require_ours(self.api, self.namespace, spec.grant)
        self._require_all_there(workloads, spec)
        require_none([problem for each in workloads for problem in self._obstacles(each, spec)])
        done = [self._bring(each, spec) for each in workloads]
        revision = image_fields.snapshot_of(now for now, _ in done).revision
        changed = [now for now, written in done if written]
        fields = [path for each in changed for path in image_fields.values_of(each) if path in spec.edits]
        return Written(revision, {}, found=not changed, fields=tuple(fields))

    def restore(self, spec: _Wish) -> Written:
        written = self.write(spec)
        for each in self.workloads():
            unstick(self.api, each)
        return written

    def _mark(self, workloads: tuple[Workload, ...], grant: WriteGrant) -> bool:
        guarded = [GuardedObject(each.path, each.manifest) for each in workloads]
        return kubernetes_fence.mark(self.api, self.namespace, grant, guarded)

    def _require_all_there(self, workloads: tuple[Workload, ...], spec: _Wish) -> None:
        there = {path for each in workloads for path in image_fields.values_of(each)}
        require_none(
            [
                Refusal("vanished", {"file": self.where, "found": path})
                for path in spec.edits
                if path not in there
            ]
        )

    def _obstacles(self, workload: Workload, spec: _Wish) -> list[Refusal]:
        """Why a workload may not be written: somebody has changed a field, or owns it."""
        changed = [
            self._changed(workload, path, found, spec)
            for path, found in image_fields.values_of(workload).items()
            if path in spec.edits and found not in (spec.edits[path], spec.expect[path])
        ]
        owned = [
            Refusal(
                "owned-by", {"file": self.where, "path": path, "found": owner.manager, "time": owner.time}
            )
            for path, owner in image_fields.others(workload, spec.edits)
            if owner.manager not in self._yielding
        ]
        return changed or owned

    def _changed(self, workload: Workload, path: str, found: str, spec: _Wish) -> Refusal:
        change = _changed_by(workload, path)
        values = {"path": path, "found": found, "expected": spec.expect[path]}
        who = {"author": change.author, "time": change.time}
        return Refusal("changed-by", {"file": self.where, **values, **who})

    def _bring(self, workload: Workload, spec: _Wish) -> tuple[Workload, bool]:
        """Write one workload; what it is then, and whether anything was written."""
        force = False
        for _ in range(TRIES):
            if self._is_there(workload, spec):
                return workload, False
            require_none(self._obstacles(workload, spec))
            try:
                return self._apply(workload, spec, force or self._takes(workload, spec)), True
            except Conflict as conflict:
                force = self._may_force(conflict, workload)
            except ObjectNotFound:
                raise RefusedError("vanished", file=self.where, found=workload.key) from None
            if not force:
                workload = self._again(workload)
                # What was read now is written only if the fence is ours after that.
                kubernetes_fence.require_ours(self.api, self.namespace, spec.grant)
        raise ClusterUnreachable(self.api.where, f"{workload.key} changes faster than it can be written")

    def _takes(self, workload: Workload, spec: _Wish) -> bool:
        """Whether images alone are written, and somebody else's who yields: of this version, nobody's besides."""
        if self.documents is not None:
            return False
        owners_now = image_fields.others(workload, spec.edits)
        return any(owner.manager != self.manager for _, owner in owners_now)

    def _is_there(self, workload: Workload, spec: _Wish) -> bool:
        images = image_fields.values_of(workload)
        if any(found != spec.edits[path] for path, found in images.items() if path in spec.edits):
            return False
        if self.documents is None:
            return True
        # The images alone do not tell whether the rest of the manifest was applied, or put back.
        if spec.back:
            return self._undo(workload, spec) is None
        annotations = _annotations(workload)
        return all(annotations.get(key) == value for key, value in spec.annotations.items())

    def _apply(self, workload: Workload, spec: _Wish, force: bool) -> Workload:
        path = workload.path
        if workload.custom:
            operations = image_fields.operations(workload, spec.edits, spec.annotations)
            return workload.now(self.api.patch(path, operations, manager=self.manager))
        images = image_fields.images_to_apply(workload, spec.edits, self.manager)
        if self.documents is None:
            body = image_fields.body(workload, path, images, spec.annotations)
        else:
            body = self._whole(self.documents, workload, images, spec, force)
        return workload.now(self.api.apply(path, body, manager=self.manager, force=force))

    def _whole(
        self,
        documents: tuple[component_manifests.Document, ...],
        workload: Workload,
        images: dict[str, str],
        spec: _Wish,
        force: bool,
    ) -> KubernetesObject:
        """The manifest with these images; on the way back, what was there before it."""
        undo = self._undo(workload, spec) if spec.back else None
        if undo is not None:
            # The image was claimed before the rest was kept: somebody may have written it in between.
            component_manifests.put_images(
                workload.kind, undo, image_fields.wanted_images(workload, spec.edits)
            )
            return component_manifests.of_this_state(undo, workload, spec.annotations)
        body = component_manifests.body(documents, workload, images, spec.annotations)
        return body if spec.back else self._with_undo(workload, body, spec, force)

    def _undo(self, workload: Workload, spec: _Wish) -> KubernetesObject | None:
        """What brings a workload back, if it was this promotion that has applied its manifest."""
        return read_undo(_annotations(workload).get(BEFORE), spec.owner)

    def _with_undo(
        self, workload: Workload, body: KubernetesObject, spec: _Wish, force: bool
    ) -> KubernetesObject:
        """The same apply, which leaves beside it what would bring back the state before our first."""
        if self._undo(workload, spec) is not None:
            undo: str | None = _annotations(workload)[BEFORE]
        else:
            after = self.api.apply(workload.path, body, manager=self.manager, force=force, dry_run=True)
            undo = undo_of(workload.manifest, after, self.manager, spec.owner)
        metadata = body["metadata"]
        kept = metadata["annotations"] | ({BEFORE: undo} if undo is not None else {})
        return body | {"metadata": metadata | {"annotations": kept}}

    def _may_force(self, conflict: Conflict, workload: Workload) -> bool:
        """Whether all who own what we would write yield; false where it was not such a conflict. With the version
        that was read, force meets the very state that was judged."""
        others = sorted(set(conflict.managers) - self._yielding)
        if others:
            values = {"path": workload.key, "found": ", ".join(others), "message": conflict.reason}
            raise RefusedError("owned-by", file=self.where, **values)
        return bool(conflict.managers)

    def _again(self, workload: Workload) -> Workload:
        try:
            return workload.now(self.api.get(workload.path))
        except ObjectNotFound:
            raise RefusedError("vanished", file=self.where, found=workload.key) from None


def _annotations(workload: Workload) -> dict[str, str]:
    return workload.manifest["metadata"].get("annotations") or {}


def _changer(target: KubernetesTarget, workloads: Sequence[Workload], path: str) -> Change | Refusal:
    for each in workloads:
        if path in image_fields.values_of(each):
            return _changed_by(each, path)
    return Refusal("vanished", {"file": str(target), "found": path})


def _changed_by(workload: Workload, path: str) -> Change:
    for each in workload.containers:
        if image_fields.field_name(workload, each.name) == path:
            found = owners(workload.manifest, image_field(workload, each))
            if found:
                return Change("", found[0].manager, found[0].time)
    return Change("", "nobody who is named", "")
