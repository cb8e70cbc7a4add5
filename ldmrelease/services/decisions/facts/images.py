"""Images: what their repositories say of them now."""

from collections.abc import Collection

from msgspec.structs import replace

from ldmrelease.domain.facts import ImageFact
from ldmrelease.domain.images import ImageIdentity, parse_reference
from ldmrelease.domain.overlays import is_emergency
from ldmrelease.domain.release import Component
from ldmrelease.services.decisions.facts.inquiry import Inquiry, ReleaseInquiry
from ldmrelease.services.needs import FactSources


def gather(inquiry: Inquiry) -> tuple[ImageFact, ...]:
    """Each image as pinned and as it is there. Raises `RegistryError`."""
    platforms, about = _platforms(inquiry), inquiry.release
    if is_emergency(inquiry.question.overlay):
        return tuple(_in_emergency(inquiry, each, platforms) for each in about.pinned.release.images)
    images = zip(about.pinned.release.images, about.once(_found), strict=True)
    return tuple(_on_platforms(about.context, image, fact, platforms) for image, fact in images)


def _in_emergency(inquiry: Inquiry, image: Component, platforms: Collection[str]) -> ImageFact:
    from ldmrelease.services.decisions.facts.images_within_reach import within_reach  # noqa: PLC0415 - seldom

    context = inquiry.release.context

    def ask() -> ImageFact:
        return _on_platforms(context, image, _image(context, image), platforms)

    return within_reach(inquiry, image, platforms, ask)


def as_pinned(about: ReleaseInquiry) -> tuple[ImageFact, ...]:
    """Each image as pinned alone, where nobody asks for more."""
    return tuple(
        ImageFact(each.name, each.source, each.digest, each.platforms, None, None)
        for each in about.pinned.release.images
    )


def _platforms(inquiry: Inquiry) -> tuple[str, ...]:
    """The platforms for which images are asked to be there; none: all that they were built for."""
    asked = [each.parameters.get("platforms") for each in inquiry.requirements if each.rule == "images"]
    # A requirement that names none asks for all, so that nothing is left out for another's sake.
    return () if None in asked else tuple(sorted({name for each in asked for name in each or ()}))


def _found(about: ReleaseInquiry) -> tuple[ImageFact, ...]:
    return tuple(_image(about.context, each) for each in about.pinned.release.images)


def _image(context: FactSources, component: Component) -> ImageFact:
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


def _on_platforms(
    context: FactSources, component: Component, fact: ImageFact, platforms: Collection[str]
) -> ImageFact:
    """The fact about an image, with what it lacks of these platforms, or of all."""
    if not fact.present or fact.problem is not None:
        return fact
    repository = context.registries.open(parse_reference(component.source))
    lacking = context.lacking(repository, component, platforms)
    return replace(fact, present=not lacking, lacking=lacking)
