"""Images: what their repositories say of them now."""

from ldmrelease.domain.facts import ImageFact
from ldmrelease.domain.images import ImageIdentity, parse_reference
from ldmrelease.domain.release import Component
from ldmrelease.services.context import ReadContext
from ldmrelease.services.decisions.facts.inquiry import Inquiry


def gather(inquiry: Inquiry) -> tuple[ImageFact, ...]:
    """Each image as pinned and as it is there. Raises `RegistryError`."""
    return tuple(_image(inquiry.context, each) for each in inquiry.pinned.release.images)


def as_pinned(inquiry: Inquiry) -> tuple[ImageFact, ...]:
    """Each image as pinned alone, where nobody asks for more."""
    return tuple(
        ImageFact(each.name, each.source, each.digest, each.platforms, None, None)
        for each in inquiry.pinned.release.images
    )


def _image(context: ReadContext, component: Component) -> ImageFact:
    repository = context.registries.open(parse_reference(component.source))
    named = repository.resolve(component.spelling)
    tag_now = named.digest if named is not None else None
    present = tag_now == component.digest or repository.resolve(component.digest) is not None
    problem = None
    if present:
        found = context.identity(repository, component.digest)
        problem = None if isinstance(found, ImageIdentity) else found.code
    return ImageFact(
        component.name, component.source, component.digest, component.platforms, present, tag_now, problem
    )
