"""What stands beside an image's tag in values files and kustomizations, by the names that charts give it."""

from collections.abc import Iterable

from msgspec import Struct

from ldmrelease.domain.targets import DIGEST, Selector, Setting, Writes
from ldmrelease.domain.value_addresses import ValueAddress, file_of
from ldmrelease.domain.value_paths import Named, parse_manifest_path
from ldmrelease.targets.editors.chart_values import printed
from ldmrelease.targets.image_setting import NamedRepository
from ldmrelease.targets.results import Absent, Scalar, Snapshot

# Kustomize's names (`images:`); everybody else follows `helm create`.
_KUSTOMIZE = "newTag"


class Neighbours(Struct, frozen=True):
    """The addresses where a setting's repository may be said, its registry alone, and a digest: the first that says it
    counts, as the values of an environment before those of the chart."""

    repository: tuple[str, ...] = ()
    registry: tuple[str, ...] = ()
    digest: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.repository, *self.registry, *self.digest)


def of(setting: Setting | Selector) -> Neighbours:
    """Where to look: beside each address of the setting, or of a selector's last part. A whole image says everything
    itself."""
    if isinstance(setting, Setting) and setting.writes is Writes.IMAGE:
        return Neighbours()
    around = [ValueAddress.of(each) for each in _last(setting)]
    digest = _beside(around, "digest") if _has_tag(setting) else ()
    if setting.repository is not None:
        where = ValueAddress.of(setting.repository)
        registry = _beside([where], "registry") if where.key == "repository" else ()
        return Neighbours((setting.repository,), registry, digest)
    kustomized = around[0].key == _KUSTOMIZE or kustomize_entry(around[0]) is not None
    repository = _beside(around, "newName" if kustomized else "repository")
    return Neighbours(repository, () if kustomized else _beside(around, "registry"), digest)


def repository(setting: Setting | Selector, snapshot: Snapshot, own: str) -> NamedRepository | None:
    """The repository that is named beside a setting; None where none is, and the chart's own holds. own: the file of
    addresses that name none."""
    where = of(setting)
    at, name = said(snapshot, where.repository)
    registry_at, registry = said(snapshot, where.registry)
    if name:
        text = f"{registry.rstrip('/')}/{name.lstrip('/')}" if registry else name
        return _named(snapshot, own, text, at, at)
    if setting.repository is not None:
        # Somebody has taken away what the configuration says is there.
        return _named(snapshot, own, "", setting.repository, setting.written[-1])
    if registry:
        return _named(snapshot, own, registry, registry_at, registry_at, is_registry=True)
    entry = kustomize_entry(ValueAddress.of(setting.written[0]))
    if entry is not None:
        # Without a new name the images of this name keep it.
        return _named(snapshot, own, entry.name, setting.written[0], setting.written[0])
    return None


def kustomize_entry(address: ValueAddress) -> Named | None:
    """The item of a kustomization's `images:` that an address is in, by its name; None for every other address."""
    path = parse_manifest_path(address.path).path
    inside = len(path) == 3 and path[0] == "images" and path[2] in (_KUSTOMIZE, "digest")
    return path[1] if inside and isinstance(path[1], Named) and path[1].key == "name" else None


def excluded(setting: Setting | Selector) -> str | None:
    """What goes when a setting is written: the `newTag` beside a `digest` of a kustomization, which would be told as
    the tag of another image. A tag beside which there is a digest is refused, there as everywhere."""
    if not isinstance(setting, Setting) or setting.writes is not Writes.DIGEST:
        return None
    address = ValueAddress.of(setting.path)
    return str(address.beside(_KUSTOMIZE)) if kustomize_entry(address) is not None else None


def said(snapshot: Snapshot, addresses: Iterable[str]) -> tuple[str, str]:
    """The first address where something stands, and what a chart prints of it; both empty where nothing does."""
    for address in addresses:
        value = value_at(snapshot, address)
        text = printed(value) if value is not None and not isinstance(value, tuple) else None
        if text is not None:
            return address, text
    return "", ""


def value_at(snapshot: Snapshot, address: str) -> Scalar | tuple[Scalar, ...] | None:
    """What stands at an address, whether it is written or read along; None where nothing does."""
    for values in (snapshot.values, snapshot.beside):
        found = values.get(address)
        if found is not None and not isinstance(found, Absent):
            return found
    return None


def _named(
    snapshot: Snapshot, own: str, text: str, address: str, line_at: str, *, is_registry: bool = False
) -> NamedRepository:
    path, file = ValueAddress.of(address).path, file_of(address, own)
    return NamedRepository(text, file, path, snapshot.lines.get(line_at, 0), is_registry)


def _last(setting: Setting | Selector) -> tuple[str, ...]:
    if isinstance(setting, Setting):
        return setting.read
    *_, last = [each for each in setting.parts if each.name != DIGEST] or setting.parts
    return last.read


def _has_tag(setting: Setting | Selector) -> bool:
    if isinstance(setting, Setting):
        return setting.writes is not Writes.DIGEST
    return any(each.name != DIGEST for each in setting.parts)


def _beside(addresses: Iterable[ValueAddress], name: str) -> tuple[str, ...]:
    found = (each.beside(name) for each in addresses)
    return tuple(str(each) for each in found if each is not None)
