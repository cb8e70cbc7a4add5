"""Charts rendered by `helm template`, in a folder of ours: the tree is not touched, and nothing is fetched."""

import json
import posixpath
import re
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from ldmrelease.trees.charts import Charts
from ldmrelease.trees.files import Tree
from ldmrelease.trees.rendering.sentinels import Sentinels, as_yaml
from ldmrelease.trees.values import YamlValue, read_documents

SECONDS = 60
"""How long one chart may take."""
_ENVIRONMENT = ("PATH", "HOME")
_APP_VERSION = re.compile(rb"^appVersion:.*$", re.MULTILINE)


class NotRendered(Exception):
    """A chart that Helm does not render; `reason` is what it says."""

    def __init__(self, folder: str, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder, self.reason = folder, reason


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
        self._program, self._tree, self._charts, self._work = program, tree, charts, work
        self._sentinels = sentinels
        self._lock = threading.Lock()
        self._environment = {name: environment[name] for name in _ENVIRONMENT if name in environment}
        self._ready: dict[str, Path] = {}

    def template(
        self, name: str, folder: str, namespace: str, values: YamlValue, parameters: Mapping[str, str]
    ) -> list[YamlValue]:
        """The objects of a chart. Raises `NotRendered` and `UnreadableFile`."""
        command = [self._program, "template", name, str(self._chart(folder)), "--namespace", namespace]
        command += ["--values", "-"]
        for path, value in parameters.items():
            command += ["--set", f"{path}={value.replace(',', chr(92) + ',')}"]
        try:
            done = subprocess.run(
                command,
                input=as_yaml(values).encode(),
                capture_output=True,
                check=False,
                timeout=SECONDS,
                env=self._environment,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotRendered(folder, str(error)) from None
        if done.returncode:
            raise NotRendered(folder, done.stderr.decode(errors="replace").strip()[-2000:])
        return read_documents(done.stdout, folder)

    def _chart(self, folder: str) -> Path:
        """The folder that Helm is given: the chart's files, and all that it depends on under `charts`."""
        with self._lock:
            if folder not in self._ready:
                place = self._work / str(len(self._ready))
                self._write(folder, place, 0)
                self._ready[folder] = place
            return self._ready[folder]

    def _write(self, folder: str, place: Path, depth: int) -> None:
        start = f"{folder}/"
        for file in self._tree.files():
            inside = file.removeprefix(start)
            if file.startswith(start) and not inside.startswith("charts/"):
                target = place / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self._tree.read(file))
        chart = self._charts.chart(folder)
        if chart.app_version is not None:
            about = place / "Chart.yaml"
            version = json.dumps(self._sentinels.scalar(chart.app_version).text)
            about.write_bytes(_APP_VERSION.sub(f"appVersion: {version}".encode(), about.read_bytes()))
        for each in chart.dependencies:
            below = place / "charts" / posixpath.basename(each.name)
            if below.exists() or depth > 10:
                continue
            if each.folder is None:
                # It is not in the tree: an empty one lets the templates beside it be rendered.
                below.mkdir(parents=True)
                empty = f"apiVersion: v2\nname: {each.name}\nversion: {each.version or '0.0.0'}\n"
                (below / "Chart.yaml").write_text(empty)
            else:
                self._write(each.folder, below, depth + 1)
