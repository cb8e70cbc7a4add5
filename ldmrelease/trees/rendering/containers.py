"""The containers of rendered manifests, in whatever kind of object their pod template stands. Pure."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.trees.values import YamlMapping, YamlSequence, YamlValue, text_at

_LISTS = ("initContainers", "containers", "ephemeralContainers")


class RenderedContainer(Struct, frozen=True):
    """A container as rendered; `name` is the object's."""

    kind: str
    name: str
    container: str
    image: str


def containers(document: YamlValue) -> Iterator[RenderedContainer]:
    """All containers of an object."""
    kind, name = text_at(document, "kind") or "", text_at(document, "metadata", "name") or ""
    for container, image in _below(document):
        yield RenderedContainer(kind, name, container, image)


def _below(value: YamlValue) -> Iterator[tuple[str, str]]:
    if isinstance(value, YamlSequence):
        for each in value.items:
            yield from _below(each)
    if not isinstance(value, YamlMapping):
        return
    for key, each in value.entries.items():
        if key in _LISTS and isinstance(each, YamlSequence):
            for item in each.items:
                image = text_at(item, "image")
                if image is not None:
                    yield text_at(item, "name") or "", image
        yield from _below(each)
