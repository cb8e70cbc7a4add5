"""Whether what a promotion would write can be written where it stands: one place that cannot would stop all of its
application."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

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
_ELSE = "{path} cannot be written where it stands"
_USUAL = {"tag", "revision", "digest", "image", "newTag", "appVersion", "imageTag"}
_SUSPECT = re.compile(
    rb"<<|(?:^|[\s:,\[{-])[&*][0-9A-Za-z_-]|\{\{|(?:tag|version|revision|digest|image)[\"']?[ \t]*:[ \t]*[|>]",
    re.IGNORECASE,
)
"""Without any of these a file has nothing that could not be written (a merge, an anchor, an alias, a template, a text
of several lines): to read it for that would take long."""


def _may_be_odd(data: bytes, own: Iterable[ScalarAddress]) -> bool:
    usual = all(each.path.rpartition(".")[2] in _USUAL or each.document for each in own)
    return not usual or _SUSPECT.search(data) is not None


class Writable:
    """What can be written in a tree. selectors: what will be asked, so that each file is looked at once."""

    def __init__(self, tree: Tree, selectors: Iterable[FoundSelector]) -> None:
        self._tree = tree
        by_file: dict[str, dict[ScalarAddress, None]] = defaultdict(dict)
        for each in selectors:
            for address in each.written:
                by_file[address.file][address] = None
        self._known: dict[ScalarAddress, str | None] = {}
        for file, own in by_file.items():
            self._known |= self._faults(file, list(own))

    def fault(self, selector: FoundSelector) -> str | None:
        """Why a promotion could not write this; None where it could."""
        return next(filter(None, (self._known[each] for each in selector.written)), None)

    def _faults(self, file: str, own: list[ScalarAddress]) -> dict[ScalarAddress, str | None]:
        if file not in self._tree.files():
            return dict.fromkeys(own, _REASONS["no-file"])
        found: dict[ScalarAddress, str | None] = dict.fromkeys(own)
        left = list(own) if _may_be_odd(self._tree.read(file), own) else []
        # Each look reads all of the file; where nothing more is told, the rest can be written.
        while left and (told := self._told(file, left)):
            found |= told
            left = [each for each in left if each not in told]
        return found

    def _told(self, file: str, own: list[ScalarAddress]) -> dict[ScalarAddress, str]:
        """Those that are told first of what cannot be written, each with the reason."""
        paths = {each.within(file): each for each in own}
        try:
            Texts(file, self._tree.read).settings(PathsToRead(list(paths), list(paths)))
        except RefusedError as refused:
            found: dict[ScalarAddress, str] = {}
            for each in refused.refusal.each:
                address = paths.get(str(each.values.get("path")))
                if address is None:
                    break
                reason = _REASONS.get(each.code, _ELSE)
                found.setdefault(address, reason.format(path=address.path))
            # Of a file as a whole, no path is told.
            whole = _REASONS.get(refused.refusal.code, _ELSE).format(path=own[0].path)
            return found or {own[0]: whole}
        except (UnreadableFile, ValueError):
            return {own[0]: f"{own[0].path} cannot be read as a setting"}
        return {}
