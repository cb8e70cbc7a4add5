"""The containers of rendered manifests, with the scalars that decide their images."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ldmrelease.trees.containers import containers
from ldmrelease.trees.rendering.sentinels import Sentinels
from ldmrelease.trees.values import YamlScalar, YamlValue, text_at


class RenderedImage(Struct, frozen=True):
    """A container's image and the scalars that decide it; `name` is the object's."""

    kind: str
    name: str
    container: str
    image: str
    parts: tuple[YamlScalar, ...]


def rendered_containers(documents: Iterable[YamlValue], sentinels: Sentinels) -> Iterator[RenderedImage]:
    """All containers of objects that were rendered with sentinels."""
    for document in documents:
        name = sentinels.read(text_at(document, "metadata", "name") or "").text
        for container, image in containers(document):
            text = image.printed()
            if text is not None:
                read = sentinels.read(text)
                container_name = sentinels.read(container).text
                yield RenderedImage(
                    text_at(document, "kind") or "", name, container_name, read.text, read.parts
                )
