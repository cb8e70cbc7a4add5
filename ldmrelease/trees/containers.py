"""The containers of manifests, in whatever kind of object their pod template stands. Pure."""

from collections.abc import Iterator

from ldmrelease.trees.values import YamlMapping, YamlScalar, YamlSequence, YamlValue, child, text_at

_LISTS = ("initContainers", "containers", "ephemeralContainers")
_VOLUMES = "volumes"


def containers(value: YamlValue) -> Iterator[tuple[str, YamlScalar]]:
    """Each container's name and image; an image volume is `volume/NAME`."""
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
        elif key == _VOLUMES and isinstance(each, YamlSequence):
            for item in each.items:
                reference = child(item, "image", "reference")
                if isinstance(reference, YamlScalar):
                    yield f"volume/{text_at(item, 'name') or ''}", reference
        yield from containers(each)
