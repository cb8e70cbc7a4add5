"""Copy: images and what refers to them, to the registry of the site, verified there (design section 4, step 6).

Before anything is written at the place: what is switched on there can be pulled there. Receipts stay behind,
since each holds for one place alone (trust.md section 2).
"""

from typing import Any

from ldmrelease.domain.images import ImageIdentity, parse_reference
from ldmrelease.domain.overlays import is_emergency
from ldmrelease.domain.predicates.registry import STATEMENT_TYPES
from ldmrelease.domain.release import Component
from ldmrelease.domain.site_registry import site_repository
from ldmrelease.registry.copy import Copier, CopyReport
from ldmrelease.registry.errors import DigestMismatch, NotFound, RegistryError
from ldmrelease.registry.image_identity import identity
from ldmrelease.registry.referrers import list_referrers
from ldmrelease.registry.repository import Repository
from ldmrelease.services.promotions.work import StepDone, StepFailed, StepResult, Work

STAY_BEHIND = frozenset(uri for each in STATEMENT_TYPES.values() if each.local for uri in each.uris)
"""Predicate types that are not copied to another place."""


def act(work: Work) -> StepResult:
    """Copy each component's image by digest; finding it there is done too."""
    registry = work.step.parameters["registry"]
    copied = []
    for name in work.step.parameters["components"]:
        component = work.pinned.release.component(name)
        if component is None:
            return StepFailed("no-image", {"component": name})
        try:
            answer = _brought(work, component, registry)
        except RegistryError as error:
            if not is_emergency(work.request.overlay):
                return error.unavailable
            answer = _there_already(work, component, registry, error)
        if isinstance(answer, StepFailed):
            return answer
        copied.append(answer)
    return StepDone(
        {
            "images": copied,
            "requests": sum(each["requests"] for each in copied),
            "bytes": sum(each["bytes"] for each in copied),
            "found": all(each["found"] for each in copied),
        }
    )


def _there_already(
    work: Work, component: Component, registry: str, error: RegistryError
) -> dict[str, Any] | StepFailed:
    """In an emergency what is there is not copied: the decision has found it at the site, or at work there.

    What the site has is the pinned image all the same, where it can be asked.
    """
    site = work.context.registries.open(parse_reference(site_repository(component.source, registry)))
    out_of_reach: dict[str, Any] = {
        "component": component.name,
        "repository": site.name,
        "digest": component.digest,
        "found": True,
        "requests": 0,
        "bytes": 0,
        "unasked": error.unavailable.where,
    }
    try:
        there = identity(site, component.digest)
    except RegistryError:
        return out_of_reach
    if not isinstance(there, ImageIdentity) or there != component.identity:
        found = there.index if isinstance(there, ImageIdentity) else f"{there.code} {there.subject}"
        return StepFailed("site-differs", _values(component, site, found=found))
    return out_of_reach


def _brought(work: Work, component: Component, registry: str) -> dict[str, Any] | StepFailed:
    """One image at the site, as it was pinned, with what refers to it. Raises `RegistryError`."""
    registries = work.context.registries
    source = registries.open(parse_reference(component.source))
    site = registries.open(parse_reference(site_repository(component.source, registry)))
    place = str(work.step.place)
    work.progress("copying", {"place": place, "component": component.name, "to": site.name})
    try:
        with Copier(source, site, skip_types=STAY_BEHIND) as copier:
            copied = copier.copy(component.digest, component.spelling)
    except NotFound as error:
        if error.repository != source.name:
            raise
        # Its repository answered: asking again brings nothing back.
        return StepFailed("not-at-source", _values(component, source, found=error.what))
    return _verified(component, site, copied) or _result(component, site, copied)


def _verified(component: Component, site: Repository, copied: CopyReport) -> StepFailed | None:
    """What the site itself says of the image now; None where all is as pinned. Raises `RegistryError`."""
    try:
        there = identity(site, component.spelling)
    except DigestMismatch as error:
        return StepFailed("site-differs", _values(component, site, found=error.what))
    if not isinstance(there, ImageIdentity):
        return StepFailed("site-differs", _values(component, site, found=f"{there.code} {there.subject}"))
    if there != component.identity:
        return StepFailed("site-differs", _values(component, site, found=there.index))
    missing = _missing_referrers(component, site, copied)
    return StepFailed("referrers-missing", _values(component, site, found=missing)) if missing else None


def _missing_referrers(component: Component, site: Repository, copied: CopyReport) -> list[str]:
    """What was copied now and is not found there: a list that two write at once may lose an entry."""
    if not copied.referrers:
        return []
    subjects = {component.digest, *(each.manifest for each in component.platforms)}
    listed = {each.digest for subject in sorted(subjects) for each in list_referrers(site, subject)}
    return sorted(set(copied.referrers) - listed)


def _values(component: Component, repository: Repository, found: object) -> dict[str, Any]:
    values = {"component": component.name, "where": repository.name, "wanted": component.digest}
    return {**values, "found": found}


def _result(component: Component, site: Repository, copied: CopyReport) -> dict[str, Any]:
    return {
        "component": component.name,
        "repository": site.name,
        "digest": copied.digest,
        "found": copied.found,
        "requests": copied.requests,
        "bytes": copied.uploaded,
        "mounted": copied.mounted,
        "referrers": len(copied.referrers),
        "left": len(copied.left),
    }
