"""Kustomizations built by `kustomize build`, in a copy of ours: the tree is not touched, and nothing is fetched."""

import json
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from ldmrelease.trees.documents import compose_all
from ldmrelease.trees.files import Tree
from ldmrelease.trees.image_references import split_reference
from ldmrelease.trees.interface import RenderLimits
from ldmrelease.trees.kustomizations import NAMES, Kustomizations
from ldmrelease.trees.rendering.rendering_program import NotRendered, Program, copied_to
from ldmrelease.trees.rendering.sentinels import Sentinels, is_candidate
from ldmrelease.trees.values import DEEPEST, KeyPath, UnreadableFile, YamlScalar, YamlValue, read_documents

_YAML = (".yaml", ".yml")
_PUT = ("newTag", "newName", "digest")


class Kustomize:
    """The program, with a copy of the tree under `work` in which sentinels stand for tags."""

    def __init__(
        self,
        program: str,
        tree: Tree,
        work: Path,
        environment: Mapping[str, str],
        sentinels: Sentinels,
        limits: RenderLimits | None = None,
    ) -> None:
        self._program = Program(program, work, environment, limits)
        self._tree, self._sentinels = tree, sentinels
        self._kustomizations = Kustomizations(tree)
        self._is_ready = False

    def build(self, folder: str) -> list[YamlValue]:
        """The objects of a kustomization. Raises `NotRendered` and `UnreadableFile`."""
        elsewhere = self._kustomizations.elsewhere(folder, set())
        if elsewhere:
            raise NotRendered(folder, f"it takes {elsewhere[0]} from elsewhere, and nothing is fetched")
        self._make_ready()
        return self._program.objects(folder, ["build", str(self._program.work / folder)])

    def _make_ready(self) -> None:
        if self._is_ready:
            return
        for file in self._tree.files():
            try:
                data = self._tree.read(file)
            except UnreadableFile:
                continue
            place = copied_to(self._program.work, file, file)
            place.parent.mkdir(parents=True, exist_ok=True)
            is_yaml = file.endswith(_YAML) or posixpath.basename(file) in NAMES
            place.write_bytes(self._marked(data, file) if is_yaml else data)
        self._is_ready = True

    def _marked(self, data: bytes, file: str) -> bytes:
        """The file with a sentinel for each tag, digest or new name of an image; as it is where it is no YAML."""
        try:
            text = data.decode()
            found = list(_images(text, file))
        except (UnicodeDecodeError, yaml.YAMLError, ValueError, UnreadableFile):
            return data
        for start, end, scalar in reversed(found):
            text = text[:start] + json.dumps(self._with_sentinel(scalar)) + text[end:]
        return text.encode()

    def _with_sentinel(self, scalar: YamlScalar) -> str:
        if scalar.path[-1] != "image":
            return self._sentinels.stand_in(scalar, scalar.text)
        split = split_reference(scalar.text)
        if split is None:
            return scalar.text
        # Its name stays: it is by their names that a kustomization finds images.
        name, rest = split
        return f"{name}:{self._sentinels.stand_in(scalar, rest)}"


def _images(text: str, file: str) -> Iterator[tuple[int, int, YamlScalar]]:
    """The scalars of a file that say images, each with where it begins and ends, in the order of the file."""
    is_kustomization = posixpath.basename(file) in NAMES
    found: dict[tuple[int, int], YamlScalar] = {}
    read_documents(text.encode(), file)  # within its limits, aliases and all
    for document in compose_all(text, DEEPEST):
        for start, end, scalar in _below(document, file, ()):
            if _says_image(scalar, is_kustomization=is_kustomization) or _is_value(scalar):
                found[start, end] = scalar
    for (start, end), scalar in sorted(found.items(), key=lambda each: each[0]):
        yield start, end, scalar


def _below(node: yaml.Node, file: str, path: KeyPath) -> Iterator[tuple[int, int, YamlScalar]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _below(value, file, (*path, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, each in enumerate(node.value):
            yield from _below(each, file, (*path, index))
    elif isinstance(node, yaml.ScalarNode):
        line = node.start_mark.line + 1
        scalar = YamlScalar(node.value, bool(node.style), file, line, path)
        yield node.start_mark.index, node.end_mark.index, scalar


def _is_value(scalar: YamlScalar) -> bool:
    """Whether it is one of the values that a HelmRelease of Flux gives to its chart."""
    is_value = len(scalar.path) > 2 and scalar.path[:2] == ("spec", "values")
    return is_value and not scalar.is_number and is_candidate(scalar, scalar.path[2:])


def _says_image(scalar: YamlScalar, *, is_kustomization: bool) -> bool:
    if not scalar.text or not scalar.path:
        return False
    if is_kustomization:
        return len(scalar.path) == 3 and scalar.path[0] == "images" and scalar.path[2] in _PUT
    return scalar.path[-1] == "image" and split_reference(scalar.text) is not None
