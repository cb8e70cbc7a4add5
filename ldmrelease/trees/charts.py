"""Helm charts read without Helm: their values, what they depend on, and the version of what they package."""

import posixpath

from msgspec import Struct

from ldmrelease.trees.files import Tree
from ldmrelease.trees.parsed import documents_of
from ldmrelease.trees.values import (
    EMPTY,
    UnreadableFile,
    YamlMapping,
    YamlScalar,
    YamlSequence,
    YamlValue,
    child,
    layered,
    mapping_at,
    mapping_of,
    merged,
    sole_mapping,
    text_at,
)

DEEPEST = 10
"""How far charts may depend on charts; deeper they go in a circle."""


class Dependency(Struct, frozen=True):
    """A chart that another one brings along, under `alias`.

    folder: where it is in the tree; None where it comes from elsewhere. condition: paths of values, of which the
    first that is set says whether it is wanted.
    """

    name: str
    alias: str
    folder: str | None
    condition: tuple[str, ...]
    version: str = ""


class Chart(Struct, frozen=True):
    """A chart's own files."""

    folder: str
    app_version: YamlScalar | None
    values: YamlMapping
    dependencies: tuple[Dependency, ...]


class Instance(Struct, frozen=True):
    """A chart with the values that it gets. path: the aliases that lead to it from the application's own chart;
    app_version: what it packages; elsewhere: whether its own files are not in the tree."""

    path: tuple[str, ...]
    app_version: YamlScalar | None
    values: YamlMapping
    aliases: frozenset[str]
    elsewhere: bool = False


class Charts:
    """The charts of a tree, each read once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._charts: dict[str, Chart] = {}
        self._values: dict[str, YamlMapping] = {}

    def has_file(self, file: str) -> bool:
        """Whether the tree has a file."""
        return file in self._tree.files()

    def values(self, file: str) -> YamlMapping:
        """A values file; an empty one where there is none. Raises `UnreadableFile`."""
        if file not in self._values:
            there = self.has_file(file)
            self._values[file] = sole_mapping(documents_of(self._tree, file), file) if there else EMPTY
        return self._values[file]

    def chart(self, folder: str) -> Chart:
        """The chart in a folder. Raises `UnreadableFile`."""
        if folder not in self._charts:
            self._charts[folder] = self._read(folder)
        return self._charts[folder]

    def instances(self, folder: str, layers: list[YamlMapping]) -> list[Instance]:
        """The chart of a folder and all that it depends on and that is wanted, with the values that each gets of
        `layers`, the last one on top. Raises `UnreadableFile`."""
        values = layered([self.chart(folder).values, *layers])
        return list(self._below(folder, values, (), EMPTY))

    def _below(
        self, folder: str, values: YamlMapping, path: tuple[str, ...], shared: YamlMapping
    ) -> list[Instance]:
        if len(path) > DEEPEST:
            raise UnreadableFile(f"{folder}/Chart.yaml", "it depends on itself")
        chart = self.chart(folder)
        shared_now = merged(mapping_at(values, "global"), shared)
        values = _with(values, "global", shared_now)
        wanted = [each for each in chart.dependencies if _wanted(each, self._with_defaults(each, values))]
        aliases = frozenset(each.alias for each in chart.dependencies)
        found = [Instance(path, chart.app_version, values, aliases)]
        for each in wanted:
            given = mapping_at(values, each.alias)
            below = (*path, each.alias)
            assert isinstance(shared_now, YamlMapping)
            if each.folder is None:
                found.append(Instance(below, None, given, frozenset(), elsewhere=True))
            else:
                own = merged(self.chart(each.folder).values, given)
                assert isinstance(own, YamlMapping)
                found += self._below(each.folder, own, below, shared_now)
        return found

    def _with_defaults(self, dependency: Dependency, values: YamlMapping) -> YamlValue:
        # Helm asks a condition of the values with the defaults of the chart that it is about.
        if dependency.folder is None:
            return values
        return merged(mapping_of({dependency.alias: self.chart(dependency.folder).values}), values)

    def _read(self, folder: str) -> Chart:
        file = f"{folder}/Chart.yaml"
        about = sole_mapping(documents_of(self._tree, file), file)
        version = child(about, "appVersion")
        listed = child(about, "dependencies")
        items = listed.items if isinstance(listed, YamlSequence) else ()
        dependencies = [self._dependency(folder, each) for each in items if isinstance(each, YamlMapping)]
        known = {each.name for each in dependencies}
        dependencies += [
            Dependency(each, each, f"{folder}/charts/{each}", ()) for each in self._inside(folder) - known
        ]
        return Chart(
            folder,
            version if isinstance(version, YamlScalar) and version.printed() else None,
            self.values(f"{folder}/values.yaml"),
            tuple(dependencies),
        )

    def _dependency(self, folder: str, entry: YamlMapping) -> Dependency:
        name = text_at(entry, "name") or ""
        condition = (text_at(entry, "condition") or "").replace(" ", "")
        where = self._place(folder, name, text_at(entry, "repository") or "")
        paths = tuple(filter(None, condition.split(",")))
        return Dependency(
            name, text_at(entry, "alias") or name, where, paths, _exact(text_at(entry, "version"))
        )

    def _place(self, folder: str, name: str, repository: str) -> str | None:
        beside = posixpath.normpath(posixpath.join(folder, repository.removeprefix("file://")))
        options = [f"{folder}/charts/{name}", *([beside] if repository.startswith("file://") else [])]
        return next((each for each in options if f"{each}/Chart.yaml" in self._tree.files()), None)

    def _inside(self, folder: str) -> set[str]:
        start = f"{folder}/charts/"
        rests = [each.removeprefix(start) for each in self._tree.files() if each.startswith(start)]
        return {name for name, _, rest in (each.partition("/") for each in rests) if rest == "Chart.yaml"}


def parameters(given: dict[str, YamlValue]) -> YamlMapping:
    """Values that are set by their path, `global.host`, as `helm --set` and Argo CD do."""
    top: YamlValue = EMPTY
    for path, value in given.items():
        nested = value
        for name in reversed(path.split(".")):
            nested = mapping_of({name: nested})
        top = merged(top, nested)
    assert isinstance(top, YamlMapping)
    return top


def _wanted(dependency: Dependency, values: YamlValue) -> bool:
    for path in dependency.condition:
        found = child(values, *path.split("."))
        if isinstance(found, YamlScalar) and found.printed() is not None:
            return not found.is_false
    return True


def _with(values: YamlMapping, key: str, value: YamlValue) -> YamlMapping:
    return YamlMapping(values.entries | {key: value}, values.file, values.line)


def _exact(version: str | None) -> str:
    """A version that a range takes."""
    return (version or "").lstrip("~^>=v ")
