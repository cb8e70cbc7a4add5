"""Charts rendered by `helm template`, in a folder of ours: the tree is not touched, and nothing is fetched."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from ldmrelease.trees.charts import DEEPEST, Charts
from ldmrelease.trees.files import Tree
from ldmrelease.trees.interface import RenderLimits
from ldmrelease.trees.rendering.cache import RenderCache, key_of
from ldmrelease.trees.rendering.rendered_containers import RawContainer, raw_containers
from ldmrelease.trees.rendering.rendering_program import NotRendered, Program, copied_to
from ldmrelease.trees.rendering.sentinels import Sentinels, as_yaml
from ldmrelease.trees.values import YamlValue, read_documents

FORMAT = 1
"""Of what is kept: another number makes all that was kept before useless."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_CHART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VALUE_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\\/-]{0,499}(\[[0-9]{1,4}\][A-Za-z0-9_.-]*)*")
_DOCUMENT = re.compile(rb"^---(?=\s|$)", re.MULTILINE)
_APP_VERSION = re.compile(rb"^appVersion:.*$", re.MULTILINE)


class Helm:
    """The program, with the charts of a tree made ready for it under `work`."""

    def __init__(
        self,
        program: str,
        tree: Tree,
        charts: Charts,
        work: Path,
        environment: Mapping[str, str],
        sentinels: Sentinels,
        cache: RenderCache | None = None,
        limits: RenderLimits | None = None,
    ) -> None:
        self._program = Program(program, work, environment, limits)
        self._tree, self._charts = tree, charts
        self._sentinels = sentinels
        self._cache = cache
        self._digests: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._ready: dict[str, Path] = {}

    def template(
        self, name: str, folder: str, namespace: str, values: YamlValue, parameters: Mapping[str, str]
    ) -> list[YamlValue]:
        """The objects of a chart. Raises `NotRendered` and `UnreadableFile`."""
        words, stdin = _words(name, folder, namespace, parameters), as_yaml(values)
        key = self._key("objects", name, folder, words, stdin)
        known = self._recalled(key)
        if known is None:
            known = self._output(name, folder, words, stdin)
            self._keep(key, known)
        return read_documents(known, folder)

    def containers(
        self, name: str, folder: str, namespace: str, values: YamlValue, parameters: Mapping[str, str]
    ) -> list[RawContainer]:
        """The containers of a chart's objects. Raises `NotRendered` and `UnreadableFile`."""
        words, stdin = _words(name, folder, namespace, parameters), as_yaml(values)
        key = self._key("containers", name, folder, words, stdin)
        known = self._recalled(key)
        if known is not None:
            with suppress(msgspec.DecodeError):
                return msgspec.json.decode(known, type=list[RawContainer])
        output = with_images(self._output(name, folder, words, stdin))
        found = list(raw_containers(read_documents(output, folder)))
        self._keep(key, msgspec.json.encode(found))
        return found

    def inputs(
        self, name: str, folder: str, namespace: str, values: YamlValue, parameters: Mapping[str, str]
    ) -> str:
        """A digest of all that goes into the containers of a chart's objects.

        Raises `NotRendered` and `UnreadableFile`.
        """
        return self._inputs(
            "containers", name, folder, _words(name, folder, namespace, parameters), as_yaml(values)
        )

    def _output(self, name: str, folder: str, words: list[str], stdin: str) -> bytes:
        return self._program.output(folder, [*words, "--", name, str(self._chart(folder))], stdin)

    def _recalled(self, key: str | None) -> bytes | None:
        return self._cache.get(key) if self._cache is not None and key is not None else None

    def _keep(self, key: str | None, data: bytes) -> None:
        if self._cache is not None and key is not None:
            self._cache.put(key, data)

    def _key(self, what: str, name: str, folder: str, words: list[str], stdin: str) -> str | None:
        """What a rendering is kept under; None where nothing is kept. Raises `NotRendered` and `UnreadableFile`."""
        return None if self._cache is None else self._inputs(what, name, folder, words, stdin)

    def _inputs(self, what: str, name: str, folder: str, words: list[str], stdin: str) -> str:
        text = json.dumps([FORMAT, what, name, words]).encode()
        return key_of((self._program.identity, text, stdin.encode(), self._digest(folder, 0)))

    def _digest(self, folder: str, depth: int) -> bytes:
        """A digest of all files that Helm is given for a chart."""
        with self._lock:
            if folder in self._digests:
                return self._digests[folder]
        chart = self._charts.chart(folder)
        parts = [
            each for file, inside in self._inside(folder) for each in (inside.encode(), self._tree.read(file))
        ]
        if chart.app_version is not None:
            parts.append(self._sentinels.scalar(chart.app_version).text.encode())
        for each in chart.dependencies if depth <= DEEPEST else ():
            own = self._digest(each.folder, depth + 1) if each.folder is not None else each.version.encode()
            parts += [each.name.encode(), own]
        found = key_of(parts).encode()
        with self._lock:
            self._digests[folder] = found
        return found

    def _inside(self, folder: str) -> Iterator[tuple[str, str]]:
        """The files of a chart but for the charts in it, each with its path in the chart."""
        start = f"{folder}/"
        for file in sorted(self._tree.files()):
            inside = file.removeprefix(start)
            if file.startswith(start) and not inside.startswith("charts/"):
                yield file, inside

    def _chart(self, folder: str) -> Path:
        """The folder that Helm is given: the chart's files, and all that it depends on under `charts`."""
        with self._lock:
            if folder not in self._ready:
                place = self._program.work / str(len(self._ready))
                try:
                    self._write(folder, place, 0)
                except OSError as error:
                    reason = f"cannot be laid out for Helm: {error.strerror or type(error).__name__}"
                    raise NotRendered(folder, reason) from None
                self._ready[folder] = place
            return self._ready[folder]

    def _write(self, folder: str, place: Path, depth: int) -> None:
        for file, inside in self._inside(folder):
            target = copied_to(place, inside, folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self._tree.read(file))
        chart = self._charts.chart(folder)
        if chart.app_version is not None:
            about = place / "Chart.yaml"
            version = json.dumps(self._sentinels.scalar(chart.app_version).text)
            about.write_bytes(_APP_VERSION.sub(f"appVersion: {version}".encode(), about.read_bytes()))
        for each in chart.dependencies:
            if not _CHART_NAME.fullmatch(each.name):
                raise NotRendered(folder, f"{each.name[:100]!r} is no name of a chart")
            below = place / "charts" / each.name
            if below.exists() or depth > DEEPEST:
                continue
            if each.folder is None:
                # It is not in the tree: an empty one lets the templates beside it be rendered.
                below.mkdir(parents=True)
                empty = f"apiVersion: v2\nname: {each.name}\nversion: {_version(each.version)}\n"
                (below / "Chart.yaml").write_text(empty)
            else:
                self._write(each.folder, below, depth + 1)


def with_images(rendered: bytes) -> bytes:
    """The documents that may have a container. Most have none, and reading them takes longer than all the rest: a
    marker at the beginning of a line ends a document, whatever stands in it (YAML 1.2, 9.1). A key may be spelled with
    escapes."""
    return b"---".join(each for each in _DOCUMENT.split(rendered) if b"image" in each or b"\\" in each)


def _words(name: str, folder: str, namespace: str, parameters: Mapping[str, str]) -> list[str]:
    # Who writes the tree names these, and an option of Helm's can run a program.
    for text, form in ((name, _NAME), (namespace, _NAME), *((path, _VALUE_PATH) for path in parameters)):
        if not form.fullmatch(text):
            raise NotRendered(folder, f"{text[:100]!r} is no name that Helm is given")
    words = ["template", "--namespace", namespace, "--values", "-"]
    for path, value in parameters.items():
        words.append(f"--set={path}={value.replace(chr(92), chr(92) * 2).replace(',', chr(92) + ',')}")
    return words


def _version(text: str) -> str:
    return text if re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+([-+][A-Za-z0-9.+-]{1,50})?", text) else "0.0.0"
