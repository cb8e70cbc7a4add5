"""A values text in a ConfigMap, read and written as a values file in git is: the menu's other form.

The text alone is written, by server-side apply with the uid and resourceVersion that were read.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from msgspec import Struct

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import ClusterUnreachable, Conflict, Forbidden, ObjectNotFound
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.objects.gitops_managers import manager_of
from ldmrelease.cluster.objects.owners import data_field, owners
from ldmrelease.cluster.objects.workloads import KubernetesObject
from ldmrelease.domain import canonical
from ldmrelease.domain.errors import Unavailable
from ldmrelease.domain.targets import ConfigMapKey
from ldmrelease.domain.topology import Place
from ldmrelease.targets.connections import TRIES, Access, answer, refusal_of
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
    joined_refusal,
    require_none,
)
from ldmrelease.targets.stores import kubernetes_fence
from ldmrelease.targets.stores.expected import require_expected, written_settings
from ldmrelease.targets.stores.field_managers import IMAGES_MANAGER
from ldmrelease.targets.stores.kubernetes_rights import Right, fence_rights, forbidden
from ldmrelease.targets.stores.reading import PathsToRead, lines_of, one_text, snapshot_of

T = TypeVar("T")


def name_of(where: ConfigMapKey) -> str:
    """The ConfigMap and its key, for people."""
    return str(where)


def preflight(where: ConfigMapKey, access: Access) -> Refusal | Unavailable | None:
    """Why the text cannot be written, all of it at once; None where nothing is known against it."""
    found = answer(lambda: list(_against(where, access)))
    return joined_refusal(found) if isinstance(found, list) else found


def _against(where: ConfigMapKey, access: Access) -> Iterator[Refusal]:
    api = access.cluster(where.cluster)
    try:
        manifest = api.get(path_of("ConfigMap", where.namespace, where.name))
    except ObjectNotFound:
        yield Refusal("no-config-map", {"file": str(where)})
    except Forbidden as error:
        refusal = refusal_of(error)
        assert refusal is not None
        yield refusal
    else:
        yield from problems(manifest, where)
        manager = manager_of(manifest)
        if manager is not None:
            values = {"found": manager.name, "application": manager.object}
            yield Refusal("managed-by", {"file": str(where), **values})
    needed: Right = ("patch", path_of("ConfigMap", where.namespace), where.name)
    yield from forbidden(api, where.namespace, (needed, *fence_rights(where.namespace)))


def read(
    where: ConfigMapKey,
    paths: Sequence[str],
    access: Access,
    optional: Collection[str] = (),
    beside: Collection[str] = (),
    shared: Collection[str] = (),
) -> Snapshot | Refusal | Unavailable:
    """The settings as they are now; an `optional` one that is absent is left out."""
    read = PathsToRead(paths, optional, beside, shared)
    return answer(lambda: _Session.open(where, access).snapshot(read))


def write(
    where: ConfigMapKey, edits: Values, access: Access, *, expect: Values, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Write the edits where each setting still is as expected, or as wanted (`found` where all are)."""
    return answer(lambda: _Session.open(where, access).write(edits, expect, grant))


def restore(
    where: ConfigMapKey, before: Values, ours: Values, access: Access, grant: WriteGrant
) -> Written | Refusal | Unavailable:
    """Put back what was there before, where the settings still are ours."""
    return write(where, before, access, expect=ours, grant=grant)


def claim(where: ConfigMapKey, access: Access, grant: WriteGrant) -> Written | Refusal | Unavailable:
    """Move the fence to ours, then annotate the ConfigMap."""
    return answer(lambda: _Session.open(where, access).claim(grant))


def fence_of(where: ConfigMapKey, place: Place, access: Access) -> bytes | Refusal | Unavailable | None:
    """What is kept as the place's fence; None where nobody has claimed it yet."""
    return answer(lambda: kubernetes_fence.read(access.cluster(where.cluster), where.namespace, place))


def fence_removal(where: ConfigMapKey, place: Place) -> str:
    """The command that takes the place's fence away."""
    return kubernetes_fence.removal(where.cluster, where.namespace, place)


