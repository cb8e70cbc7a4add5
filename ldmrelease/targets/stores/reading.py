"""The settings of one text or several, alike for every store that keeps texts: by address, each in its own file."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from ldmrelease.domain.value_addresses import ValueAddress, file_of
from ldmrelease.targets.results import (
    AnchoredSetting,
    Refusal,
    RefusedError,
    Snapshot,
    Values,
    require_none,
    required,
)
from ldmrelease.targets.yamledit.edit_settings import FoundSetting, edit_settings, read_settings
from ldmrelease.targets.yamledit.readers import readers_of

_ANCHOR = b"&"
_AT_THE_ANCHOR = "anchor"
"""The refusal of a setting that has an anchor, where that is not to be written."""


class PathsToRead(Struct, frozen=True):
    """What is read of texts: settings, of which the `optional` ones may be `ABSENT`, and what stands `beside` them.

    One of `shared` may have an anchor, so that other paths of its file say what it says.
    """

    settings: Sequence[str]
    optional: Collection[str] = ()
    beside: Collection[str] = ()
    shared: Collection[str] = ()


class Texts(Struct, frozen=True):
    """Texts with settings in them, as they were at one moment.

    own: the name of the one that addresses without a file are about.
    read: the text of a name; raises `RefusedError` where there is none.
    """

    own: str
    read: Callable[[str], bytes]

    def settings(self, paths: PathsToRead) -> dict[str, FoundSetting]:
        """What stands at each address. Raises `RefusedError` with everything that cannot be edited, in all files."""
        found: dict[str, FoundSetting] = {}
        refusals: list[Refusal] = []
        for file in files_of((*paths.settings, *paths.beside), self.own):
            try:
                found |= self._in_file(file, paths)
            except RefusedError as refused:
                refusals.append(refused.refusal)
        require_none(refusals)
        return found

    def snapshot(self, paths: PathsToRead, revision: str, blob: str = "") -> Snapshot:
        """What the texts say. Raises `RefusedError` where settings cannot be edited."""
        found = self.settings(paths)
        own = set(paths.settings)
        return Snapshot(
            revision,
            blob,
            {path: each.value for path, each in found.items() if path in own},
            {path: each.line for path, each in found.items()},
            beside={path: each.value for path, each in found.items() if path not in own},
            anchored={path: each for path in paths.shared if (each := self.anchored(path)) is not None},
        )

    def anchored(self, address: str) -> AnchoredSetting | None:
        """Who else says something else when a setting is written; None where nobody does. Raises `RefusedError`."""
        at = ValueAddress.of(address)
        text = self.read(at.file or self.own)
        # Without an anchor nothing is said twice.
        found = required(readers_of(text, at.path)) if _ANCHOR in text else ()
        if not found:
            return None
        alone = read_settings(text, [at.path], "")
        by_alias = isinstance(alone, Refusal) and alone.code != _AT_THE_ANCHOR
        return AnchoredSetting(tuple(str(ValueAddress(each, at.file)) for each in found), by_alias)

    def edited(self, edits: Values, asked: PathsToRead) -> dict[str, bytes]:
        """The texts that the edits change, by name; `asked` is what was read of the settings.

        Raises `RefusedError`, also where others would say something else with them (`shared-part`).
        """
        changed = {}
        for file in files_of(edits, self.own):
            before = self.read(file)
            if _ANCHOR in before:
                self._require_unshared(self._inside(file, edits), edits, asked)
            addresses = self._inside(file, edits)
            inside = {each.path: edits[key] for key, each in addresses.items()}
            optional, shared = (_paths(addresses, each) for each in (asked.optional, asked.shared))
            after = required(edit_settings(before, inside, file, optional, shared))
            if after != before:
                changed[file] = after
        return changed

    def _require_unshared(self, addresses: Iterable[str], edits: Values, asked: PathsToRead) -> None:
        found = self.settings(PathsToRead(list(addresses), asked.optional, shared=asked.shared))
        anchored = {path: each for path in found if (each := self.anchored(path)) is not None}
        for address, shared in anchored.items():
            others = [each for each in shared.readers if edits.get(each) != edits[address]]
            if (
                found[address].value != edits[address]
                and others
                and shared.by_alias
                and not shared.is_written(edits, anchored)
            ):
                at = ValueAddress.of(address)
                about = {"file": at.file or self.own, "line": found[address].line, "path": at.path}
                raise RefusedError("shared-part", **about, readers=others)

    def _in_file(self, file: str, paths: PathsToRead) -> dict[str, FoundSetting]:
        settings, beside = self._inside(file, paths.settings), self._inside(file, paths.beside)
        found = required(
            read_settings(
                self.read(file),
                [each.path for each in settings.values()],
                file,
                _paths(settings, paths.optional),
                [each.path for each in beside.values()],
                _paths(settings, paths.shared),
            )
        )
        keys = beside | settings
        return {key: found[each.path] for key, each in keys.items() if each.path in found}

    def _inside(self, file: str, keys: Iterable[str]) -> dict[str, ValueAddress]:
        addresses = {key: ValueAddress.of(key) for key in keys}
        return {key: each for key, each in addresses.items() if (each.file or self.own) == file}


def _paths(addresses: Mapping[str, ValueAddress], chosen: Collection[str]) -> list[str]:
    return [each.path for address, each in addresses.items() if address in chosen]


def files_of(addresses: Iterable[str], own: str) -> tuple[str, ...]:
    """The files that addresses are about, each once; `own` where one names none."""
    return tuple(dict.fromkeys(file_of(each, own) for each in addresses))


def lines_of(settings: Mapping[str, FoundSetting]) -> dict[str, int]:
    """Where each begins, by its address."""
    return {address: each.line for address, each in settings.items()}


def one_text(name: str, text: bytes) -> Texts:
    """A text that has no others beside it."""

    def read(asked: str) -> bytes:
        if asked != name:
            raise RefusedError("no-file", file=asked)
        return text

    return Texts(name, read)


def snapshot_of(text: bytes, paths: PathsToRead, file: str, revision: str, blob: str = "") -> Snapshot:
    """What one text says; `file` is its name for refusals. Raises `RefusedError` where settings cannot be edited."""
    return one_text(file, text).snapshot(paths, revision, blob)
