"""Whether an image is there in an emergency, where its source does not answer: in the site's own registry, or at work.

Never guessed: where nobody within reach has it, the source's silence stands.
"""

from collections.abc import Callable, Collection

from msgspec.structs import replace

from ldmrelease.domain.errors import Unavailable, UnavailableError
from ldmrelease.domain.facts import ImageFact
from ldmrelease.domain.images import parse_reference
from ldmrelease.domain.overlays import UnaskedSource
from ldmrelease.domain.release import Component
from ldmrelease.domain.site_registry import site_repository
from ldmrelease.services.decisions.facts.inquiry import Inquiry
from ldmrelease.services.inventory.observations import latest_observation

_PODS = "pods"


def within_reach(
    inquiry: Inquiry, component: Component, platforms: Collection[str], ask: Callable[[], ImageFact]
) -> ImageFact:
    """The fact about an image, as its source tells it, or else as whoever is within reach does.

    Raises what its source raised, where nobody else has the image and the place runs it.
    """
    try:
        return ask()
    except UnavailableError as error:
        _left_out(inquiry, error.unavailable)
        fact = _at_site(inquiry, component, platforms) or _at_work(inquiry, component)
        if fact is None and _runs_here(inquiry, component):
            raise
        return fact or replace(_known(component), present=None, tag_now=None)


def _left_out(inquiry: Inquiry, cut: Unavailable) -> None:
    inquiry.unasked.append(UnaskedSource("images", cut.where, cut.reason))


def _at_site(inquiry: Inquiry, component: Component, platforms: Collection[str]) -> ImageFact | None:
    context = inquiry.release.context
    application = context.topology.application(inquiry.question.place)
    if application is None or application.registry is None:
        return None
    repository = context.registries.open(
        parse_reference(site_repository(component.source, application.registry))
    )
    try:
        if repository.resolve(component.digest) is None:
            return None
        lacking = context.lacking(repository, component, platforms)
    except UnavailableError as error:
        _left_out(inquiry, error.unavailable)
        return None
    return replace(_known(component), present=not lacking, lacking=lacking)


def _at_work(inquiry: Inquiry, component: Component) -> ImageFact | None:
    """Pods of the environment run it, as was observed last: its nodes have it."""
    context, digests = inquiry.release.context, component.identity.digests()
    for each in context.topology.applications:
        if each.place.environment != inquiry.question.place.environment:
            continue
        latest = latest_observation(context, each.place)
        if latest is None or latest.observation.basis != _PODS:
            continue
        if any(image.ready and image.digest in digests for image in latest.observation.images):
            return _known(component)
    return None


def _runs_here(inquiry: Inquiry, component: Component) -> bool:
    """Whether the place runs the component at all."""
    about = inquiry.release
    application = about.context.topology.application(inquiry.question.place)
    return application is None or component.name in application.components(about.pinned.release.product)


def _known(component: Component) -> ImageFact:
    """What its tag names now is not known, and nobody's question: the digest is what is brought."""
    return ImageFact(
        component.name, component.source, component.digest, component.platforms, True, component.digest
    )