def changed_by(
    where: ConfigMapKey, asked: Sequence[SettingItem], access: Access
) -> dict[SettingItem, Change | Refusal] | Refusal | Unavailable:
    """The field manager that last wrote the text."""

    def act() -> dict[SettingItem, Change | Refusal]:
        session = _Session.open(where, access)
        return dict.fromkeys(asked, session.changed_by(session.read().manifest))

    return answer(act)


def problems(manifest: KubernetesObject, where: ConfigMapKey) -> list[Refusal]:
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

    file: ConfigMapKey
    api: Api

    @classmethod
    def open(cls, where: ConfigMapKey, access: Access) -> "_Session":
        return cls(where, access.cluster(where.cluster))

    @property
    def path(self) -> str:
        return path_of("ConfigMap", self.file.namespace, self.file.name)

    def read(self) -> GuardedObject:
        """The ConfigMap. Raises `Refused`: `no-config-map`, `no-key`, `immutable`."""
        try:
            manifest = self.api.get(self.path)
        except ObjectNotFound:
            raise RefusedError("no-config-map", file=str(self.file)) from None
        require_none(problems(manifest, self.file))
        return GuardedObject(self.path, manifest)

    def snapshot(self, paths: PathsToRead) -> Snapshot:
        text = self._text(self.read())
        return snapshot_of(text, paths, str(self.file), canonical.digest(text))

    def claim(self, grant: WriteGrant) -> Written:
        guarded = self.read()
        moved = kubernetes_fence.hold(self.api, self.file.namespace, grant)
        marked = kubernetes_fence.mark(self.api, self.file.namespace, grant, [guarded])
        return Written(canonical.digest(self._text(guarded)), {}, found=not (moved or marked))

    def write(self, edits: Values, expect: Values, grant: WriteGrant) -> Written:
        # First the text, then the fence: what is written is fenced by what was read before it.
        guarded = self.read()
        kubernetes_fence.hold(self.api, self.file.namespace, grant)
        for _ in range(TRIES):
            if kubernetes_fence.mark(self.api, self.file.namespace, grant, [guarded]):
                guarded = self.read()
                kubernetes_fence.require_ours(self.api, self.file.namespace, grant)
            written = self._try(guarded, edits, expect)
            if written is not None:
                return written
            guarded = self.read()
            kubernetes_fence.require_ours(self.api, self.file.namespace, grant)
        raise ClusterUnreachable(self.api.where, f"{self.file} changes faster than it can be written")

    def changed_by(self, manifest: KubernetesObject) -> Change:
        """The manager of the text."""
        found = owners(manifest, data_field(self.file.key))
        return Change("", found[0].manager, found[0].time) if found else Change("", "nobody who is named", "")

    def _try(self, guarded: GuardedObject, edits: Values, expect: Values) -> Written | None:
        """One try on this state; None where the ConfigMap has changed meanwhile."""
        text, asked = self._text(guarded), written_settings(edits, expect)
        texts = one_text(str(self.file), text)
        settings = texts.settings(asked)
        if all(settings[path].value == value for path, value in edits.items()):
            return Written(canonical.digest(text), lines_of(settings), found=True)
        require_expected(str(self.file), settings, edits, expect, lambda _: self.changed_by(guarded.manifest))
        changed = texts.edited(edits, asked).get(str(self.file), text)
        try:
            # Who else has written this text loses it: what the settings said was looked at before.
            self.api.apply(self.path, self._body(guarded, changed), manager=IMAGES_MANAGER, force=True)
        except Conflict:
            return None
        after = one_text(str(self.file), changed).settings(asked)
        return Written(canonical.digest(changed), lines_of(after))

    def _body(self, guarded: GuardedObject, text: bytes) -> KubernetesObject:
        """The text, and the others that we have written before: left out, they would go."""
        data: dict[str, str] = guarded.manifest["data"]
        own = {
            key: value
            for key, value in data.items()
            if any(each.manager == IMAGES_MANAGER for each in owners(guarded.manifest, data_field(key)))
        }
        return guarded.body({}) | {"data": own | {self.file.key: text.decode()}}

    def _text(self, guarded: GuardedObject) -> bytes:
        text: str = guarded.manifest["data"][self.file.key]
        return text.encode()
