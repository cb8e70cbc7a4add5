"""A values text in a ConfigMap, read and written as a values file in git is: the menu's other form.

The text alone is written, by server-side apply with the uid and resourceVersion that were read.
"""

from collections.abc import Collection, Sequence
from typing import TypeVar

from msgspec import Struct

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import Absent, ClusterUnreachable, Conflict
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.objects.owners import data_field, owners
from ldmrelease.cluster.objects.workloads import KubernetesObject
from ldmrelease.domain import canonical
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.topology import Place
from ldmrelease.domain.workload_selection import ConfigMapFile
from ldmrelease.targets.connections import TRIES, answer
from ldmrelease.targets.fence import Fence, WriteGrant
from ldmrelease.targets.guarded import GuardedObject
from ldmrelease.targets.results import (
    Change,
    Refusal,
    RefusedError,
    Snapshot,
    Values,
    Written,
    require_none,
    required,
)
from ldmrelease.targets.stores import kubernetes_fence
from ldmrelease.targets.stores.field_managers import IMAGES_MANAGER
from ldmrelease.targets.stores.git_file import Access
from ldmrelease.targets.yamledit.settings import FoundSetting, edit_settings, read_settings

T = TypeVar("T")


def read_text(
    where: ConfigMapFile, paths: Sequence[str], access: Access, optional: Collection[str] = ()
) -> Snapshot | Refusal | Unavailable:
    """The settings as they are now; an `optional` one that is absent is left out."""
    return answer(lambda: _Session.open(where, access).snapshot(paths, optional))


def write_text(
    where: ConfigMapFile, edits: Values, access: Access, *, expect: Values, warrant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Write the edits where each setting still is as expected, or as wanted (`found` where all are)."""
    return answer(lambda: _Session.open(where, access).write(edits, expect, warrant))


def claim_place(where: ConfigMapFile, access: Access, warrant: WriteGrant) -> Written | Refusal | Unavailable:
    """Move the fence to ours, then annotate the ConfigMap."""
    return answer(lambda: _Session.open(where, access).claim(warrant))


def read_fence(where: ConfigMapFile, place: Place, access: Access) -> Fence | Refusal | Unavailable | None:
    """The place's fence; None where nobody has claimed it yet."""
    return answer(lambda: kubernetes_fence.read(access.cluster(where.cluster), where.namespace, place))


def who_changed(where: ConfigMapFile, access: Access) -> Change | Refusal | Unavailable:
    """The field manager that last wrote the text."""

    def act() -> Change:
        session = _Session.open(where, access)
        return session.changed_by(session.read().manifest)

    return answer(act)


def problems(manifest: KubernetesObject, where: ConfigMapFile) -> list[Refusal]:
    """Why a text of this ConfigMap cannot be written: `no-key`, `immutable`."""
    data = manifest.get("data") or {}
    found = []
    if where.key not in data:
        found.append(Refusal("no-key", {"file": str(where), "found": where.key, "known": sorted(data)}))
    if manifest.get("immutable"):
        found.append(Refusal("immutable", {"file": str(where)}))
    return found


class _Session(Struct, frozen=True):
    """A ConfigMap in an opened cluster."""

    file: ConfigMapFile
    api: Api

    @classmethod
    def open(cls, where: ConfigMapFile, access: Access) -> "_Session":
        return cls(where, access.cluster(where.cluster))

    @property
    def path(self) -> str:
        return path_of("ConfigMap", self.file.namespace, self.file.name)

    def read(self) -> GuardedObject:
        """The ConfigMap. Raises `Refused`: `no-config-map`, `no-key`, `immutable`."""
        try:
            manifest = self.api.get(self.path)
        except Absent:
            raise RefusedError("no-config-map", file=str(self.file)) from None
        require_none(problems(manifest, self.file))
        return GuardedObject(self.path, manifest)

    def snapshot(self, paths: Sequence[str], optional: Collection[str]) -> Snapshot:
        text = self._text(self.read())
        settings = required(read_settings(text, paths, str(self.file), optional))
        return Snapshot(
            canonical.digest(text),
            "",
            {path: each.value for path, each in settings.items()},
            {path: each.line for path, each in settings.items()},
        )

    def claim(self, warrant: WriteGrant) -> Written:
        guarded = self.read()
        moved = kubernetes_fence.hold(self.api, self.file.namespace, warrant)
        marked = kubernetes_fence.mark(self.api, self.file.namespace, warrant, [guarded])
        return Written(canonical.digest(self._text(guarded)), {}, found=not (moved or marked))

    def write(self, edits: Values, expect: Values, warrant: WriteGrant) -> Written:
        # First the text, then the fence: what is written is fenced by what was read before it.
        guarded = self.read()
        kubernetes_fence.hold(self.api, self.file.namespace, warrant)
        for _ in range(TRIES):
            if kubernetes_fence.mark(self.api, self.file.namespace, warrant, [guarded]):
                guarded = self.read()
                kubernetes_fence.require_ours(self.api, self.file.namespace, warrant)
            written = self._try(guarded, edits, expect)
            if written is not None:
                return written
            guarded = self.read()
            kubernetes_fence.require_ours(self.api, self.file.namespace, warrant)
        raise ClusterUnreachable(self.api.where, f"{self.file} changes faster than it can be written")

    def changed_by(self, manifest: KubernetesObject) -> Change:
        """The manager of the text."""
        found = owners(manifest, data_field(self.file.key))
        return Change("", found[0].manager, found[0].time) if found else Change("", "nobody who is named", "")

    def _try(self, guarded: GuardedObject, edits: Values, expect: Values) -> Written | None:
        """One try on this state; None where the ConfigMap has changed meanwhile."""
        text = self._text(guarded)
        settings = required(read_settings(text, list(edits), str(self.file)))
        lines = {path: each.line for path, each in settings.items()}
        if all(settings[path].value == value for path, value in edits.items()):
            return Written(canonical.digest(text), lines, found=True)
        self._require_ours(guarded, settings, edits, expect)
        changed = required(edit_settings(text, edits, str(self.file)))
        try:
            # Who else has written this text loses it: what the settings said was looked at before.
            self.api.apply(self.path, self._body(guarded, changed), manager=IMAGES_MANAGER, force=True)
        except Conflict:
            return None
        after = required(read_settings(changed, list(edits), str(self.file)))
        return Written(canonical.digest(changed), {path: each.line for path, each in after.items()})

    def _body(self, guarded: GuardedObject, text: bytes) -> KubernetesObject:
        """The text, and the others that we have written before: left out, they would go."""
        data: dict[str, str] = guarded.manifest["data"]
        own = {
            key: value
            for key, value in data.items()
            if any(each.manager == IMAGES_MANAGER for each in owners(guarded.manifest, data_field(key)))
        }
        return guarded.body({}) | {"data": own | {self.file.key: text.decode()}}

    def _require_ours(
        self, guarded: GuardedObject, settings: dict[str, FoundSetting], edits: Values, expect: Values
    ) -> None:
        """Refuse (`changed-by`) a setting that is neither as expected nor as wanted."""
        for path, wanted in edits.items():
            found = settings[path]
            if found.value not in (wanted, expect[path]):
                change = self.changed_by(guarded.manifest)
                values = {"path": path, "line": found.line, "found": found.value, "expected": expect[path]}
                who = {"author": change.author, "time": change.time}
                raise RefusedError("changed-by", file=str(self.file), **values, **who)

    def _text(self, guarded: GuardedObject) -> bytes:
        text: str = guarded.manifest["data"][self.file.key]
        return text.encode()
