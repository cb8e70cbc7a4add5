"""Whether containers run what is wanted, by image identity: in any repository, under any name of the image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ldmrelease.cluster.objects.pods import ContainerState, digest_named, states
from ldmrelease.cluster.objects.workloads import VOLUME, Container, KubernetesObject
from ldmrelease.cluster.rollout.status import ImageMismatch

DesiredDigests = Mapping[str, frozenset[str] | None]
"""For each container the digests of the image that it shall run (any name of its identity); None where they
are not known: then the image in the specification alone decides."""


def image_mismatch(containers: tuple[Container, ...], wanted: DesiredDigests) -> ImageMismatch | None:
    """The first container whose specification names another image than is wanted."""
    images = {each.name: each.image for each in containers}
    for name in sorted(wanted):
        digests = wanted[name]
        if name not in images:
            return ImageMismatch("no-container", {"container": name, "there": sorted(images)})
        found = digest_named(images[name])
        # What is mounted from a tag is told by nobody.
        may_be = found in digests if digests and (found or name.startswith(VOLUME)) else True
        if not may_be:
            return ImageMismatch("other-digest", {"container": name, "image": images[name]})
    return None


def mismatch(pod: KubernetesObject, wanted: DesiredDigests) -> ContainerState | None:
    """The first container of a pod that is not known to run what is wanted."""
    found = {each.container.name: each for each in states(pod)}
    for name in sorted(wanted):
        if name not in found:
            return ContainerState(Container(name, ""), None, False, {})
        if not _runs(found[name], wanted[name]):
            return found[name]
    return None


def _runs(state: ContainerState, digests: frozenset[str] | None) -> bool:
    named = digest_named(state.container.image)
    if state.container.field == "volumes":
        # No kubelet tells what it mounted.
        return digests is None or named in digests
    if digests is None:
        return state.running is not None
    return (named is None or named in digests) and state.running in digests


def shown(state: ContainerState) -> dict[str, Any]:
    """What is told of a container that runs something else."""
    return {"container": state.container.name, "image": state.container.image, "running": state.running}
