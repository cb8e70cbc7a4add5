"""Where the templates of a chart have something in their own text: what stands there literally no values decide."""

import re
from collections.abc import Iterator

from ldmrelease.trees.charts import DEEPEST, Charts
from ldmrelease.trees.files import Tree
from ldmrelease.trees.interface import TemplateLine
from ldmrelease.trees.values import UnreadableFile

_CUTS = re.compile(
    r"\b(?:trunc|substr|regexFind|regexReplaceAll|regexSplit|splitList|split|trimSuffix|abbrev|sha256sum)\b"
)
_FOLLOWS = re.compile(r"[A-Za-z0-9_.-]")


class TemplateLines:
    """The templates of a tree's charts, each read once."""

    def __init__(self, tree: Tree, charts: Charts) -> None:
        self._tree, self._charts = tree, charts
        self._known: dict[str, list[tuple[TemplateLine, str]]] = {}

    def with_text(self, folder: str, text: str) -> TemplateLine | None:
        """The line that has a text, in the templates of a chart or of those that it brings along: rather one that says
        `image` than another."""
        found = [
            (place, line)
            for place, line in self._lines(folder)
            if (at := line.find(text)) >= 0 and not _FOLLOWS.match(line[at + len(text) :])
        ]
        said = [place for place, line in found if "image" in line.lower()]
        return next(iter([*said, *(place for place, _ in found)]), None)

    def cutting(self, folder: str) -> TemplateLine | None:
        """The first line that makes an image of a piece of something."""
        lines = self._lines(folder)
        return next((place for place, line in lines if "image" in line.lower() and _CUTS.search(line)), None)

    def _lines(self, folder: str) -> list[tuple[TemplateLine, str]]:
        if folder not in self._known:
            self._known[folder] = [each for place in self._folders(folder, 0) for each in self._of(place)]
        return self._known[folder]

    def _folders(self, folder: str, depth: int) -> Iterator[str]:
        yield folder
        try:
            below = self._charts.chart(folder).dependencies if depth < DEEPEST else ()
        except UnreadableFile:
            return
        for each in dict.fromkeys(each.folder for each in below):
            if each is not None:
                yield from self._folders(each, depth + 1)

    def _of(self, folder: str) -> Iterator[tuple[TemplateLine, str]]:
        for file in sorted(each for each in self._tree.files() if each.startswith(f"{folder}/templates/")):
            try:
                text = self._tree.read(file).decode(errors="replace")
            except UnreadableFile:
                continue
            for number, line in enumerate(text.splitlines(), 1):
                yield TemplateLine(file, number), line
