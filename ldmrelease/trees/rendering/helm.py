"""Charts rendered by `helm template`, in a folder of ours: the tree is not touched, and nothing is fetched."""

import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path

from ldmrelease.trees.charts import DEEPEST, Charts
from ldmrelease.trees.files import Tree
from ldmrelease.trees.rendering.rendering_program import NotRendered, Program, copied_to
from ldmrelease.trees.rendering.sentinels import Sentinels, as_yaml
from ldmrelease.trees.values import YamlValue

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_CHART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VALUE_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\\/-]{0,499}(\[[0-9]{1,4}\][A-Za-z0-9_.-]*)*")
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
    ) -> None:
        self._program = Program(program, work, environment)
        self._tree, self._charts = tree, charts
        self._sentinels = sentinels
        self._lock = threading.Lock()
        self._ready: dict[str, Path] = {}

    def template(
        self, name: str, folder: str, namespace: str, values: YamlValue, parameters: Mapping[str, str]
    ) -> list[YamlValue]:
        """The objects of a chart. Raises `NotRendered` and `UnreadableFile`."""
        # Who writes the tree names these, and an option of Helm's can run a program.
        for text, form in ((name, _NAME), (namespace, _NAME), *((path, _VALUE_PATH) for path in parameters)):
            if not form.fullmatch(text):
                raise NotRendered(folder, f"{text[:100]!r} is no name that Helm is given")
        words = ["template", "--namespace", namespace, "--values", "-"]
        for path, value in parameters.items():
            words.append(f"--set={path}={value.replace(chr(92), chr(92) * 2).replace(',', chr(92) + ',')}")
        return self._program.objects(folder, [*words, "--", name, str(self._chart(folder))], as_yaml(values))

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
        start = f"{folder}/"
        for file in self._tree.files():
            inside = file.removeprefix(start)
            if file.startswith(start) and not inside.startswith("charts/"):
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


def _version(text: str) -> str:
    return text if re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+([-+][A-Za-z0-9.+-]{1,50})?", text) else "0.0.0"
