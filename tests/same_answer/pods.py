"""Pods of a release's images, in every way in which an image gets into one, and what is to become of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ldmrelease.domain.bundle import Bundle
from ldmrelease.domain.release import Release
from ldmrelease.domain.times import spell
from ldmrelease.services.bundles.allow_list import creatable

Object = dict[str, Any]
_UNLISTED = "oci:images/api@sha256:" + "e" * 64


@dataclass(frozen=True)
class Asked:
    """A request, and the images that it adds. `spoilt` is what it is refused for whatever the images are; `expired`
    that the list is out of date by then."""

    request: Object
    images: tuple[str, ...]
    spoilt: str = ""
    expired: bool = False

    def allowed(self, listed: Mapping[str, bool]) -> bool:
        """Whether it is to be let in, by digests that are listed, and whether each runs already."""
        digests = [each.rpartition("@")[2] for each in self.images]
        known = [each in listed and (listed[each] or not self.expired) for each in digests]
        return not self.spoilt and all(known)


class Pods:
    """Makes pods of the time of a bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self._fresh = spell(bundle.as_of + timedelta(hours=1))
        self._late = spell(bundle.expires + timedelta(seconds=1))

    def by_digest(self, release: Release) -> Asked:
        """A container for each image."""
        return self._created(_by_digest(release))

    @property
    def further(self) -> Sequence[Callable[[Release], Asked]]:
        """All other ways."""
        return (
            self._by_manifest,
            self._by_tag_and_digest,
            self._by_tag,
            self._beside_another,
            self._init,
            self._another_init,
            self._volume,
            self._another_volume,
            self._ephemeral,
            self._changed,
            self._unchanged,
            self._mirror,
            self._expired,
        )

    def _by_manifest(self, release: Release) -> Asked:
        """By the digest of one platform."""
        images = [f"{each.source}@{creatable(each.identity)[-1]}" for each in release.images]
        return self._created(images)

    def _by_tag_and_digest(self, release: Release) -> Asked:
        return self._created([f"{each.source}:{each.spelling}@{each.digest}" for each in release.images])

    def _by_tag(self, release: Release) -> Asked:
        first, *_ = release.images
        images = [f"{first.source}:{first.spelling}", *_by_digest(release)[1:]]
        return self._created(images, spoilt="without a sha256 digest")

    def _beside_another(self, release: Release) -> Asked:
        return self._created([*_by_digest(release), _UNLISTED], spoilt="not admitted")

    def _init(self, release: Release) -> Asked:
        first, *others = _by_digest(release)
        return self._created([first], initContainers=_containers(others))

    def _another_init(self, release: Release) -> Asked:
        """A sidecar that nobody has let in."""
        sidecar = {**_containers([_UNLISTED])[0], "restartPolicy": "Always"}
        return self._created(_by_digest(release), spoilt="not admitted", initContainers=[sidecar])

    def _volume(self, release: Release) -> Asked:
        first, *others = _by_digest(release)
        return self._created([first], volumes=_volumes(others))

    def _another_volume(self, release: Release) -> Asked:
        return self._created(_by_digest(release), spoilt="not admitted", volumes=_volumes([_UNLISTED]))

    def _ephemeral(self, release: Release) -> Asked:
        """Beside what nobody would let in now, and runs."""
        old = self._pod([_UNLISTED])
        images = _by_digest(release)
        new = self._pod([_UNLISTED], ephemeralContainers=_containers(images))
        return Asked(_request("UPDATE", new, old, "ephemeralcontainers"), tuple(images))

    def _changed(self, release: Release) -> Asked:
        images = _by_digest(release)
        return Asked(_request("UPDATE", self._pod(images), self._pod([_UNLISTED])), tuple(images))

    def _unchanged(self, release: Release) -> Asked:
        """A label is put on what runs already, long after the list has expired."""
        pod = self._pod(_by_digest(release), at=self._late)
        new = {**pod, "metadata": {**pod["metadata"], "labels": {"seen": "yes"}}}
        return Asked(_request("UPDATE", new, pod), ())

    def _mirror(self, release: Release) -> Asked:
        pod = self._pod(_by_digest(release))
        pod["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "1"}
        return Asked(_request("CREATE", pod), (), spoilt="only nodes make mirror pods")

    def _expired(self, release: Release) -> Asked:
        images = _by_digest(release)
        return Asked(_request("CREATE", self._pod(images, at=self._late)), tuple(images), expired=True)

    def _created(self, images: Sequence[str], *, spoilt: str = "", **further: Any) -> Asked:
        pod = self._pod(images, **further)
        added = [*images, *(each["image"] for each in further.get("initContainers", ()))]
        added += [each["image"]["reference"] for each in further.get("volumes", ()) if "image" in each]
        return Asked(_request("CREATE", pod), tuple(added), spoilt)

    def _pod(self, images: Sequence[str], *, at: str | None = None, **further: Any) -> Object:
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p", "creationTimestamp": at or self._fresh},
            "spec": {"containers": _containers(images), **further},
        }


def _by_digest(release: Release) -> list[str]:
    return [f"{each.source}@{each.digest}" for each in release.images]


def _containers(images: Sequence[str]) -> list[Object]:
    return [{"name": f"c{number}", "image": each} for number, each in enumerate(images)]


def _volumes(images: Sequence[str]) -> list[Object]:
    volumes = [{"name": f"v{number}", "image": {"reference": each}} for number, each in enumerate(images)]
    return [{"name": "room", "emptyDir": {}}, *volumes]


def _volumes(images: Sequence[str]) -> list[Object]:
    found = [{"name": f"v{number}", "image": {"reference": each}} for number, each in enumerate(images)]
    return [{"name": "room", "emptyDir": {}}, *found]


def _request(operation: str, pod: Object, old: Object | None = None, sub: str = "") -> Object:
    return {
        "operation": operation,
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "subResource": sub,
        "userInfo": {"username": "somebody", "groups": ["system:authenticated"]},
        "object": pod,
        "oldObject": old,
    }
