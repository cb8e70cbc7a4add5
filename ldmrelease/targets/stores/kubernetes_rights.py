"""The rights that writing in a cluster needs, and those of them that we do not have."""

from collections.abc import Iterable, Iterator

from ldmrelease.cluster.client.api import Api
from ldmrelease.cluster.client.paths import describe, path_of
from ldmrelease.targets.results import Refusal
from ldmrelease.targets.stores import kubernetes_fence

Right = tuple[str, str, str]
"""A verb, the collection of objects it is needed for, and the object's name where it is known."""


def fence_rights(namespace: str) -> tuple[Right, ...]:
    """What moving a fence needs."""
    config_maps = path_of("ConfigMap", namespace)
    return (
        ("get", config_maps, kubernetes_fence.NAME),
        # No role can be limited to the name of what is not there yet.
        ("create", config_maps, ""),
        ("update", config_maps, kubernetes_fence.NAME),
    )


def forbidden(api: Api, namespace: str, rights: Iterable[Right]) -> Iterator[Refusal]:
    """A refusal for each right that we do not have. Raises `ClusterError`."""
    for verb, collection, name in dict.fromkeys(rights):
        about = describe(collection)
        if not api.allowed(verb, about.resource, namespace, about.group, name=name):
            values = {"verb": verb, "resource": about.resource, "namespace": namespace, "message": ""}
            yield Refusal("forbidden", {"file": api.where, **values})
