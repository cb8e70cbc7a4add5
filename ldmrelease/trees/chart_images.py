"""Which images a chart's values ask for, read without its templates: a reading of the ways in which charts write
them, where Helm is not there to tell."""

from collections.abc import Iterator

from msgspec import Struct

from ldmrelease.trees.charts import Instance
from ldmrelease.trees.image_references import is_count, split_reference
from ldmrelease.trees.values import YamlMapping, YamlScalar, YamlSequence, YamlValue, child

_NAMES = ("repository", "repo", "image", "name")
_SWITCHES = ("enabled", "enable")
_BESIDE = ("tag", "revision", "digest", "pullPolicy")


class ImageInValues(Struct, frozen=True):
    """An image that values ask for: as text, the scalars that decide it, and the path of what says its version.

    image: None where a part is decided elsewhere, such as by the defaults of a chart that is not in the tree.
    """

    image: str | None
    parts: tuple[YamlScalar, ...]
    setting: tuple[str | int, ...]


def images(instance: Instance, cycle: YamlScalar | None) -> list[ImageInValues]:
    """The images in the values of one chart, apart from those of the charts that it depends on.

    cycle: what `revision` counts on, where the environment has one (Rubin's control system).
    """
    found: list[ImageInValues] = []
    _Finder(instance, cycle).below(instance.values, (), found)
    return found


class _Finder:
    def __init__(self, instance: Instance, cycle: YamlScalar | None) -> None:
        self._instance, self._cycle = instance, cycle
        registry = child(instance.values, "global", "imageRegistry")
        self._registry = registry if isinstance(registry, YamlScalar) and registry.printed() else None

    def below(self, value: YamlValue, path: tuple[str | int, ...], images: list[ImageInValues]) -> None:
        if isinstance(value, YamlSequence):
            for index, each in enumerate(value.items):
                self.below(each, (*path, index), images)
        # A whole chart is switched by its condition; what its values call `enabled` may be a default that nobody reads.
        if not isinstance(value, YamlMapping) or (path and _is_off(value)):
            return
        found = self._of(value, path)
        if found is not None:
            images.append(found)
        for key, each in value.entries.items():
            if not path and (key == "global" or key in self._instance.aliases):
                continue
            if isinstance(each, YamlScalar):
                found = self._whole(value, key, each, path)
                if found is not None:
                    images.append(found)
            else:
                self.below(each, (*path, key), images)

    def _of(self, value: YamlMapping, path: tuple[str | int, ...]) -> ImageInValues | None:
        """The image that a mapping with `repository`, `tag` and their like stands for."""
        if value.entries.keys().isdisjoint(_NAMES):
            return None
        name = next((each for each in _NAMES if _is_name(value.entries.get(each))), None)
        if name is None or not (_called_image(path) or any(each in value.entries for each in _BESIDE)):
            return None
        if name not in ("repository", "repo") and not ("tag" in value.entries or "digest" in value.entries):
            return None
        repository = value.entries[name]
        assert isinstance(repository, YamlScalar)
        parts = [self._registry_of(value), repository, *self._version(value)]
        counted = "revision" in value.entries and self._cycle in parts
        key = "revision" if counted else "tag"
        return _composed([each for each in parts if each], (*path, key), self._host(value))

    def _version(self, value: YamlMapping) -> list[YamlScalar | None]:
        tag, revision, digest = (_scalar(value, each) for each in ("tag", "revision", "digest"))
        if "revision" in value.entries and tag is None and self._cycle is not None:
            return [self._cycle, revision]
        return [tag or self._instance.app_version, digest]

    def _host(self, value: YamlMapping) -> bool:
        return self._registry_of(value) is not None

    def _registry_of(self, value: YamlMapping) -> YamlScalar | None:
        return _scalar(value, "registry") or self._registry

    def _whole(
        self, parent: YamlMapping, key: str, value: YamlScalar, path: tuple[str | int, ...]
    ) -> ImageInValues | None:
        """The image that one scalar names: `image: busybox:1.36`, `initImage: ...`."""
        if not key.lower().endswith("image") or not _is_name(value):
            return None
        if key in _NAMES and any(each in parent.entries for each in ("tag", "digest")):
            return None
        text = value.printed() or ""
        if ":" not in text.rpartition("/")[2] and "/" not in text:
            return None
        return ImageInValues(text, (value,), (*path, key))


def _composed(parts: list[YamlScalar], path: tuple[str | int, ...], host: bool) -> ImageInValues:
    """The image of a repository, perhaps behind its registry, and what follows."""
    head = 2 if host else 1
    name = "/".join((each.printed() or "").strip("/") for each in parts[:head])
    rest = parts[head:]
    if not rest:
        whole = ":" in name.rpartition("/")[2]
        return ImageInValues(name if whole else None, tuple(parts), path)
    return ImageInValues(name + "".join(_suffixes(rest)), tuple(parts), path)


def _suffixes(parts: list[YamlScalar]) -> Iterator[str]:
    for number, each in enumerate(parts):
        text = each.printed() or ""
        if text.startswith("sha256:"):
            yield f"@{text}"
        elif number:
            yield f".{int(text):03d}" if is_count(text) else f".{text}"
        else:
            yield f":{text}"


def _is_off(value: YamlMapping) -> bool:
    entries = value.entries
    if entries.keys().isdisjoint(_SWITCHES):
        return False
    switches = (entries.get(each) for each in _SWITCHES)
    return any(isinstance(each, YamlScalar) and each.is_false for each in switches)


def _scalar(value: YamlMapping, key: str) -> YamlScalar | None:
    """The scalar there, if templates take it for something: null, empty text and zero of a tag are nothing."""
    found = value.entries.get(key)
    return found if isinstance(found, YamlScalar) and found.printed() else None


def _is_name(value: YamlValue | None) -> bool:
    return isinstance(value, YamlScalar) and split_reference(value.printed() or "") is not None


def _called_image(path: tuple[str | int, ...]) -> bool:
    return bool(path) and str(path[-1]).lower().endswith("image")
