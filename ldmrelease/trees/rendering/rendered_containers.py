"""The containers of rendered manifests, with the scalars that decide their images."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ldmrelease.trees.containers import containers
from ldmrelease.trees.rendering.sentinels import Sentinels
from ldmrelease.trees.values import YamlScalar, YamlValue, text_at


class RenderedImage(Struct, frozen=True):
    """A container's image and the scalars that decide it; `name` is the object's. may_be_cut: whether there may be more
    in it, of which a template has taken a piece."""

    kind: str
    name: str
    container: str
    image: str
    parts: tuple[YamlScalar, ...]
    may_be_cut: bool = False


class RawContainer(Struct, frozen=True, array_like=True):
    """A container as it was rendered, with sentinels in all that it says."""

    kind: str
    name: str
    container: str
    image: str


def raw_containers(documents: Iterable[YamlValue]) -> Iterator[RawContainer]:
    """All containers of rendered objects."""
    for document in documents:
        kind, name = text_at(document, "kind") or "", text_at(document, "metadata", "name") or ""
        for container, image in containers(document):
            text = image.printed()
            if text is not None:
                yield RawContainer(kind, name, container, text)


def without_sentinels(found: Iterable[RawContainer], sentinels: Sentinels) -> Iterator[RenderedImage]:
    """What they would be without sentinels, and the scalars that decide their images."""
    for each in found:
        image = sentinels.read(each.image)
        name, container = sentinels.read(each.name).text, sentinels.read(each.container).text
        cut = sentinels.may_be_cut(each.image)
        yield RenderedImage(each.kind, name, container, image.text, image.parts, cut)


def rendered_containers(documents: Iterable[YamlValue], sentinels: Sentinels) -> Iterator[RenderedImage]:
    """All containers of objects that were rendered with sentinels."""
    return without_sentinels(raw_containers(documents), sentinels)
