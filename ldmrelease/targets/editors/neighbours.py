"""What stands beside an image's tag in values files and kustomizations, by the names that charts give it."""

from msgspec import Struct

from ldmrelease.domain.targets import Setting, Writes
from ldmrelease.targets.editors.chart_values import printed
from ldmrelease.targets.image_setting import NamedRepository
from ldmrelease.targets.results import Snapshot

# Kustomize's names (`images:`); everybody else follows `helm create`.
_KUSTOMIZE = "newTag"


class Neighbours(Struct, frozen=True):
    """The paths where a setting's repository may be said, its registry alone, and a digest; None where nothing is."""

    repository: str | None = None
    registry: str | None = None
    digest: str | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(each for each in (self.repository, self.registry, self.digest) if each is not None)


def of(setting: Setting) -> Neighbours:
    """Where to look. A whole image says everything itself."""
    if setting.writes is Writes.IMAGE:
        return Neighbours()
    parent, key = _split(setting.path)
    has_tag = setting.writes is not Writes.DIGEST
    digest = f"{parent}digest" if has_tag and parent is not None else None
    if setting.repository is not None:
        above, last = _split(setting.repository)
        registry = f"{above}registry" if above is not None and last == "repository" else None
        return Neighbours(setting.repository, registry, digest)
    if parent is None:
        return Neighbours()
    if key == _KUSTOMIZE:
        return Neighbours(f"{parent}newName", None, digest)
    return Neighbours(f"{parent}repository", f"{parent}registry", digest)


def repository(setting: Setting, snapshot: Snapshot, file: str) -> NamedRepository | None:
    """The repository that is named beside a setting; None where none is, and the chart's own holds."""
    where = of(setting)
    name = text_of(snapshot, where.repository)
    registry = text_of(snapshot, where.registry)
    if name:
        path = where.repository or ""
        text = f"{registry.rstrip('/')}/{name.lstrip('/')}" if registry else name
        return NamedRepository(text, file, path, snapshot.lines.get(path, 0))
    if setting.repository is not None:
        # Somebody has taken away what the configuration says is there.
        return NamedRepository("", file, setting.repository, snapshot.lines.get(setting.path, 0))
    if registry:
        path = where.registry or ""
        return NamedRepository(registry, file, path, snapshot.lines.get(path, 0), is_registry=True)
    return None


def text_of(snapshot: Snapshot, path: str | None) -> str:
    """What stands at a path as a chart prints it; empty where nothing does."""
    value = snapshot.beside.get(path) if path is not None else None
    if value is None or isinstance(value, tuple):
        return ""
    return printed(value) or ""


def _split(path: str) -> tuple[str | None, str]:
    """A path without its last key, up to its dot, and that key; None where it does not end in a plain key."""
    parent, dot, key = path.rpartition(".")
    if path.endswith(("]", '"')):
        return None, path
    return parent + dot, key
