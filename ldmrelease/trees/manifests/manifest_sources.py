"""Where manifests come from: files, folders of them, the standard input, charts and kustomizations."""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ldmrelease.trees.kustomizations import NAMES
from ldmrelease.trees.manifests.manifest_images import ManifestFinding, ManifestReader, UnreadableManifest
from ldmrelease.trees.rendering.rendering_program import NotRendered, Program

STDIN = "-"
LARGEST = 256_000_000
"""Bytes of a file that is read."""
_SUFFIXES = (".yaml", ".yml", ".json")
_CHART = "Chart.yaml"
_TEMPLATE_OF = re.compile(rb"^# Source: [^/\n]+/([^\n]+?)\r?$", re.MULTILINE)
_NAME = re.compile(r"[^a-z0-9-]+")
_OBJECT = re.compile(rb"""(?:^|[{,])[\s-]*["']?kind["']?\s*:""", re.MULTILINE)


class RenderSettings(Struct, frozen=True):
    """How charts and kustomizations are rendered.

    helm, kustomize: where the programs are, None where they are not installed. environ: the variables of this process.
    values: files of values, the last one on top. namespace: that of the release, whose name is that of
    the chart's folder.
    """

    environ: Mapping[str, str]
    helm: str | None = None
    kustomize: str | None = None
    values: tuple[Path, ...] = ()
    namespace: str | None = None


class NoManifests(ValueError):
    """A path that has no manifests; the message says so."""


def sources(paths: Sequence[Path]) -> list[Path]:
    """What is read: files as they are named, folders that a program renders, and every file of other folders.

    Raises `NoManifests` where one is not there or has none.
    """
    found: list[Path] = []
    for each in paths:
        own = [each] if str(each) == STDIN or each.is_file() or _is_rendered(each) else _files(each)
        if not own:
            what = "has no *.yaml, *.yml or *.json file" if each.is_dir() else "is not there"
            raise NoManifests(f"{each} {what}")
        found += own
    return list(dict.fromkeys(found))


def read_sources(
    reader: ManifestReader, found: Sequence[Path], stdin: bytes, rendering: RenderSettings
) -> Iterator[ManifestFinding]:
    """The images of all of them, and what could not be read or rendered.

    Where nothing of them is an object of Kubernetes, that is what could not be read: nothing was there to look at.
    """
    holds_object = False
    for each in found:
        if str(each) == STDIN:
            data: bytes | UnreadableManifest = stdin
        elif each.is_dir():
            holds_object = True
            yield from _rendered(reader, each, rendering)
            continue
        else:
            data = _bytes_of(each)
        if isinstance(data, UnreadableManifest):
            holds_object = True
            yield data
            continue
        holds_object = holds_object or b"\0" in data or _OBJECT.search(data) is not None
        for image in reader.read(data, "<stdin>" if str(each) == STDIN else str(each)):
            holds_object = True
            yield image
    if not holds_object:
        yield UnreadableManifest(str(found[0]), None, "no-object", {"files": len(found)})


def _bytes_of(path: Path) -> bytes | UnreadableManifest:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            return UnreadableManifest(str(path), None, "too-large", {"found": size, "most": LARGEST})
        return path.read_bytes()
    except OSError as error:
        return UnreadableManifest(str(path), None, "not-read", {"reason": error.strerror or "unreadable"})


def _rendered(reader: ManifestReader, folder: Path, rendering: RenderSettings) -> Iterator[ManifestFinding]:
    is_chart = (folder / _CHART).is_file()
    name, program = ("helm", rendering.helm) if is_chart else ("kustomize", rendering.kustomize)
    if program is None:
        yield UnreadableManifest(str(folder), None, "no-program", {"program": name})
        return
    words = _helm_words(folder, rendering) if is_chart else ["build", str(folder.resolve())]
    with tempfile.TemporaryDirectory(prefix="ldmrelease-render-") as work:
        try:
            output = Program(program, Path(work), rendering.environ).output(str(folder), words)
        except NotRendered as error:
            values = {"program": name, "reason": error.reason}
            yield UnreadableManifest(str(folder), None, "not-rendered-by", values)
            return
    templates = _Templates(output, folder)
    for each in reader.read(output, str(folder)):
        # Lines are those of what was rendered, which nobody has.
        yield replace(each, file=templates.of(each.line), line=None)


def _helm_words(folder: Path, rendering: RenderSettings) -> list[str]:
    name = _NAME.sub("-", folder.resolve().name.lower()).strip("-") or "release"
    words = ["template", "--include-crds"]
    if rendering.namespace is not None:
        words.append(f"--namespace={rendering.namespace}")
    words += [f"--values={each.resolve()}" for each in rendering.values]
    return [*words, "--", name, str(folder.resolve())]


class _Templates:
    """Says which template of a chart a line of Helm's output is of."""

    def __init__(self, output: bytes, folder: Path) -> None:
        self._folder = folder
        self._starts: list[tuple[int, str]] = []
        line, at = 1, 0
        for each in _TEMPLATE_OF.finditer(output):
            line, at = line + output.count(b"\n", at, each.start()), each.start()
            self._starts.append((line, each[1].decode(errors="replace")))

    def of(self, line: int | None) -> str:
        found = None
        for start, name in self._starts if line is not None else ():
            if line is not None and start > line:
                break
            found = name
        return str(self._folder / found) if found is not None else str(self._folder)


def _is_rendered(folder: Path) -> bool:
    return any((folder / each).is_file() for each in (_CHART, *NAMES))


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for top, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if each != ".git")
        own = sorted(each for each in files if each.endswith(_SUFFIXES))
        found += [Path(top) / each for each in own if (Path(top) / each).is_file()]
    return found
