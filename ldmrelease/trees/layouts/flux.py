"""Trees that Flux deploys: its Kustomizations name folders, and HelmReleases in these give values to charts
(fluxcd.io, "Repository structure").

clusters/ENVIRONMENT/     the Kustomizations of a cluster; without `clusters`, the whole tree is one, `cluster`

A chart from elsewhere is not fetched, so a HelmRelease asks for what its values say.
"""

import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.trees.chart_images import images
from ldmrelease.trees.charts import Instance
from ldmrelease.trees.files import Tree
from ldmrelease.trees.interface import NotUnderstood, Programs, TreeFinding, TreeImage
from ldmrelease.trees.kustomizations import DeclaredContainer, Kustomizations, declared
from ldmrelease.trees.rendering.kustomize_build import Kustomize
from ldmrelease.trees.rendering.rendering_program import NotRendered
from ldmrelease.trees.rendering.sentinels import NoSentinels, Sentinels
from ldmrelease.trees.values import (
    UnreadableFile,
    YamlMapping,
    YamlScalar,
    YamlSequence,
    YamlValue,
    mapping_at,
    text_at,
)

_GROUP = "kustomize.toolkit.fluxcd.io/"
_CLUSTERS = "clusters/"
_ALONE = "cluster"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?[=-]([^}]*))?\}")


class Deployment(Struct, frozen=True):
    """A Kustomization of Flux: the folder that it deploys, and what it puts in the place of `${NAME}`."""

    name: str
    folder: str
    substitutes: Mapping[str, str]


Objects = Callable[[str], tuple[list[YamlValue], list[DeclaredContainer]]]
"""The objects of a folder, and their containers with the images in force."""


def fits(tree: Tree) -> bool:
    """Whether a tree has this shape."""
    return any(_mentions(tree, each, _GROUP.encode()) for each in tree.files() if each.endswith(".yaml"))


def environments(tree: Tree) -> list[str]:
    """Its environments, by name."""
    named = {
        each.split("/")[1] for each in tree.files() if each.startswith(_CLUSTERS) and each.count("/") > 1
    }
    return sorted(named) or [_ALONE]


def read(tree: Tree, environments: Collection[str]) -> Iterator[TreeFinding]:
    """The images of these environments, as manifests, kustomizations and values say."""
    known = Kustomizations(tree)
    for each in environments:
        yield from _Cluster(tree, known, each, _reading(tree, known), Sentinels(), rendered=False).findings()


def render(tree: Tree, environments: Collection[str], programs: Programs) -> Iterator[TreeFinding] | None:
    """The same, with kustomizations as Kustomize builds them."""
    if programs.kustomize is None:
        return None
    sentinels = NoSentinels() if programs.exact else Sentinels()
    program = Kustomize(
        programs.kustomize, tree, programs.work, programs.environment, sentinels, programs.limits
    )
    known = Kustomizations(tree)
    return _rendered(tree, known, program, sentinels, environments)


def _rendered(
    tree: Tree, known: Kustomizations, program: Kustomize, sentinels: Sentinels, environments: Collection[str]
) -> Iterator[TreeFinding]:
    plain = _reading(tree, known)

    def built(folder: str) -> tuple[list[YamlValue], list[DeclaredContainer]]:
        if known.kustomization(folder) is None:
            return plain(folder)
        documents = program.build(folder)
        return documents, declared(documents)

    for each in environments:
        yield from _Cluster(tree, known, each, built, sentinels, rendered=True).findings()


def _reading(tree: Tree, known: Kustomizations) -> Objects:
    def objects(folder: str) -> tuple[list[YamlValue], list[DeclaredContainer]]:
        if known.kustomization(folder) is not None:
            return known.objects(folder), known.containers(folder)
        # Flux makes one of its own: of all manifests below, but where a folder has one of its own.
        documents, containers = [], []
        for each in _manifests(tree, known, folder):
            if each in tree.files():
                documents += known.documents(each)
                containers += declared(known.documents(each))
            else:
                documents += known.objects(each)
                containers += known.containers(each)
        return documents, containers

    return objects


