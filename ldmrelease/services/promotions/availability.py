"""How long after its tag a release was ready at a place (LDM-564 2.2.1: "hours (not days)"): measured, reported.

Nobody records when a tag was made. The images say when they were built, and the newest of them was built last.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.level import Level
from ldmrelease.domain.release import Component
from ldmrelease.domain.times import instant, spell
from ldmrelease.registry.errors import RegistryError, reading_answer
from ldmrelease.registry.manifests import Manifest, parse_object
from ldmrelease.registry.opening import Registries
from ldmrelease.registry.repository import Repository
from ldmrelease.services.releases.pin import Pinned

CREATED = "org.opencontainers.image.created"
# Builds that are to give the same bytes again write a time that is none: 0001, 1970 or 1980.
_FIRST_YEAR = 2000


def availability(registries: Registries, pinned: Pinned, level: Level, ready: datetime) -> dict[str, Any]:
    """From tag to ready, for the record: `tagged`, `ready`, `seconds`, `asked` (by the level, in seconds), `met`.

    What cannot be known, because no image says when it was built or a registry does not answer, is None: what
    is settled stays settled.
    """
    tagged = _tagged(registries, pinned)
    asked = level.availability
    seconds = None if tagged is None else max(0, int((ready - tagged).total_seconds()))
    return {
        "tagged": None if tagged is None else spell(tagged),
        "ready": spell(ready),
        "seconds": seconds,
        "asked": asked,
        "met": None if seconds is None or asked is None else seconds <= asked,
    }


def _tagged(registries: Registries, pinned: Pinned) -> datetime | None:
    try:
        times = [built(registries, each) for each in pinned.release.images]
    except RegistryError:
        return None
    return max((each for each in times if each is not None), default=None)


def built(registries: Registries, component: Component) -> datetime | None:
    """When an image says that it was built: the newest of what its index, manifests and configurations say.

    Raises `RegistryError`.
    """
    repository = registries.open(parse_reference(component.source))
    with reading_answer("GET", repository.name):
        said = [_moment(each) for each in _said(repository, component)]
    return max((each for each in said if each is not None), default=None)


def _said(repository: Repository, component: Component) -> Iterator[object]:
    index = repository.manifest(component.digest)
    yield _annotated(index)
    for platform in component.platforms:
        manifest = repository.manifest(platform.manifest) if index.is_index else index
        annotated = _annotated(manifest)
        # The configuration says it in most cases; where the manifest does, it need not be read.
        yield annotated or parse_object(repository.blob(platform.config)).get("created")


def _annotated(manifest: Manifest) -> object:
    annotations = manifest.json().get("annotations")
    return annotations.get(CREATED) if isinstance(annotations, dict) else None


def _moment(said: object) -> datetime | None:
    try:
        moment = instant(said) if isinstance(said, str) else None
    except (ValueError, OverflowError):
        return None
    return moment if moment is not None and moment.year >= _FIRST_YEAR else None
