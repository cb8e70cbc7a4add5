"""Images: what their repositories say of them now."""

from collections.abc import Collection

from ldmrelease.domain.facts import ImageFact
from ldmrelease.domain.images import ImageIdentity, parse_reference
from ldmrelease.domain.release import Component
from ldmrelease.services.decisions.facts.inquiry import Inquiry
from ldmrelease.services.needs import FactSources


def gather(inquiry: Inquiry) -> tuple[ImageFact, ...]:
    """Each image as pinned and as it is there. Raises `RegistryError`."""
    platforms = _platforms(inquiry)
    return tuple(_image(inquiry.context, each, platforms) for each in inquiry.pinned.release.images)


def as_pinned(inquiry: Inquiry) -> tuple[ImageFact, ...]:
    """Each image as pinned alone, where nobody asks for more."""
    return tuple(
        ImageFact(each.name, each.source, each.digest, each.platforms, None, None)
        for each in inquiry.pinned.release.images
    )


def _platforms(inquiry: Inquiry) -> tuple[str, ...]:
    """The platforms for which images are asked to be there; none: all that they were built for."""
    asked = [each.parameters.get("platforms") for each in inquiry.requirements if each.rule == "images"]
    # A requirement that names none asks for all, so that nothing is left out for another's sake.
    return () if None in asked else tuple(sorted({name for each in asked for name in each or ()}))


def _image(context: FactSources, component: Component, platforms: Collection[str]) -> ImageFact:
    repository = context.registries.open(parse_reference(component.source))
    named = repository.resolve(component.spelling)
    tag_now = named.digest if named is not None else None
    present = tag_now == component.digest or repository.resolve(component.digest) is not None
    problem = None
    if present:
        found = context.identity(repository, component.digest)
        problem = None if isinstance(found, ImageIdentity) else found.code
    lacking = context.lacking(repository, component, platforms) if present and problem is None else ()
    return ImageFact(
        component.name,
        component.source,
        component.digest,
        component.platforms,
        present and not lacking,
        tag_now,
        problem,
        lacking,
    )
