"""From the scalars that decide an image to what a promotion would write."""

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from ldmrelease.domain.tags import Kind, parse
from ldmrelease.services.adoption.model import FoundPart, FoundSelector, ScalarAddress, Uncovered
from ldmrelease.trees.image_references import is_count, split_reference
from ldmrelease.trees.interface import OwnSetting, TreeImage
from ldmrelease.trees.scalar_addresses import Addresses
from ldmrelease.trees.values import YamlScalar

CYCLE = "{cycle}[.{revision:03d}]"
"""How the parts of a tag of a cycle stand in it."""
IN_TEMPLATE = "its tag stands in a template, not in values"
ELSEWHERE = "its tag is decided by a chart that is not in the tree"
NO_TAG = "it has no tag"


class _Found(Struct, frozen=True):
    """An image that values decide: its repository and tag, and the scalars of the tag."""

    image: TreeImage
    repository: str
    tag: str
    version: tuple[YamlScalar, ...]


class Selectors:
    """What decides the images of a tree."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._fallbacks: dict[tuple[str, str], dict[ScalarAddress, None]] = defaultdict(dict)

    def of(self, images: Iterable[TreeImage]) -> list[tuple[TreeImage, FoundSelector | Uncovered]]:
        """What decides each image, or why nothing does that can be written."""
        found = [(each, _found(each)) for each in images]
        for _, each in found:
            if isinstance(each, _Found):
                self._note_fallback(each)
        return [(image, self._selector(each) if isinstance(each, _Found) else each) for image, each in found]

    def _note_fallback(self, found: _Found) -> None:
        """What decides in one environment is read in the others too: one application is written in one way."""
        own = found.image.own
        if own is None:
            return
        for each in found.version:
            if each.file != own.file and not _is_cycle(each):
                self._fallbacks[_setting(found.image, own)][self._address(each)] = None

    def _selector(self, found: _Found) -> FoundSelector | Uncovered:
        image, version = found.image, found.version
        first = version[0]
        if _is_cycle(first) and (image.own is not None or len(version) > 1):
            own_count = (self._own(image.own), *self._further(image)) if image.own is not None else ()
            counted = own_count or (self._address(version[1]),)
            parts = (FoundPart("cycle", (self._address(first),)), FoundPart("revision", counted))
            return self._made(found, parts, template=CYCLE)
        if len(version) == 1:
            own = (self._own(image.own), *self._further(image)) if image.own else (self._address(first),)
            if first.printed() == image.image:
                return self._made(found, (FoundPart("image", own),), writes="image")
            printed = first.printed() or ""
            if printed == found.tag:
                return self._made(found, (FoundPart("tag", own),))
            if printed.startswith(f"{found.tag}@"):
                return self._made(found, (FoundPart("tag", own),), writes="tag@digest")
        elif [each.printed() for each in version] == [found.tag, (image.image or "").rpartition("@")[2]]:
            tag, digest = (FoundPart(name, (self._address(each),)) for name, each in _named(version))
            return self._made(found, (tag, digest), template="{tag}@{digest}")
        return _uncovered(image, "its tag is put together in a way that is not known", first)

    def _made(
        self, found: _Found, parts: tuple[FoundPart, ...], writes: str = "tag", template: str | None = None
    ) -> FoundSelector:
        image = found.image
        named = next((each for each in image.parts if each.printed() == found.repository), None)
        return FoundSelector(
            image.environment,
            image.application,
            found.repository,
            found.tag,
            parts,
            writes,
            template,
            self._address(named) if named is not None else None,
        )

    def _further(self, image: TreeImage) -> list[ScalarAddress]:
        assert image.own is not None
        # A chart's version is read last: values go before it.
        return sorted(self._fallbacks[_setting(image, image.own)], key=lambda each: each.path == "appVersion")

    def _own(self, own: OwnSetting) -> ScalarAddress:
        return ScalarAddress(own.file, self._addresses.path(own.file, own.path))

    def _address(self, scalar: YamlScalar) -> ScalarAddress:
        document, path = self._addresses.document_and_path(scalar)
        return ScalarAddress(scalar.file, path, document)


def _named(version: tuple[YamlScalar, ...]) -> Iterable[tuple[str, YamlScalar]]:
    return zip(("tag", "digest"), version, strict=True)


def _setting(image: TreeImage, own: OwnSetting) -> tuple[str, str]:
    return image.application, repr(own.path)


def _is_cycle(scalar: YamlScalar) -> bool:
    """Whether it is the cycle of an environment, which many images are made of."""
    in_environment = scalar.path[-2:] == ("controlSystem", "imageTag")
    return in_environment and parse(scalar.printed() or "", "cycle").kind is not Kind.unknown


def _found(image: TreeImage) -> _Found | Uncovered:
    if image.image is None:
        return _uncovered(image, ELSEWHERE, *image.parts[:1])
    split = split_reference(image.image)
    if split is None:
        return _uncovered(image, f"{image.image!r} is not the name of an image", *image.parts[:1])
    name, rest = split
    if not image.parts:
        at = image.template
        return Uncovered(image, IN_TEMPLATE, at.file if at else None, at.line if at else None)
    version = _version(image.parts, name, rest, image.image)
    if not rest:
        return _uncovered(image, NO_TAG, *image.parts[:1])
    if not version:
        return _uncovered(image, IN_TEMPLATE, image.parts[0])
    tag = rest.removeprefix(":").partition("@")[0]
    if not tag:
        return _uncovered(image, "it is named by its digest alone, without a tag", version[-1])
    return _Found(image, name, tag, version)


def _version(parts: tuple[YamlScalar, ...], name: str, rest: str, image: str) -> tuple[YamlScalar, ...]:
    """The scalars of what follows the name: those before it make the name itself."""
    at = 0
    for index, each in enumerate(parts):
        text = each.printed() or ""
        if text == image:
            return (each,)
        found = name.find(text.strip("/"), at)
        if found < 0 or at >= len(name):
            return tuple(one for one in parts[index:] if _is_in(one, rest))
        at = found + len(text.strip("/"))
    return ()


def _is_in(scalar: YamlScalar, rest: str) -> bool:
    text = scalar.printed() or ""
    return text in rest or (is_count(text) and f"{int(text):03d}" in rest)


def _uncovered(image: TreeImage, reason: str, *where: YamlScalar) -> Uncovered:
    first = where[0] if where else None
    return Uncovered(image, reason, first.file if first else None, first.line if first else None)
