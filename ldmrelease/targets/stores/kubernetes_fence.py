"""The fence of a place in a cluster: a ConfigMap, and the claim's epoch on whatever the place writes.

Who takes a place over first moves the ConfigMap, by its resourceVersion, and then annotates every object with
its epoch, which moves theirs. An epoch never goes back, so that a late holder is known though somebody has
deleted the ConfigMap. Whoever writes reads the objects first, then the ConfigMap, and writes with the
uid and resourceVersion that were read: a late holder gets 409, at the ConfigMap or at the object.
"""

import re
from collections.abc import Iterable

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.errors import Absent, ClusterUnreachable, Conflict
from ldmrelease.cluster.client.paths import path_of
from ldmrelease.cluster.objects.workloads import KubernetesObject
from ldmrelease.domain import canonical
from ldmrelease.domain.topology import Place
from ldmrelease.targets import fence
from ldmrelease.targets.connections import TRIES
from ldmrelease.targets.fence import Fence, WriteGrant
from ldmrelease.targets.guarded import GuardedObject
from ldmrelease.targets.results import RefusedError
from ldmrelease.targets.stores.field_managers import FENCE_MANAGER

NAME = "ldmrelease"
"""The ConfigMap with the fences of a namespace's places, one key for each."""

EPOCH = "ldmrelease.dev/epoch"


def key_of(place: Place) -> str:
    """The ConfigMap's key of a place: `<environment>.<application>`, with dots in the names doubled."""
    return ".".join(each.replace(".", "..") for each in (place.environment, place.application))


def read(api: Api, namespace: str, place: Place) -> Fence | None:
    """The fence of a place; None where nobody has claimed it."""
    return _fence_in(_config_map(api, namespace), place)


def require_ours(api: Api, namespace: str, grant: WriteGrant) -> None:
    """Raise `Refused` (`fenced`) unless the fence stands where the grant's holder has put it."""
    found = read(api, namespace, grant.place)
    fence.check(found, grant)
    if found is None or not _is_same_claim(found, grant.fence):
        values = {"promotion": found.promotion if found else "", "epoch": found.epoch if found else 0}
        raise RefusedError("fenced", place=str(grant.place), **values, expected=grant.fence.epoch)


def hold(api: Api, namespace: str, grant: WriteGrant) -> bool:
    """Let the fence say what the grant says, if its holder may write; whether it had to be moved."""
    for _ in range(TRIES):
        config_map = _config_map(api, namespace)
        found = _fence_in(config_map, grant.place)
        fence.check(found, grant)
        if found is not None and _is_same_claim(found, grant.fence) and found.size >= grant.fence.size:
            return False
        try:
            _put(api, namespace, config_map, grant)
        except Conflict:
            # Another place's fence is in the same ConfigMap.
            continue
        except Absent:
            if config_map is None:
                raise
            continue
        return True
    raise ClusterUnreachable(api.where, f"ConfigMap {namespace}/{NAME} changes faster than it can be written")


def mark(api: Api, namespace: str, grant: WriteGrant, objects: Iterable[GuardedObject]) -> bool:
    """Annotate every object with the epoch of the fence, which must be ours; whether any was changed."""
    changed = False
    for each in objects:
        changed |= _mark(api, namespace, grant, each)
    return changed


def _mark(api: Api, namespace: str, grant: WriteGrant, guarded: GuardedObject) -> bool:
    epoch = grant.fence.epoch
    for _ in range(TRIES):
        marked = _epoch_of(guarded)
        if marked == epoch:
            return False
        if marked > epoch:
            # Its ConfigMap was deleted; the objects still tell who came later.
            raise RefusedError("marked-later", file=guarded.path, epoch=marked, expected=epoch)
        try:
            # The annotation is ours by its name, whoever has set it.
            api.apply(guarded.path, guarded.body({EPOCH: str(epoch)}), manager=FENCE_MANAGER, force=True)
        except Conflict:
            guarded = GuardedObject(guarded.path, api.get(guarded.path))
            require_ours(api, namespace, grant)
            continue
        return True
    raise ClusterUnreachable(api.where, f"{guarded.path} changes faster than it can be annotated")


def _epoch_of(guarded: GuardedObject) -> int:
    """The epoch that an object was marked with; 0 where it never was, or somebody wrote what is none."""
    told = guarded.annotations.get(EPOCH, "")
    return int(told) if re.fullmatch(r"[0-9]{1,18}", told) else 0


def _is_same_claim(one: Fence, other: Fence) -> bool:
    return (one.promotion, one.epoch) == (other.promotion, other.epoch)


def _config_map(api: Api, namespace: str) -> KubernetesObject | None:
    try:
        return api.get(path_of("ConfigMap", namespace, NAME))
    except Absent:
        return None


def _fence_in(config_map: KubernetesObject | None, place: Place) -> Fence | None:
    text = ((config_map or {}).get("data") or {}).get(key_of(place))
    if text is None:
        return None
    try:
        return canonical.decode(text.encode(), Fence)
    except canonical.NotCanonical as error:
        raise RefusedError("bad-fence", revision=f"ConfigMap {NAME}", found=str(error)) from None


def _put(api: Api, namespace: str, config_map: KubernetesObject | None, grant: WriteGrant) -> None:
    data = {key_of(grant.place): canonical.encode(grant.fence).decode()}
    if config_map is None:
        metadata = {"name": NAME, "namespace": namespace}
        api.create(
            path_of("ConfigMap", namespace),
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data},
        )
    else:
        merged = config_map | {"data": (config_map.get("data") or {}) | data}
        api.replace(path_of("ConfigMap", namespace, NAME), merged)
