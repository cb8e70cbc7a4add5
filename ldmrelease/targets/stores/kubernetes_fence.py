"""The fence of a place in a cluster: in a ConfigMap, and as an annotation of whatever the place writes, both signed.

Who takes a place over first moves the ConfigMap, by its resourceVersion, and then annotates every object with
its fence, which moves theirs. Of one ledger an epoch never goes back, so that a late holder is known though somebody
has deleted the ConfigMap. Whoever writes reads the objects first, then the ConfigMap, and writes with the
uid and resourceVersion that were read: a late holder gets 409, at the ConfigMap or at the object.
"""

import json
from collections.abc import Iterable
from shlex import join

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import ClusterUnreachable, Conflict, ObjectNotFound
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.objects.workloads import KubernetesObject
from ldmrelease.domain.fence import Fence
from ldmrelease.domain.topology import Place
from ldmrelease.domain.workload_selection import IN_CLUSTER, ClusterAccess
from ldmrelease.targets import fence
from ldmrelease.targets.connections import TRIES
from ldmrelease.targets.fence import WriteGrant, is_same_claim
from ldmrelease.targets.guarded import GuardedObject
from ldmrelease.targets.results import RefusedError
from ldmrelease.targets.stores.field_managers import FENCE_MANAGER

NAME = "ldmrelease"
"""The ConfigMap with the fences of a namespace's places, one key for each."""

MARK = "ldmrelease.dev/fence"
"""The annotation with the signed fence of the claim under which an object was last written."""
EPOCH = "ldmrelease.dev/epoch"
"""Its epoch beside it, for people: nothing reads it."""


def key_of(place: Place) -> str:
    """The ConfigMap's key of a place: `<environment>.<application>`, with dots in the names doubled."""
    return ".".join(each.replace(".", "..") for each in (place.environment, place.application))


def read(api: Api, namespace: str, place: Place) -> bytes | None:
    """What is kept as the fence of a place; None where nobody has claimed it."""
    return _kept_in(_config_map(api, namespace), place)


def removal(access: ClusterAccess, namespace: str, place: Place) -> str:
    """The command that takes the fence of a place away."""
    context = () if access.context == IN_CLUSTER else ("--context", access.context)
    config = () if access.kubeconfig is None else ("--kubeconfig", access.kubeconfig)
    patch = json.dumps([{"op": "remove", "path": f"/data/{key_of(place)}"}])
    about = ("-n", namespace, "patch", "configmap", NAME, "--type=json", "-p", patch)
    return join(("kubectl", *config, *context, *about))


def require_ours(api: Api, namespace: str, grant: WriteGrant) -> None:
    """Raise `Refused` (`fenced`) unless the fence stands where the grant's holder has put it."""
    found = fence.check(read(api, namespace, grant.place), grant)
    if not is_same_claim(found, grant.fence):
        values = {"promotion": found.promotion if found else "", "epoch": found.epoch if found else 0}
        raise RefusedError("fenced", place=str(grant.place), **values, expected=grant.fence.epoch)


def hold(api: Api, namespace: str, grant: WriteGrant) -> bool:
    """Let the fence say what the grant says, if its holder may write; whether it had to be moved."""
    for _ in range(TRIES):
        config_map = _config_map(api, namespace)
        found = fence.check(_kept_in(config_map, grant.place), grant)
        if found is not None and is_same_claim(found, grant.fence) and found.size >= grant.fence.size:
            return False
        try:
            _put(api, namespace, config_map, grant)
        except Conflict:
            # Another place's fence is in the same ConfigMap.
            continue
        except ObjectNotFound:
            if config_map is None:
                raise
            continue
        return True
    raise ClusterUnreachable(api.where, f"ConfigMap {namespace}/{NAME} changes faster than it can be written")


def mark(api: Api, namespace: str, grant: WriteGrant, objects: Iterable[GuardedObject]) -> bool:
    """Annotate every object with the fence, which must be ours; whether any was changed."""
    changed = False
    for each in objects:
        changed |= _mark(api, namespace, grant, each)
    return changed


def _mark(api: Api, namespace: str, grant: WriteGrant, guarded: GuardedObject) -> bool:
    annotations = {MARK: grant.signed.decode(), EPOCH: str(grant.fence.epoch)}
    for _ in range(TRIES):
        if is_same_claim(_require_no_later(guarded, grant), grant.fence):
            return False
        try:
            # The annotation is ours by its name, whoever has set it.
            api.apply(guarded.path, guarded.body(annotations), manager=FENCE_MANAGER, force=True)
        except Conflict:
            guarded = GuardedObject(guarded.path, api.get(guarded.path))
            require_ours(api, namespace, grant)
            continue
        return True
    raise ClusterUnreachable(api.where, f"{guarded.path} changes faster than it can be annotated")


def _require_no_later(guarded: GuardedObject, grant: WriteGrant) -> Fence | None:
    """The fence that an object was marked with, if that counts. Raises `Refused`, `marked-later` among it: its
    ConfigMap was deleted, and the objects still tell who came later."""
    kept = guarded.annotations.get(MARK)
    mark = kept.encode(errors="replace") if kept is not None else None
    found, ours = grant.read(mark), grant.fence
    if found is not None and found.genesis == ours.genesis and found.epoch > ours.epoch:
        raise RefusedError("marked-later", file=guarded.path, epoch=found.epoch, expected=ours.epoch)
    return fence.check(mark, grant)


def _config_map(api: Api, namespace: str) -> KubernetesObject | None:
    try:
        return api.get(path_of("ConfigMap", namespace, NAME))
    except ObjectNotFound:
        return None


def _kept_in(config_map: KubernetesObject | None, place: Place) -> bytes | None:
    text: str | None = ((config_map or {}).get("data") or {}).get(key_of(place))
    return text.encode(errors="replace") if text is not None else None


def _put(api: Api, namespace: str, config_map: KubernetesObject | None, grant: WriteGrant) -> None:
    data = {key_of(grant.place): grant.signed.decode()}
    if config_map is None:
        metadata = {"name": NAME, "namespace": namespace}
        api.create(
            path_of("ConfigMap", namespace),
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data},
        )
    else:
        merged = config_map | {"data": (config_map.get("data") or {}) | data}
        api.replace(path_of("ConfigMap", namespace, NAME), merged)
