"""What the settings of a place say of images, component by component, before a promotion and after it."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from ldmrelease.domain.tags import grammar_of, parse, tag_pattern_match
from ldmrelease.domain.tags.tag import Tag
from ldmrelease.domain.targets import Target
from ldmrelease.domain.topology import ComponentKind, Product
from ldmrelease.services.needs import ReleaseLookup
from ldmrelease.targets import registry
from ldmrelease.targets.results import Refusal, Snapshot

_NOTHING = "null"


class ImageChange(Struct, frozen=True):
    """A component whose image is another one: what its setting said and says, put together from all its parts (a tag, a
    digest, both, or what names none); None where nothing was there."""

    component: str
    before: str | None
    after: str | None


def said_images(target: Target, there: Snapshot) -> dict[str, str]:
    """By component, the image that a place's settings name, as they are read there; those of menus are left out."""
    if target.capabilities.keeps_many:
        return {}
    said = registry.stated(target, there)
    if isinstance(said, Refusal):
        return {}
    found = {}
    for each in said:
        named = [part for part in (each.tag, each.digest) if part is not None]
        text = "@".join(named) if named else each.invalid or ""
        if text and text != _NOTHING:
            found[each.component] = text
    return found


def image_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[ImageChange, ...]:
    """The components whose image is another one, by name."""
    names = sorted({*after, *before})
    return tuple(
        ImageChange(each, before.get(each), after.get(each))
        for each in names
        if before.get(each) != after.get(each)
    )


def release_of_images(
    context: ReleaseLookup, product: Product, asked: str, images: Mapping[str, str]
) -> str | None:
    """The tag of the release that a product's images are of; several tags, where they are of several.

    asked: the tag that is promoted. Builds of one cycle are the cycle, where a cycle is asked for or there are several.
    """
    named = dict.fromkeys(_names(context, product, images))
    builds = grammar_of(product.grammar).BUILDS
    if builds is not None and (len(named) > 1 or builds.of(_tag(product, asked)) is None):
        cycles = dict.fromkeys(builds.of(_tag(product, each)) or each for each in named)
        named = cycles if len(cycles) == 1 else named
    return ", ".join(named) or None


def _tag(product: Product, text: str) -> Tag:
    return parse(text, product.grammar, product.aliases)


def _names(context: ReleaseLookup, product: Product, images: Mapping[str, str]) -> Iterator[str]:
    for component in product.components:
        text = images.get(component.name)
        if component.kind is ComponentKind.IMAGE and text is not None:
            found = tag_pattern_match(component.spelling, text.partition("@")[0], product.grammar)
            named = found.name if found is not None else None
            yield named or _by_digest(context, product, text) or text


def _by_digest(context: ReleaseLookup, product: Product, text: str) -> str | None:
    digest = text.rpartition("@")[2]
    names: Iterable[str] = context.pins.names_of(digest) if digest.startswith("sha256:") else []
    return next((each.partition("/")[2] for each in names if each.startswith(f"{product.name}/")), None)
