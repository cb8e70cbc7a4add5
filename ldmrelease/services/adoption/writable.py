"""Whether what a promotion would write can be written where it stands: one place that cannot would stop all of its
application."""

from collections.abc import Mapping

from ldmrelease.services.adoption.model import FoundSelector, ScalarAddress
from ldmrelease.targets.results import RefusedError
from ldmrelease.targets.stores.reading import PathsToRead, Texts
from ldmrelease.trees.files import Tree
from ldmrelease.trees.values import UnreadableFile

_REASONS: Mapping[str, str] = {
    "merge-key": "{path} comes from a YAML merge key (<<), and is not written there",
    "alias": "{path} is a YAML alias, and others read what it names",
    "anchor": "{path} has a YAML anchor, and others read it",
    "multi-line": "{path} has several lines",
    "templated": "{path} is a template itself",
    "no-file": "the file is not there",
}
_SUSPECT = (b"<<", b"&", b"*", b"|", b">", b"{{")
"""Without any of these a file has nothing that could not be written: to read it for that would take long."""


class Writable:
    """What can be written in a tree, each scalar looked at once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[ScalarAddress, str | None] = {}
        self._plain: dict[str, bool] = {}

    def fault(self, selector: FoundSelector) -> str | None:
        """Why a promotion could not write this; None where it could."""
        return next(filter(None, map(self._fault, selector.written)), None)

    def _fault(self, address: ScalarAddress) -> str | None:
        if address not in self._known:
            self._known[address] = None if self._is_plain(address.file) else self._read(address)
        return self._known[address]

    def _is_plain(self, file: str) -> bool:
        if file not in self._plain:
            there = file in self._tree.files()
            self._plain[file] = there and not any(map(self._tree.read(file).__contains__, _SUSPECT))
        return self._plain[file]

    def _read(self, address: ScalarAddress) -> str | None:
        if address.file not in self._tree.files():
            return _REASONS["no-file"]
        path = address.within(address.file)
        try:
            Texts(address.file, self._tree.read).settings(PathsToRead([path], [path]))
        except RefusedError as refused:
            code = refused.refusal.code
            return _REASONS.get(code, "{path} cannot be written where it stands").format(path=address.path)
        except (UnreadableFile, ValueError):
            return f"{address.path} cannot be read as a setting"
        return None
