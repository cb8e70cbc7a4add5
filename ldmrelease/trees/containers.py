"""The containers of manifests, in whatever kind of object their pod template stands. Pure."""

from collections.abc import Iterator

from ldmrelease.trees.values import YamlMapping, YamlScalar, YamlSequence, YamlValue, child, text_at

_LISTS = ("initContainers", "containers", "ephemeralContainers")


def containers(value: YamlValue) -> Iterator[tuple[str, YamlScalar]]:
    """Each container's name and image."""
    if isinstance(value, YamlSequence):
        for each in value.items:
            yield from containers(each)
    if not isinstance(value, YamlMapping):
        return
    for key, each in value.entries.items():
        if key in _LISTS and isinstance(each, YamlSequence):
            for item in each.items:
                image = child(item, "image")
                if isinstance(image, YamlScalar):
                    yield text_at(item, "name") or "", image
        yield from containers(each)