class _Cluster:
    """What is deployed to one environment."""

    def __init__(
        self,
        tree: Tree,
        known: Kustomizations,
        environment: str,
        objects: Objects,
        sentinels: Sentinels,
        *,
        rendered: bool,
    ) -> None:
        self._tree, self._known, self._environment = tree, known, environment
        self._objects, self._sentinels, self._is_rendered = objects, sentinels, rendered
        self._done: set[tuple[str, str]] = set()

    def findings(self) -> Iterator[TreeFinding]:
        start = "" if self._environment == _ALONE else f"{_CLUSTERS}{self._environment}/"
        for file in sorted(self._tree.files()):
            if not file.startswith(start) or not file.endswith((".yaml", ".yml")):
                continue
            if _mentions(self._tree, file, _GROUP.encode()):
                try:
                    documents = self._known.documents(file)
                except UnreadableFile as error:
                    yield NotUnderstood(error.file, error.reason, error.line, self._environment)
                    continue
                yield from self._of(documents)

    def _of(self, documents: list[YamlValue]) -> Iterator[TreeFinding]:
        for each in documents:
            found = self._deployment(each)
            if found is not None and (found.name, found.folder) not in self._done:
                self._done.add((found.name, found.folder))
                yield from self._deployed(found)

    def _deployed(self, deployment: Deployment) -> Iterator[TreeFinding]:
        try:
            try:
                documents, containers = self._objects(deployment.folder)
            except NotRendered as error:
                yield NotUnderstood(
                    error.folder, error.reason, None, self._environment, deployment.name, error.late
                )
                documents, containers = _reading(self._tree, self._known)(deployment.folder)
        except UnreadableFile as error:
            yield NotUnderstood(error.file, error.reason, error.line, self._environment, deployment.name)
            return
        for container in containers:
            read = self._sentinels.read(container.image)
            yield TreeImage(
                self._environment,
                deployment.name,
                _substituted(read.text, deployment.substitutes),
                read.parts if self._is_rendered else container.parts,
                *((container.kind, container.name, container.container) if self._is_rendered else ()),
            )
        for document in documents:
            yield from self._released(document, deployment)
        yield from self._of(documents)

    def _released(self, document: YamlValue, deployment: Deployment) -> Iterator[TreeFinding]:
        """What the values of a HelmRelease ask for."""
        if text_at(document, "kind") != "HelmRelease":
            return
        name = _substituted(text_at(document, "metadata", "name") or "", deployment.substitutes)
        values = _filled(mapping_at(document, "spec", "values"), deployment.substitutes)
        assert isinstance(values, YamlMapping)
        for each in images(Instance((), None, values, frozenset()), None):
            read = self._sentinels.read(each.image or "")
            parts = read.parts if self._is_rendered and read.parts else each.parts
            text = _substituted(read.text, deployment.substitutes) if each.image else None
            yield TreeImage(self._environment, name, text, parts)

    def _deployment(self, document: YamlValue) -> Deployment | None:
        group = text_at(document, "apiVersion") or ""
        path = text_at(document, "spec", "path")
        if not group.startswith(_GROUP) or text_at(document, "kind") != "Kustomization" or path is None:
            return None
        folder = posixpath.normpath(path).strip("/")
        source = text_at(document, "spec", "sourceRef", "name") or ""
        # An artifact of a part of the tree is called after it.
        folder = folder if self._has(folder) else posixpath.join(source, folder)
        given = mapping_at(document, "spec", "postBuild", "substitute").entries
        substitutes = {key: each.text for key, each in given.items() if isinstance(each, YamlScalar)}
        return Deployment(text_at(document, "metadata", "name") or "", folder, substitutes)

    def _has(self, folder: str) -> bool:
        return any(each.startswith(f"{folder}/") for each in self._tree.files())


def _manifests(tree: Tree, known: Kustomizations, folder: str) -> Iterator[str]:
    """The manifests below a folder, and those folders below it that have a kustomization."""
    own = [each for each in known.folders() if each.startswith(f"{folder}/")]
    tops = [each for each in own if not any(each.startswith(f"{other}/") for other in own)]
    yield from tops
    for file in sorted(tree.files()):
        inside = file.startswith(f"{folder}/") and file.endswith((".yaml", ".yml"))
        if inside and not any(file.startswith(f"{each}/") for each in tops):
            yield file


def _mentions(tree: Tree, file: str, text: bytes) -> bool:
    try:
        return text in tree.read(file)
    except UnreadableFile:
        return False


def _substituted(text: str, substitutes: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: substitutes.get(found[1], found[2] or found[0]), text)


def _filled(value: YamlValue, substitutes: Mapping[str, str]) -> YamlValue:
    """Values with what stands for their variables."""
    if isinstance(value, YamlMapping):
        entries = {key: _filled(each, substitutes) for key, each in value.entries.items()}
        return YamlMapping(entries, value.file, value.line)
    if isinstance(value, YamlSequence):
        items = tuple(_filled(each, substitutes) for each in value.items)
        return YamlSequence(items, value.file, value.line)
    return replace(value, text=_substituted(value.text, substitutes))
